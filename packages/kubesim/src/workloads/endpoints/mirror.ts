/**
 * EndpointSlices of Services without a selector, copied from Endpoints that someone else writes. Source: Kubernetes
 * documentation, "Service", EndpointSlice mirroring.
 */
import type { JsonObject, StringMap } from '../../machinery/json.ts';
import type { IPFamily } from '../../machinery/well-known.ts';
import { LAST_CHANGE_TRIGGER_TIME, SERVICE_NAME, SLICE_MANAGED_BY } from '../../machinery/well-known.ts';
import { familyOf } from '../address-ranges.ts';
import type { Endpoints, EndpointsAddress, Slice, SliceEndpoint, SlicePort } from '../kinds.ts';
import type { Objects } from '../objects.ts';
import { canonical, sameJson } from '../template.ts';

const MIRROR = 'endpointslicemirroring-controller.k8s.io';
const SKIP = 'endpointslice.kubernetes.io/skip-mirror';
/** Marks Endpoints that are used for leader election only. */
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Maximum number of endpoints per subset. */
const CAPACITY = 1000;

interface Wanted {
  readonly addressType: IPFamily;
  readonly ports: readonly SlicePort[];
  readonly endpoints: readonly SliceEndpoint[];
}

function isMirrored({ metadata }: Endpoints): boolean {
  return metadata.labels?.[SKIP] !== 'true' && metadata.annotations?.[LEADER] === undefined;
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointsAddress, ready: boolean): SliceEndpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname !== undefined && { hostname }),
    ...(nodeName !== undefined && { nodeName }),
    ...(targetRef && { targetRef }),
  };
}

function wantedOf({ subsets }: Endpoints): Wanted[] {
  return (subsets ?? []).flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }) => {
    const endpoints = [
      ...addresses.map((address) => endpointOf(address, true)),
      ...notReadyAddresses.map((address) => endpointOf(address, false)),
    ].slice(0, CAPACITY);
    const byFamily = Map.groupBy(endpoints, (endpoint) => familyOf(endpoint.addresses[0] ?? ''));
    // The API server sets the defaults of a port.
    const full = ports.map(({ name = '', protocol = 'TCP', ...rest }) => ({ name, protocol, ...rest }));
    return [...byFamily].map(([addressType, own]) => ({ addressType, ports: full, endpoints: own }));
  });
}

function keyOf({ addressType, ports }: Pick<Slice, 'addressType' | 'ports'>): string {
  return canonical([addressType, ports ?? []]);
}

/** Reconciles the mirrored slices of a Service with its Endpoints; `undefined` removes them. */
export function syncMirror(objects: Objects, namespace: string, name: string, endpoints: Endpoints | undefined): void {
  const own = { [SERVICE_NAME]: name, [SLICE_MANAGED_BY]: MIRROR };
  const left = new Map(
    objects.list('discovery.k8s.io/endpointslices', namespace, own).map((slice) => [keyOf(slice), slice]),
  );
  const mirrored = endpoints && isMirrored(endpoints) ? endpoints : undefined;
  const labels: StringMap = { ...mirrored?.metadata.labels, ...own };
  for (const wanted of mirrored ? wantedOf(mirrored) : []) {
    const slice = left.get(keyOf(wanted));
    left.delete(keyOf(wanted));
    if (!slice) objects.create('discovery.k8s.io/endpointslices', newSlice(mirrored, labels, wanted));
    else if (!sameJson(slice.endpoints ?? [], wanted.endpoints) || !sameJson(slice.metadata.labels, labels)) {
      const metadata = { ...slice.metadata, labels };
      objects.update('discovery.k8s.io/endpointslices', { ...slice, metadata, endpoints: wanted.endpoints });
    }
  }
  for (const slice of left.values()) objects.delete('discovery.k8s.io/endpointslices', slice);
}

function newSlice(endpoints: Endpoints | undefined, labels: StringMap, wanted: Wanted): JsonObject {
  const { name = '', namespace = '', uid = '', annotations } = endpoints?.metadata ?? {};
  const { [LAST_APPLIED]: _, [LAST_CHANGE_TRIGGER_TIME]: __, ...copied }: Record<string, string> = { ...annotations };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels,
      ...(Object.keys(copied).length > 0 && { annotations: copied }),
      ownerReferences: [{ apiVersion: 'v1', kind: 'Endpoints', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    addressType: wanted.addressType,
    endpoints: wanted.endpoints,
    ports: wanted.ports,
  };
}
