/** Output of `sandbox up` and `sandbox status`. */
import { relative } from 'node:path';
import { table } from '../runtime/text-table.ts';
import type { ClusterStatus, SandboxStatus } from './control-protocol.ts';
import { MANUAL_NAMESPACE } from './files.ts';

/** A path relative to the working directory if it is below it, else absolute. */
export function shown(path: string): string {
  const short = relative('', path);
  return short === '' || short.startsWith('..') ? path : short;
}

/** Active faults of a cluster; `-` if there are none. */
export function faultText({ fault: { partitioned, stopped, slowMs } }: Pick<ClusterStatus, 'fault'>): string {
  const faults = [stopped ? 'stopped' : '', partitioned ? 'partitioned' : '', slowMs > 0 ? `slow ${slowMs} ms` : ''];
  return faults.filter((fault) => fault !== '').join(', ') || '-';
}

function memberText({ member }: ClusterStatus): string {
  return member?.state ?? '?';
}

function clusterTable(clusters: readonly ClusterStatus[], wide: boolean): string {
  const head = ['CLUSTER', 'API', 'PROXY', 'FAULT', 'MEMBER', 'EXPORTS', 'IMPORTS', 'ENDPOINTS', 'IMPORTED'];
  const rows = clusters.map((cluster) => {
    const { name, api, proxy, member, endpoints } = cluster;
    const counts = [member?.exports ?? '?', member?.imports ?? '?', endpoints.own, endpoints.imported].map(String);
    const more = [String(cluster.services), String(cluster.pods), member?.since ?? '-', member?.error ?? '-'];
    return [name, api, proxy, faultText(cluster), memberText(cluster), ...counts, ...(wide ? more : [])];
  });
  return table([[...head, ...(wide ? ['SERVICES', 'PODS', 'SINCE', 'ERROR'] : [])], ...rows]);
}

function controllerLine({ controller }: SandboxStatus): string {
  const { ended, pid, ready, url, command } = controller;
  const answer = ready === undefined ? 'no response' : ready ? 'ready' : 'not ready';
  if (ended === undefined) return `controller: ${answer}, process ${pid}, ${url}/readyz`;
  const next = ready === undefined ? `; to start another one: ${command}` : `; another controller responds: ${answer}`;
  return `controller: process ${pid} exited (${ended})${next}`;
}

/** Output of `sandbox status`. */
export function statusText(status: SandboxStatus, wide: boolean): string {
  return `${clusterTable(status.clusters, wide)}\n${controllerLine(status)}\n`;
}

/** The console, if it runs. */
export function consoleLine({ controller }: SandboxStatus): string {
  return controller.console === undefined
    ? ''
    : `\nConsole, in a browser; the address works once:\n  ${controller.console}\n`;
}

/** JSON, since kubectl up to 1.32 takes YAML in braces for JSON. */
const EXPORT = '{"apiVersion": "multicluster.x-k8s.io/v1alpha1", "kind": "ServiceExport", "metadata": {"name": "web"}}';

/** Output of `sandbox up` once everything is ready. */
export function welcome(status: SandboxStatus, mode: string, call: string): string {
  const rows = status.clusters.map(({ context, api, proxy }) => [context, api, proxy]);
  const [one, two] = status.clusters;
  const modes =
    mode === 'Manual'
      ? 'Import mode Manual: a cluster imports a Service if it has a ServiceImport for it.'
      : `Import mode Automatic: every cluster with the namespace imports the Service. ${MANUAL_NAMESPACE} is Manual, as in ACK One.`;
  const folder = shown(status.stateDir);
  const sandbox = (command: string): string =>
    `${call} sandbox ${command}${folder === '.catamaran' ? '' : ` --state-dir ${folder}`}`;
  return `
${table([['CONTEXT', 'API', 'PROXY'], ...rows])}
${modes}
${consoleLine(status)}
In another terminal, with kubectl and curl:
  export KUBECONFIG=${status.kubeconfig}
  kubectl --context ${one?.name} create deployment web --image=web --replicas=2 --port=8080
  kubectl --context ${one?.name} expose deployment web --port=80 --target-port=8080
  echo '${EXPORT}' |
    kubectl --context ${one?.name} create -f -
  kubectl --context ${two?.name} get serviceimports
  curl -s -x ${two?.proxy} http://web.default.svc.clusterset.local
Or without them:
  ${sandbox(`apply --to ${one?.name} -f FILE`)}
  ${sandbox(`curl --from ${two?.name} amcs-web.default`)}
Then inject a fault:
  ${sandbox(`partition ${one?.name}`)}
  ${sandbox('status')}
  ${sandbox(`heal ${one?.name}`)}
`;
}
