/** Programs of pods on request: exec, attach, and commands that end by themselves, as of `kubectl run -- curl URL`. */
import type { ProcessStreams, StreamHandler } from '../../apiserver/streams/process-streams.ts';
import type { StoredObject } from '../../machinery/object.ts';
import type { Clock, Logger } from '../../machinery/runtime.ts';
import { badRequest } from '../../machinery/status.ts';
import type { Container, Pod } from '../../workloads/kinds.ts';
import { ConfigurationError, environmentOf } from '../../workloads/kubelet/configuration.ts';
import { ended } from '../../workloads/kubelet/pod-status.ts';
import { apiTime } from '../../workloads/time.ts';
import { findClient } from '../client.ts';
import type { Fabric } from '../fabric.ts';
import type { Resolver } from '../resolver.ts';
import type { ClusterView } from '../view.ts';
import { hostnameOf } from './files.ts';
import type { Execution } from './program.ts';
import { isKnown, run } from './shell.ts';
import { linesOf } from './terminal.ts';

export interface PodProgramsOptions {
  readonly view: ClusterView;
  readonly fabric: Fabric;
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly logger: Logger;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Programs of the pods of one cluster. */
export class PodPrograms {
  readonly #options: PodProgramsOptions;

  constructor(options: PodProgramsOptions) {
    this.#options = options;
  }

  readonly exec: StreamHandler = (object, query) => {
    const { pod, container } = this.#running(object, query);
    const command = query.getAll('command');
    if (command.length === 0) throw badRequest('you must specify at least 1 command for the container');
    return (streams) => this.#run(pod, container, command, streams);
  };

  /** The container's command is run for the client, and the pod ends with it unless it would be restarted. */
  readonly attach: StreamHandler = (object, query) => {
    const { pod, container } = this.#running(object, query);
    const command = commandOf(container);
    return async (streams) => {
      const code = await this.#run(pod, container, command.length > 0 ? command : ['sh'], streams);
      this.#end(pod, code);
      return code;
    };
  };

  /** Runs the command of a started pod that no client attaches to and that ends by itself; its output is its log. */
  started(pod: Pod): void {
    const [container] = pod.spec.containers;
    if (!container || container.stdin === true || !mayEnd(pod) || !isKnown(commandOf(container))) return;
    const log = (text: string): void => {
      for (const line of text.replace(/\n$/, '').split('\n')) this.#options.view.logs?.write(pod, container.name, line);
    };
    const streams: ProcessStreams = { stdin: none(), stdout: log, stderr: log, tty: false };
    this.#run(pod, container, commandOf(container), streams).then(
      (code) => this.#end(pod, code),
      (error: unknown) => this.#options.logger.error({ pod: pod.metadata.name, err: error }, 'program failed'),
    );
  }

  #running(object: StoredObject, query: URLSearchParams): { readonly pod: Pod; readonly container: Container } {
    const { namespace = '', name } = object.metadata;
    const pod = this.#options.view.objects.get('/pods', namespace, name);
    const wanted = query.get('container') ?? '';
    const container = pod?.spec.containers.find((each) => wanted === '' || each.name === wanted);
    if (!pod || !container) throw badRequest(`container ${wanted} is not valid for pod ${name}`);
    if (pod.status?.phase !== 'Running') throw badRequest(`cannot exec into a container in a ${pod.status?.phase} pod`);
    return { pod, container };
  }

  async #run(pod: Pod, container: Container, command: readonly string[], streams: ProcessStreams): Promise<number> {
    const { view, fabric, resolver } = this.#options;
    const { namespace = '', name } = pod.metadata;
    const client = findClient(view, { namespace, pod: name });
    if (!client) throw new Error(`pod "${namespace}/${name}" is not running`);
    const { stdout, stderr, tty } = streams;
    const lines = linesOf(streams);
    const environment = this.#environment(pod, container);
    const execution: Execution = {
      client,
      pod,
      container,
      fabric,
      resolver,
      environment,
      lines,
      tty,
      stdout,
      stderr,
    };
    return await run(execution, command);
  }

  #environment(pod: Pod, container: Container): ReadonlyMap<string, string> {
    const { objects } = this.#options.view;
    const kubernetes = objects.get('/services', 'default', 'kubernetes')?.spec.clusterIP ?? '';
    const own = new Map([
      ['PATH', PATH],
      ['HOSTNAME', hostnameOf({ pod })],
      ['HOME', '/root'],
      ['KUBERNETES_SERVICE_HOST', kubernetes],
      ['KUBERNETES_SERVICE_PORT', '443'],
    ]);
    try {
      return new Map([...own, ...environmentOf(objects, pod, container)]);
    } catch (error) {
      // Its source may have been deleted since the pod started.
      if (error instanceof ConfigurationError) return own;
      throw error;
    }
  }

  #end(pod: Pod, code: number): void {
    const { view, clock } = this.#options;
    const { namespace = '', name, uid } = pod.metadata;
    const now = view.objects.get('/pods', namespace, name);
    if (!now || now.metadata.uid !== uid || !mayEnd(now)) return;
    view.objects.updateStatus('/pods', { ...now, status: ended(now, code, apiTime(clock.now())) });
  }
}

function commandOf({ command = [], args = [] }: Container): readonly string[] {
  return [...command, ...args];
}

function mayEnd({ spec }: Pod): boolean {
  return spec.restartPolicy === 'Never' || spec.restartPolicy === 'OnFailure';
}

async function* none(): AsyncIterable<Buffer> {}
