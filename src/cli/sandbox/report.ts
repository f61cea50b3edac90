/** How a sandbox shows itself to people. */
import { relative } from 'node:path';
import { table } from '../table.ts';
import { MANUAL_NAMESPACE } from './files.ts';
import type { ClusterStatus, SandboxStatus } from './protocol.ts';

/** A path as a user types it from the working folder. */
export function shown(path: string): string {
  const short = relative('', path);
  return short === '' || short.startsWith('..') ? path : short;
}

/** The faults of a cluster in words; `-` where there is none. */
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

/** The controller in one line. */
function controllerLine({ controller }: SandboxStatus): string {
  const { ended, pid, ready, url, command } = controller;
  const answer = ready === undefined ? 'no answer' : ready ? 'ready' : 'not ready';
  if (ended === undefined) return `controller: ${answer}, process ${pid}, ${url}/readyz`;
  const next = ready === undefined ? `; start another one: ${command}` : `; another one answers: ${answer}`;
  return `controller: process ${pid} ended with ${ended}${next}`;
}

/** `sandbox status` for people. */
export function statusText(status: SandboxStatus, wide: boolean): string {
  return `${clusterTable(status.clusters, wide)}\n${controllerLine(status)}\n`;
}

/** What `sandbox up` says when everything is there. */
export function welcome(status: SandboxStatus, mode: string): string {
  const rows = status.clusters.map(({ context, api, proxy }) => [context, api, proxy]);
  const second = status.clusters[1];
  const modes =
    mode === 'Manual'
      ? 'Imports are Manual: a cluster imports what a ServiceImport there asks for.'
      : `Imports are Automatic: every cluster that has the namespace; in ${MANUAL_NAMESPACE} Manual, as ACK One has it.`;
  return `
${table([['CONTEXT', 'API', 'PROXY'], ...rows])}
${modes}

Go on in another terminal:
  export KUBECONFIG=${status.kubeconfig}
  kubectl --context cluster1 create deployment web --image=web --replicas=2 --port=8080
  kubectl --context cluster1 expose deployment web --port=80 --target-port=8080
  echo '{apiVersion: multicluster.x-k8s.io/v1alpha1, kind: ServiceExport, metadata: {name: web}}' |
    kubectl --context cluster1 create -f -
  kubectl --context ${second?.name} get serviceimports
  curl -x ${second?.proxy} http://web.default.svc.clusterset.local
  catamaran sandbox curl --from ${second?.name} amcs-web.default      without kubectl and curl
  catamaran sandbox partition cluster1                       then: status, heal
`;
}
