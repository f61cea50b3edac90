/**
 * The final contents of a cluster, without values that differ between runs: UIDs, versions, times and allocated
 * addresses.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ClusterApi, ResourceName, StoredObject } from 'kubesim';
import type { Json, JsonObject } from '../../src/api/json.ts';
import { isJsonObject } from '../../src/api/json.ts';
import {
  DERIVED_FROM,
  LAST_CHANGE_TRIGGER_TIME,
  MANAGER,
  SERVICE_NAME,
  SLICE_MANAGED_BY,
} from '../../src/api/labels.ts';
import { labelOf, objectName } from '../../src/kube/watch/object.ts';

export const IMPORTS: ResourceName = 'multicluster.x-k8s.io/serviceimports';
export const EXPORTS = 'multicluster.x-k8s.io/serviceexports';
const SLICES = 'discovery.k8s.io/endpointslices';

/** Annotation written by another client that modifies all kinds of objects, including those of Catamaran. */
export const RIVAL = 'example.com/seen';

/** All objects of Catamaran in one cluster. */
export type Holdings = Readonly<Record<string, Json | undefined>>;

/** Collects the objects of Catamaran in a cluster. */
export function holdingsOf(api: ClusterApi): Holdings {
  const entries = (resource: ResourceName, show: (object: StoredObject) => JsonObject | undefined) =>
    api.list(resource).flatMap((object): [string, JsonObject][] => {
      const shown = show(object);
      return shown ? [[`${resource} ${objectName(object)}`, shown]] : [];
    });
  return Object.fromEntries([
    ...entries(IMPORTS, (object) => importOf(api, object)),
    ...entries(EXPORTS, (object) => ({ conditions: conditionsOf(object) })),
    ...entries('/services', (object) => derivedService(api, object)),
    ...entries(SLICES, (object) => derivedSlice(api, object)),
  ]);
}

/** The differences, one per line. */
export function differences(actual: Holdings, expected: Holdings): string[] {
  const names = new Set([...Object.keys(actual), ...Object.keys(expected)]);
  return [...names].sort().flatMap((name) => {
    const [is, should] = [actual[name], expected[name]];
    if (isDeepStrictEqual(is, should)) return [];
    return [`${name}\n    is        ${JSON.stringify(is)}\n    should be ${JSON.stringify(should)}`];
  });
}

function importOf(api: ClusterApi, object: StoredObject): JsonObject {
  const spec = isJsonObject(object.spec) ? object.spec : {};
  const status = isJsonObject(object.status) ? object.status : {};
  const { labels, annotations, namespace, name, deletionTimestamp } = object.metadata;
  const derived = api.get('/services', { namespace: namespace ?? '', name: `amcs-${name}` });
  const ips = isJsonObject(derived?.spec) ? derived.spec.clusterIPs : undefined;
  const { ips: shown, ...rest } = spec;
  return dropUndefined({
    labels,
    annotations: withoutRival(annotations),
    deleting: deletionTimestamp !== undefined,
    spec: { ...rest, ports: renamed(rest.ports, numberOf) },
    ips:
      shown === undefined || (Array.isArray(shown) && shown.length === 0)
        ? 'none'
        : JSON.stringify(shown) === JSON.stringify(ips)
          ? 'of its Service'
          : 'others',
    clusters: status.clusters ?? [],
    endpointSliceObjects: status.endpointSliceObjects,
    conditions: conditionsOf(object),
  });
}

function conditionsOf({ metadata, status }: StoredObject): Json[] {
  const conditions = isJsonObject(status) && Array.isArray(status.conditions) ? status.conditions : [];
  return conditions.map((condition) => {
    if (!isJsonObject(condition)) return condition;
    const { lastTransitionTime: _, observedGeneration, ...rest } = condition;
    // Why an export wins depends on the past.
    const message = String(rest.message).replaceAll('because it was served first', 'as the oldest export');
    return {
      ...rest,
      message,
      current: observedGeneration === undefined || observedGeneration === metadata.generation,
    };
  });
}

