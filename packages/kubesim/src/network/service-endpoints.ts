/**
 * Endpoint selection for a Service, as in kube-proxy. Source: Kubernetes documentation, "Virtual IPs and Service
 * Proxies".
 */
import type { Service, Slice, SliceEndpoint } from '../workloads/kinds.ts';

/** The node at which the selection is made: that of the client. */
export interface Location {
  readonly node: string;
  readonly zone: string | undefined;
}

/** An endpoint's address and port. */
export interface Destination {
  readonly address: string;
  readonly port: number;
}

/** `dropped`: there are endpoints, but none that may be used from this node. */
export type Choice = readonly Destination[] | 'dropped';

interface Candidate {
  readonly endpoint: SliceEndpoint;
  readonly destination: Destination;
}

function candidatesOf(slices: Iterable<Slice>, family: string, portName: string, protocol: string): Candidate[] {
  const candidates: Candidate[] = [];
  for (const { addressType, endpoints, ports } of slices) {
    if (addressType !== family) continue;
    const port = ports?.find((each) => (each.name ?? '') === portName && (each.protocol ?? 'TCP') === protocol)?.port;
    if (port === undefined) continue;
    for (const endpoint of endpoints ?? []) {
      const [address] = endpoint.addresses;
      if (address !== undefined) candidates.push({ endpoint, destination: { address, port } });
    }
  }
  return candidates;
}

/** Ready endpoints; if there are none, terminating ones that still serve. */
function usable(candidates: readonly Candidate[]): readonly Candidate[] {
  const ready = candidates.filter(({ endpoint }) => endpoint.conditions?.ready !== false);
  if (ready.length > 0) return ready;
  return candidates.filter(({ endpoint: { conditions } }) => conditions?.serving && conditions.terminating);
}

/** Endpoints hinted for this node or zone, provided that all endpoints have hints and at least one matches. */
function hinted(candidates: readonly Candidate[], { node, zone }: Location): readonly Candidate[] {
  const forNode = candidates.filter(({ endpoint }) => endpoint.hints?.forNodes?.some(({ name }) => name === node));
  if (forNode.length > 0 && candidates.every(({ endpoint }) => endpoint.hints?.forNodes)) return forNode;
  if (!candidates.every(({ endpoint }) => endpoint.hints?.forZones)) return candidates;
  const forZone = candidates.filter(({ endpoint }) => endpoint.hints?.forZones?.some(({ name }) => name === zone));
  return forZone.length > 0 ? forZone : candidates;
}

/** Endpoints of a Service port for a client at a location. If empty, connections are refused. */
export function endpointsFor(
  service: Service,
  slices: Iterable<Slice>,
  family: string,
  port: { readonly name?: string; readonly protocol?: string },
  location: Location,
): Choice {
  const all = candidatesOf(slices, family, port.name ?? '', port.protocol ?? 'TCP');
  if (service.spec.internalTrafficPolicy === 'Local') {
    const local = usable(all.filter(({ endpoint }) => endpoint.nodeName === location.node));
    if (local.length === 0 && usable(all).length > 0) return 'dropped';
    return local.map(({ destination }) => destination);
  }
  const candidates = usable(all);
  return hinted(candidates, location).map(({ destination }) => destination);
}
