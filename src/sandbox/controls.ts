/** Implements the operations that a running sandbox offers to commands. */
import type { Cluster, Clusters, RequestFrom } from 'kubesim';
import { CatamaranError } from '../runtime/errors.ts';
import type { ActionRequest, RequestResult, SandboxStatus } from './control-protocol.ts';
import type { Controls } from './control-server.ts';
import type { ControllerProcess } from './controller-process.ts';
import { countsOf } from './counts.ts';
import type { Zones } from './dns-zones.ts';
import { noSuchCluster } from './no-such-cluster.ts';
import { podOf } from './pods.ts';
import type { StateDir } from './state.ts';

export interface Running {
  readonly sandbox: Clusters;
  readonly controller: ControllerProcess;
  readonly zones: Zones;
}

/** `stop` starts the shutdown of the sandbox. */
export function controlsOf({ sandbox, controller, zones }: Running, state: StateDir, stop: () => void): Controls {
  const cluster = (name: string): Cluster => {
    const found = sandbox.clusters.find((each) => each.name === name);
    if (!found) throw noSuchCluster(name, sandbox.clusters);
    return found;
  };
  return {
    stop,
    status: () => statusOf(sandbox, controller, state),
    act: (name, request) => apply(cluster(name), request),
    request: (name, { namespace, pod, url }) => {
      const { api } = cluster(name);
      const [, deployment] = /^deploy(?:ment)?\/(.+)$/.exec(pod ?? '') ?? [];
      const chosen = deployment === undefined ? pod : podOf(api, namespace, deployment);
      return request(sandbox, { from: name, namespace, url, ...(chosen !== undefined && { pod: chosen }) });
    },
    dns: (name, packet) => zones.respond(cluster(name).name, packet),
    podOf: (name, namespace, deployment) => podOf(cluster(name).api, namespace, deployment),
  };
}

/**
 * Sends a request over the virtual network.
 *
 * @throws CTM_SANDBOX_CURL if the namespace or pod does not exist.
 */
async function request({ network }: Clusters, wanted: RequestFrom): Promise<RequestResult> {
  try {
    const result = await network.request(wanted);
    if (!result.ok) return result;
    const headers = Object.entries(result.headers).map(([name, value]) => [name, String(value)] as const);
    return { ...result, headers: Object.fromEntries(headers) };
  } catch (error) {
    if (error instanceof RangeError) throw new CatamaranError('CTM_SANDBOX_CURL', error.message);
    throw error;
  }
}

async function apply(cluster: Cluster, { action, ms = 0 }: ActionRequest): Promise<void> {
  if (action === 'partition') cluster.partition();
  else if (action === 'heal') cluster.heal();
  else if (action === 'slow') cluster.slow(ms);
  else if (action === 'stop') await cluster.stop();
  else await cluster.start();
}

async function statusOf(sandbox: Clusters, controller: ControllerProcess, state: StateDir): Promise<SandboxStatus> {
  const readyz = await controller.readyz();
  const ended = controller.ended();
  const { pid, url, command, console } = controller;
  return {
    pid: process.pid,
    stateDir: state.dir,
    kubeconfig: state.kubeconfig,
    controller: {
      pid,
      url,
      command,
      ...(console !== '' && { console }),
      ...(ended !== undefined && { ended }),
      ...(readyz && { ready: readyz.ready }),
    },
    clusters: sandbox.clusters.map((cluster) => {
      const member = readyz?.members.find(({ name }) => name === cluster.name);
      return {
        name: cluster.name,
        context: cluster.name,
        api: cluster.server,
        proxy: `socks5h://127.0.0.1:${sandbox.network.proxies.get(cluster.name)}`,
        fault: cluster.fault,
        ...(member && { member }),
        ...countsOf(cluster.api),
      };
    }),
  };
}
