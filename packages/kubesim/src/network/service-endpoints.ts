/** Which endpoints a connection to a Service may go to, as kube-proxy chooses. Source: Kubernetes documentation, "Virtual IPs and Service Proxies". */
import type { Service, Slice, SliceEndpoint } from '../workloads/kinds.ts';

/** Where the choice is made: the node of the client. */
export interface Location {
  readonly node: string;
  readonly zone: string | undefined;
}

/** An endpoint's address and the port behind it. */
export interface Destination {
  readonly address: string;
  readonly port: number;
}

/** `dropped`: there are endpoints, and none that this node may use. */
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

/** Ready ones; where there are none, those that end but still serve. */
function usable(candidates: readonly Candidate[]): readonly Candidate[] {
  const ready = candidates.filter(({ endpoint }) => endpoint.conditions?.ready !== false);
  if (ready.length > 0) return ready;
  return candidates.filter(({ endpoint: { conditions } }) => conditions?.serving && conditions.terminating);
}

/** Those that the hints point to from here, where all have hints and some point here. */
function hinted(candidates: readonly Candidate[], { node, zone }: Location): readonly Candidate[] {
  const forNode = candidates.filter(({ endpoint }) => endpoint.hints?.forNodes?.some(({ name }) => name === node));
  if (forNode.length > 0 && candidates.every(({ endpoint }) => endpoint.hints?.forNodes)) return forNode;
  if (!candidates.every(({ endpoint }) => endpoint.hints?.forZones)) return candidates;
  const forZone = candidates.filter(({ endpoint }) => endpoint.hints?.forZones?.some(({ name }) => name === zone));
  return forZone.length > 0 ? forZone : candidates;
}

/** Endpoints of a port of a Service, for a client at a place. None: connections are refused. */
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
