/** Real requests from a pod of a consumer, repeated until one succeeds. */
import { z } from 'zod';
import { type ServiceKey, serviceKey } from '../../../api/meta.ts';
import { isDnsLabel } from '../../../core/naming.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import { visibleJson } from '../../../runtime/visible.ts';
import type { LiveRequestLine } from '../api-types.ts';
import type { Requester } from '../console-options.ts';
import { memberNamed } from '../http/queries.ts';
import { RequestProblem, refused } from '../problem.ts';
import type { Scope } from '../scope.ts';

const label = z.string().refine(isDnsLabel, { error: 'must be a DNS label: lower-case letters, digits and dashes' });

export const liveRequestSchema = z.strictObject({
  namespace: label,
  name: label,
  from: label,
  fromNamespace: label.optional(),
  port: z.int().min(1).max(65_535).optional(),
  timeoutSeconds: z.int().min(1).max(60).optional(),
});

/** Requests that run at a time, for all users: each may start a pod. */
const MOST_RUNNING = 8;
const ENCODER = new TextEncoder();

function portOf(fleet: Fleet, key: ServiceKey, from: string): number {
  const [port] = memberNamed(fleet, from).cache.imports.get(key)?.spec.ports ?? [];
  return port?.port ?? 80;
}

export class LiveRequests {
  readonly #fleet: Fleet;
  readonly #requester: Requester | undefined;
  readonly #why: string;
  #running = 0;

  constructor(fleet: Fleet, requester: Requester | undefined, why: string) {
    this.#fleet = fleet;
    this.#requester = requester;
    this.#why = why;
  }

  /** The lines of the answer. */
  start(wanted: z.infer<typeof liveRequestSchema>, scope: Scope, signal: AbortSignal): ReadableStream<Uint8Array> {
    const requester = this.#requester;
    if (!requester) throw refused(this.#why);
    const { namespace, name, from, fromNamespace = namespace } = wanted;
    if (!scope.sees(namespace) || !scope.sees(fromNamespace)) {
      throw refused(`you may not see namespace ${JSON.stringify(scope.sees(namespace) ? fromNamespace : namespace)}`);
    }
    if (this.#running >= MOST_RUNNING) {
      throw new RequestProblem(429, 'CTM_CONSOLE_REFUSED', `${MOST_RUNNING} requests are running already`);
    }
    const port = wanted.port ?? portOf(this.#fleet, serviceKey(namespace, name), from);
    const stop = new AbortController();
    const lines = requester(
      {
        namespace,
        name,
        from,
        fromNamespace,
        port,
        ...(wanted.timeoutSeconds !== undefined && { timeoutSeconds: wanted.timeoutSeconds }),
      },
      AbortSignal.any([signal, stop.signal]),
    )[Symbol.asyncIterator]();
    this.#running++;
    const end = (): void => {
      if (!stop.signal.aborted) this.#running--;
      stop.abort();
    };
    return new ReadableStream({
      async pull(controller) {
        try {
          const next = await lines.next();
          if (!next.done) return controller.enqueue(lineOf(next.value));
          end();
          controller.close();
        } catch (error) {
          end();
          controller.error(error);
        }
      },
      cancel: end,
    });
  }
}

function lineOf(line: LiveRequestLine): Uint8Array {
  return ENCODER.encode(`${visibleJson(JSON.stringify(line))}\n`);
}
