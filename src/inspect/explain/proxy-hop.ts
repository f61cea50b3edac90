/**
 * What kube-proxy makes of a derived Service, as far as the API of the consumer tells: which ports it programs, and to how
 * many endpoints.
 *
 * Sources: Kubernetes, "Virtual IPs and Service Proxies"; pkg/proxy (endpoints are matched by port name and protocol).
 */

import type { Service, ServicePort } from '../../api/core.ts';
import type { EndpointSlice } from '../../api/endpoint-slice.ts';
import { HEADLESS, SERVICE_NAME, SERVICE_PROXY_NAME } from '../../api/labels.ts';
import type { KubeObject, StringMap } from '../../api/meta.ts';
import { DAEMON_SETS, RESOURCES } from '../../api/resources.ts';
import { isNotFound, isRefusal } from '../../kube/client/api-errors.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { type Hop, hopsOf } from './hop.ts';

/** The DaemonSet of kube-proxy, where kubeadm and most platforms run it. */
interface DaemonSet extends KubeObject {
  readonly status?: { readonly numberReady?: number; readonly desiredNumberScheduled?: number };
}

export interface Proxied {
  /** With the labels that the API server has, not only those that Catamaran sets. */
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
  /** Absent if the cluster has none, such as one with another proxy, or it may not be read. */
  readonly daemonSet?: DaemonSet;
}

/** The label by which kube-proxy leaves an object alone. */
function skippedBy(labels: StringMap | undefined): string | undefined {
  return [SERVICE_PROXY_NAME, HEADLESS].find((label) => labels?.[label] !== undefined);
}

function portText({ name, port, protocol = 'TCP' }: ServicePort): string {
  return `${name ? `${name}:` : ''}${port}/${protocol}`;
}

/** Ready endpoints that kube-proxy has for a port; every address once. */
function endpointsOf({ name = '', protocol = 'TCP' }: ServicePort, slices: readonly EndpointSlice[]): number {
  const offered = slices.filter(({ ports = [] }) =>
    ports.some((port) => (port.name ?? '') === name && (port.protocol ?? 'TCP') === protocol),
  );
  const ready = offered.flatMap(({ endpoints }) => endpoints.filter(({ conditions }) => conditions?.ready !== false));
  return new Set(ready.flatMap(({ addresses }) => addresses)).size;
}

export function proxyHop(member: string, { service, slices, daemonSet }: Proxied): Hop {
  const hop = hopsOf(member);
  const { name, labels } = service.metadata;
  const ignored = skippedBy(labels);
  if (ignored !== undefined) {
    const seen = `kube-proxy ignores Service ${name}, which has the label ${ignored}`;
    return hop('kube-proxy', 'broken', seen, 'stop the client that sets the label');
  }
  const used = slices.filter(({ metadata, addressType }) => {
    const { ipFamilies = [] } = service.spec;
    const isOfFamily = ipFamilies.length === 0 || ipFamilies.some((family) => family === addressType);
    return isOfFamily && skippedBy(metadata.labels) === undefined;
  });
  const ports = (service.spec.ports ?? []).map((port) => ({ text: portText(port), count: endpointsOf(port, used) }));
  const seen = ports.map(({ text, count }) => `${text} to ${count} endpoint${count === 1 ? '' : 's'}`).join(', ');
  const remedy = 'compare the ports of the exported Services: an exporter serves the ports that it offers as merged';
  if (ports.every(({ count }) => count === 0)) return hop('kube-proxy', 'broken', seen, remedy);
  const { desiredNumberScheduled: wanted = 0, numberReady: running = 0 } = daemonSet?.status ?? {};
  if (wanted > 0 && running < wanted) {
    const nodes = `kube-proxy is ready on ${running} of ${wanted} nodes`;
    const fix = 'kubectl -n kube-system describe daemonset kube-proxy';
    return hop('kube-proxy', running === 0 ? 'broken' : 'warning', `${seen}; ${nodes}`, fix);
  }
  if (ports.some(({ count }) => count === 0)) return hop('kube-proxy', 'warning', seen, remedy);
  return hop('kube-proxy', 'ok', seen);
}

/** The object, or undefined if the cluster has none, or this user may not read it. */
async function readable<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isNotFound(error) || isRefusal(error)) return undefined;
    throw error;
  }
}

/** Reads what kube-proxy watches. The cache of the member has only what Catamaran compares. */
export async function readProxied(
  client: KubeClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<Proxied> {
  const labelSelector = `${SERVICE_NAME}=${name}`;
  const [service, { items: slices }, daemonSet] = await Promise.all([
    client.get<Service>(RESOURCES.services, { namespace, name }, { signal }),
    client.list<EndpointSlice>(RESOURCES.endpointSlices, { namespace, labelSelector, signal }),
    readable(client.get<DaemonSet>(DAEMON_SETS, { namespace: 'kube-system', name: 'kube-proxy' }, { signal })),
  ]);
  return { service, slices, ...(daemonSet && { daemonSet }) };
}
