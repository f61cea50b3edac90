/** Container logs: the latest lines, in memory. */
import type { Clock } from '../machinery/runtime.ts';
import { badRequest, notFound } from '../machinery/status.ts';
import type { Pod } from './kinds.ts';
import type { Objects } from './objects.ts';
import { timeOf } from './time.ts';

/** Lines kept per container. */
const KEPT = 1000;

const PODS = { group: '', plural: 'pods', kind: 'Pod' } as const;

/** Options of a log request. Source: Kubernetes API reference, PodLogOptions. */
export interface PodLogOptions {
  readonly tailLines?: number;
  /** Keep streaming until the pod is removed or the signal aborts. */
  readonly follow?: boolean;
  readonly timestamps?: boolean;
  readonly sinceSeconds?: number;
  /** RFC 3339. */
  readonly sinceTime?: string;
  /** Logs of the previous container instance, which never exist. */
  readonly previous?: boolean;
}

interface Line {
  readonly at: number;
  readonly text: string;
}

export class PodLogs {
  readonly #objects: Objects;
  readonly #clock: Clock;
  /** Keyed by pod UID and container name. */
  readonly #lines = new Map<string, Line[]>();
  readonly #followers = new Map<string, Set<(line: Line | undefined) => void>>();

  constructor(objects: Objects, clock: Clock) {
    this.#objects = objects;
    this.#clock = clock;
  }

  write({ metadata }: Pod, container: string, text: string): void {
    const id = `${metadata.uid} ${container}`;
    const line = { at: this.#clock.now(), text };
    const lines = this.#lines.get(id) ?? [];
    lines.push(line);
    if (lines.length > KEPT) lines.splice(0, lines.length - KEPT);
    this.#lines.set(id, lines);
    for (const push of this.#followers.get(id) ?? []) push(line);
  }

  /** Drops the log of a removed pod, and ends its streams. */
  forget({ metadata, spec }: Pod): void {
    for (const { name } of [...spec.containers, ...(spec.initContainers ?? [])]) {
      const id = `${metadata.uid} ${name}`;
      this.#lines.delete(id);
      for (const push of this.#followers.get(id) ?? []) push(undefined);
    }
  }

  /**
   * The lines of a container, each with a line break. The container name is optional if the pod has only one.
   *
   * @throws StatusError as the API server does, before the first line: unknown pod or container, or container not
   * running yet.
   */
  read(
    namespace: string,
    name: string,
    container: string | undefined,
    options: PodLogOptions,
    signal: AbortSignal,
  ): AsyncIterable<string> {
    const pod = this.#objects.get('/pods', namespace, name);
    if (!pod) throw notFound(PODS, name);
    const chosen = chooseContainer(pod, container);
    if (options.previous) {
      throw badRequest(`previous terminated container "${chosen}" in pod "${name}" not found`);
    }
    const state = pod.status?.containerStatuses?.find((each) => each.name === chosen)?.state ?? {};
    if (
      !('running' in state) &&
      !('terminated' in state) &&
      !pod.spec.initContainers?.some((each) => each.name === chosen)
    ) {
      const { reason = 'ContainerCreating' } = { ...(state.waiting as { readonly reason?: string } | undefined) };
      throw badRequest(`container "${chosen}" in pod "${name}" is waiting to start: ${reason}`);
    }
    return this.#stream(`${pod.metadata.uid} ${chosen}`, options, signal);
  }

  async *#stream(id: string, options: PodLogOptions, signal: AbortSignal): AsyncIterable<string> {
    const text = ({ at, text: line }: Line) =>
      options.timestamps ? `${new Date(at).toISOString().replace('Z', '000000Z')} ${line}\n` : `${line}\n`;
    const recent = options.sinceSeconds === undefined ? 0 : this.#clock.now() - options.sinceSeconds * 1000;
    const since = Math.max(recent, timeOf(options.sinceTime));
    const old = (this.#lines.get(id) ?? []).filter(({ at }) => at >= since);
    const queue: (Line | undefined)[] =
      options.tailLines === undefined ? old : old.slice(Math.max(0, old.length - options.tailLines));
    if (!options.follow) {
      for (const line of queue) if (line) yield text(line);
      return;
    }
    let wake = () => {};
    const push = (line: Line | undefined) => {
      queue.push(line);
      wake();
    };
    const end = () => push(undefined);
    const followers = this.#followers.get(id) ?? new Set();
    followers.add(push);
    this.#followers.set(id, followers);
    signal.addEventListener('abort', end, { once: true });
    try {
      while (!signal.aborted) {
        if (queue.length === 0) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        const line = queue.shift();
        if (!line) return;
        yield text(line);
      }
    } finally {
      signal.removeEventListener('abort', end);
      followers.delete(push);
      if (followers.size === 0) this.#followers.delete(id);
    }
  }
}

function chooseContainer({ metadata, spec }: Pod, container: string | undefined): string {
  const names = spec.containers.map(({ name }) => name);
  const inits = (spec.initContainers ?? []).map(({ name }) => name);
  if (container === undefined || container === '') {
    const [only] = names;
    if (names.length === 1 && only !== undefined) return only;
    const choice = `choose one of: [${names.join(' ')}]${inits.length > 0 ? ` or one of the init containers: [${inits.join(' ')}]` : ''}`;
    throw badRequest(`a container name must be specified for pod ${metadata.name}, ${choice}`);
  }
  if ([...names, ...inits].includes(container)) return container;
  throw badRequest(`container ${container} is not valid for pod ${metadata.name}`);
}
