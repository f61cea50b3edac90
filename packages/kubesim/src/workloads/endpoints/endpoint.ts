/** Conversion of a Service's pods to endpoints. Source: Kubernetes documentation, "EndpointSlices". */

import type { IPFamily } from '../../machinery/well-known.ts';
import { familyOf } from '../address-ranges.ts';
import type { Node, Pod, Service, SliceEndpoint, SlicePort, StoredServicePort } from '../kinds.ts';
import { ZONE } from '../nodes.ts';
import { condition, isFinished, isReady, isTerminating } from '../pods.ts';
import { timeOf } from '../time.ts';

/** An endpoint, and the properties of its pod that matter to its slice. */
export interface PodEndpoint {
  readonly endpoint: SliceEndpoint;
  readonly ports: readonly SlicePort[];
  /** Time of its last change, in milliseconds since the epoch. */
  readonly since: number;
}

export function isEndpoint(pod: Pod): boolean {
  return !isFinished(pod) && (pod.status?.podIPs ?? []).length > 0;
}

/** The number of a target port in a pod; undefined if the pod has no port with that name. */
export function targetPortOf(
  pod: Pod,
  { port, targetPort = port, protocol = 'TCP' }: StoredServicePort,
): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const { ports } of [...pod.spec.containers, ...sidecars]) {
    const found = ports?.find((each) => each.name === targetPort && (each.protocol ?? 'TCP') === protocol);
    if (found) return found.containerPort;
  }
  return undefined;
}

/** The ports of a Service as resolved in a pod, in the order of the Service. */
export function portsOf({ spec }: Service, pod: Pod): readonly SlicePort[] {
  return (spec.ports ?? []).flatMap((servicePort) => {
    const port = targetPortOf(pod, servicePort);
    if (port === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = servicePort;
    return [{ name, port, protocol, ...(appProtocol !== undefined && { appProtocol }) }];
  });
}

/** The hostname of a pod within a Service, if the Service is its subdomain. */
export function hostnameOf({ metadata, spec }: Pod, service: Service): string | undefined {
  const below = spec.subdomain === service.metadata.name && metadata.namespace === service.metadata.namespace;
  return below && spec.hostname ? spec.hostname : undefined;
}

/** A pod as an endpoint with its addresses of an IP family; undefined if it has none. */
export function endpointOf(
  service: Service,
  pod: Pod,
  family: IPFamily,
  node: Node | undefined,
): PodEndpoint | undefined {
  const addresses = (pod.status?.podIPs ?? []).map(({ ip }) => ip).filter((ip) => familyOf(ip) === family);
  if (!isEndpoint(pod) || addresses.length === 0) return undefined;
  const publish = service.spec.publishNotReadyAddresses === true;
  const serving = isReady(pod);
  const terminating = isTerminating(pod);
  const hostname = hostnameOf(pod, service);
  const { nodeName } = pod.spec;
  const zone = node?.metadata.labels?.[ZONE];
  const { namespace, name, uid } = pod.metadata;
  const endpoint: SliceEndpoint = {
    addresses,
    conditions: { ready: publish || (serving && !terminating), serving, terminating },
    targetRef: { kind: 'Pod', ...(namespace !== undefined && { namespace }), name, uid },
    ...(nodeName && { nodeName }),
    ...(zone !== undefined && { zone }),
    ...(hostname !== undefined && { hostname }),
  };
  const since = timeOf(condition(pod, 'Ready')?.lastTransitionTime ?? pod.metadata.creationTimestamp);
  return { endpoint, ports: portsOf(service, pod), since };
}

const ZONE_HINTS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

/** The endpoint with the hints required by the Service's trafficDistribution, or without hints. */
export function hinted({ spec }: Service, { hints: _, ...endpoint }: SliceEndpoint): SliceEndpoint {
  const { zone, nodeName, conditions } = endpoint;
  const { trafficDistribution = '' } = spec;
  if (!ZONE_HINTS.includes(trafficDistribution) || conditions?.ready === false) return endpoint;
  const toNode = trafficDistribution === 'PreferSameNode' && nodeName !== undefined;
  if (zone === undefined && !toNode) return endpoint;
  return {
    ...endpoint,
    hints: {
      ...(zone !== undefined && { forZones: [{ name: zone }] }),
      ...(toNode && { forNodes: [{ name: nodeName }] }),
    },
  };
}