function derivedService(api: ClusterApi, object: StoredObject): JsonObject | undefined {
  if (labelOf(object, DERIVED_FROM) === undefined) return undefined;
  const { clusterIP, clusterIPs: _, ...spec } = isJsonObject(object.spec) ? object.spec : {};
  return dropUndefined({
    labels: object.metadata.labels,
    spec: { ...spec, ports: renamed(spec.ports, numberOf) },
    headless: clusterIP === 'None',
    owned: isOwned(api, object),
  });
}

function derivedSlice(api: ClusterApi, object: StoredObject): JsonObject | undefined {
  if (labelOf(object, SLICE_MANAGED_BY) !== MANAGER) return undefined;
  const { [LAST_CHANGE_TRIGGER_TIME]: _, [RIVAL]: __, ...annotations } = object.metadata.annotations ?? {};
  const { addressType, endpoints } = object;
  const { namespace = '', labels } = object.metadata;
  const service = api.get('/services', { namespace, name: labels?.[SERVICE_NAME] ?? '' });
  const served = isJsonObject(service?.spec) ? listOf(service.spec.ports) : [];
  const ports = renamed(object.ports, ({ name = '' }) => {
    const port = served.find((each) => (each.name ?? '') === name);
    return port ? numberOf(port) : `not served: ${name}`;
  });
  return dropUndefined({
    labels: object.metadata.labels,
    annotations,
    addressType,
    endpoints,
    ports,
    owned: isOwned(api, object),
  });
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return (Array.isArray(value) ? value : []).filter((each) => isJsonObject(each));
}

function numberOf({ protocol, port }: JsonObject): string {
  return `${protocol}-${port}`;
}

/** Served ports keep the names that they had, so the name of a port depends on the past. */
function renamed(ports: Json | undefined, nameOf: (port: JsonObject) => string): Json[] {
  return listOf(ports).map((port) => ({ ...port, name: nameOf(port) }));
}

/** Whether the import that owns it exists. */
function isOwned(api: ClusterApi, { metadata: { namespace = '', ownerReferences } }: StoredObject): boolean {
  return (ownerReferences ?? []).some(({ name, uid }) => api.get(IMPORTS, { namespace, name })?.metadata.uid === uid);
}

function withoutRival(annotations: Readonly<Record<string, string>> | undefined): JsonObject | undefined {
  const { [RIVAL]: _, ...rest } = annotations ?? {};
  return Object.keys(rest).length > 0 ? rest : undefined;
}

function dropUndefined(object: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** Resources of users, in an order in which they can be recreated. */
const USERS: readonly ResourceName[] = ['/namespaces', '/services', SLICES, EXPORTS, IMPORTS];

/** Objects created by users, oldest first, ready to be recreated. */
export function userObjects(
  api: ClusterApi,
  isMade: (object: StoredObject) => boolean,
): { readonly resource: ResourceName; readonly object: JsonObject; readonly createdAt: number }[] {
  return USERS.flatMap((resource) =>
    api
      .list(resource)
      .filter((object) => !isMade(object) && object.metadata.deletionTimestamp === undefined)
      .map((object) => ({
        resource,
        object: asWritten(object),
        createdAt: Date.parse(object.metadata.creationTimestamp),
      })),
  ).toSorted((a, b) => a.createdAt - b.createdAt);
}

function asWritten({ metadata, spec, status: _, ...rest }: StoredObject): JsonObject {
  const { name, namespace, labels, annotations } = metadata;
  const { ips, ipFamilies, clusterIP, clusterIPs, ...fields } = isJsonObject(spec) ? spec : {};
  void [ips, ipFamilies, clusterIPs];
  const written = clusterIP === 'None' ? { ...fields, clusterIP } : fields;
  return dropUndefined({
    ...rest,
    metadata: dropUndefined({ name, namespace, labels, annotations }),
    ...(spec !== undefined && { spec: written }),
  });
}
