/**
 * The derived Service: a Service without a selector whose endpoints are the derived slices, so that any kube-proxy or
 * CNI routes to them. KEP-1645 calls it a dummy or shadow Service.
 */
import { EXPOSING_FIELDS, type Service, type ServicePort } from '../../api/core.ts';
import type { Json, JsonObject } from '../../api/json.ts';
import { DERIVED_FROM, HEADLESS, MANAGED_BY, MANAGER, MCS_SERVICE_NAME, SERVICE_PROXY_NAME } from '../../api/labels.ts';
import type { IPFamily, OwnerReference, StringMap } from '../../api/meta.ts';
import { type ServiceShape, shapeOf } from '../desired/service-shape.ts';
import { equal } from '../fingerprint.ts';
import { DEFAULT_AFFINITY_SECONDS } from '../merge/traffic.ts';

/** Labels that make kube-proxy skip a Service. */
const UNWANTED_LABELS = [HEADLESS, SERVICE_PROXY_NAME];

/** The labels of a derived Service, built from scratch. */
export function serviceLabels(name: string): StringMap {
  return { [DERIVED_FROM]: name, [MANAGED_BY]: MANAGER, [MCS_SERVICE_NAME]: name };
}

/** Virtual addresses of a Service, in the order of its families; none for a headless one. */
export function clusterIPsOf(service: Service): readonly string[] {
  const { clusterIP, clusterIPs } = service.spec;
  return (clusterIPs ?? (clusterIP === undefined ? [] : [clusterIP])).filter((ip) => ip !== '' && ip !== 'None');
}

/** Every field of the spec that Catamaran sets; null means absent. `targetPort` has its default, the port. */
function specOf({ headless, ports, families, traffic }: ServiceShape): Readonly<Record<string, Json>> {
  return {
    type: 'ClusterIP',
    selector: null,
    ports: ports.map(({ name, protocol, port, appProtocol }) => ({
      ...(name !== '' && { name }),
      protocol,
      port,
      ...(appProtocol !== undefined && { appProtocol }),
    })),
    ipFamilies: families,
    // A headless Service without a selector gets two families by default (Service API, ipFamilyPolicy).
    ipFamilyPolicy: families.length > 1 ? 'RequireDualStack' : 'SingleStack',
    internalTrafficPolicy: traffic.internalTrafficPolicy ?? 'Cluster',
    trafficDistribution: traffic.trafficDistribution ?? null,
    sessionAffinity: headless ? 'None' : traffic.sessionAffinity,
    sessionAffinityConfig:
      headless || traffic.sessionAffinity === 'None'
        ? null
        : { clientIP: { timeoutSeconds: traffic.affinitySeconds ?? DEFAULT_AFFINITY_SECONDS } },
    publishNotReadyAddresses: null,
    ...Object.fromEntries(EXPOSING_FIELDS.map((field) => [field, null])),
  };
}

/** The same fields of an observed Service, with the API server's defaults applied. */
function observedSpecOf({ spec }: Service): Readonly<Record<string, unknown>> {
  return {
    type: spec.type ?? 'ClusterIP',
    selector: spec.selector ?? null,
    ports: (spec.ports ?? []).map((port: ServicePort) => ({
      ...(port.name && { name: port.name }),
      protocol: port.protocol ?? 'TCP',
      port: port.port,
      ...(port.appProtocol !== undefined && { appProtocol: port.appProtocol }),
      ...(port.targetPort !== undefined && port.targetPort !== port.port && { targetPort: port.targetPort }),
    })),
    ipFamilies: spec.ipFamilies ?? [],
    ipFamilyPolicy: spec.ipFamilyPolicy ?? null,
    internalTrafficPolicy: spec.internalTrafficPolicy ?? 'Cluster',
    trafficDistribution: spec.trafficDistribution ?? null,
    sessionAffinity: spec.sessionAffinity ?? 'None',
    sessionAffinityConfig: spec.sessionAffinityConfig ?? null,
    publishNotReadyAddresses: spec.publishNotReadyAddresses || null,
    ...Object.fromEntries(EXPOSING_FIELDS.map((field) => [field, spec.exposing?.includes(field) || null])),
  };
}

function isOfFamily(address: string, family: IPFamily | undefined): boolean {
  return family === (address.includes(':') ? 'IPv6' : 'IPv4');
}

/** Whether a Service of this shape can have these cluster IPs. */
function fits(addresses: readonly string[], { headless, families }: ServiceShape): boolean {
  return (
    !headless &&
    addresses.length === families.length &&
    addresses.every((address, index) => isOfFamily(address, families[index]))
  );
}

/** The Service to create. It asks for `addresses`, its cluster IPs before it was deleted, if they fit its shape. */
export function serviceObject(
  target: { readonly namespace: string; readonly name: string },
  from: string,
  owner: OwnerReference,
  shape: ServiceShape,
  addresses: readonly string[] = [],
): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...target, labels: serviceLabels(from), ownerReferences: [{ ...owner }] },
    spec: {
      ...Object.fromEntries(Object.entries(specOf(shape)).filter(([, value]) => value !== null)),
      ...(shape.headless && { clusterIP: 'None' }),
      ...(fits(addresses, shape) && { clusterIP: addresses[0], clusterIPs: addresses }),
    },
  };
}

/**
 * Whether a Service must be deleted and recreated: neither headless or virtual nor the primary family can be changed
 * (Service API, clusterIPs).
 */
export function mustBeReplaced(observed: Service, shape: ServiceShape): boolean {
  return shapeOf(observed).headless !== shape.headless || observed.spec.ipFamilies?.[0] !== shape.families[0];
}

/** The merge patch from an observed Service to the shape; undefined if there is no difference. */
export function servicePatch(
  observed: Service,
  from: string,
  owner: OwnerReference,
  shape: ServiceShape,
): JsonObject | undefined {
  const current = observedSpecOf(observed);
  const spec = Object.fromEntries(
    Object.entries(specOf(shape)).filter(([field, value]) => !equal(value, current[field])),
  );
  const { labels, ownerReferences } = observed.metadata;
  const wrong = Object.fromEntries<Json>([
    ...Object.entries(serviceLabels(from)).filter(([key, value]) => labels?.[key] !== value),
    ...UNWANTED_LABELS.filter((key) => labels?.[key] !== undefined).map((key): [string, Json] => [key, null]),
  ]);
  const owned =
    ownerReferences?.some(({ uid, apiVersion }) => uid === owner.uid && apiVersion === owner.apiVersion) ?? false;
  const metadata = {
    ...(Object.keys(wrong).length > 0 && { labels: wrong }),
    ...(!owned && { ownerReferences: [{ ...owner }] }),
  };
  const patch = {
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(Object.keys(spec).length > 0 && { spec }),
  };
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/** The virtual addresses of a derived Service; undefined if it does not have the shape yet. */
export function servingIPs(own: Service | undefined, shape: ServiceShape): readonly string[] | undefined {
  if (!own || own.metadata.deletionTimestamp !== undefined || mustBeReplaced(own, shape)) return undefined;
  if (!equal(own.spec.ipFamilies, shape.families)) return undefined;
  const ips = clusterIPsOf(own);
  return ips.length === (shape.headless ? 0 : shape.families.length) ? ips : undefined;
}
