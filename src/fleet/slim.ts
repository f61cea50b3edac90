/**
 * Slim copies: only the fields that the engine reads, so that memory is proportional to the exports. The input is
 * parsed JSON that an API server has validated; an object that is still malformed throws and is skipped.
 */
import type { Service, ServicePort, ServiceSpec } from '../api/core.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../api/endpoint-slice.ts';
import type { Json, JsonObject } from '../api/json.ts';
import { asText, isJsonObject } from '../api/json.ts';
import {
  DERIVED_FROM,
  LAST_CHANGE_TRIGGER_TIME,
  MANAGED_BY,
  MCS_SERVICE_NAME,
  SERVICE_NAME,
  SLICE_MANAGED_BY,
  SOURCE_CLUSTER,
} from '../api/labels.ts';
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference, StringMap } from '../api/meta.ts';
import { MCS_API_VERSION, type ServiceExport, type ServiceImport } from '../api/multicluster.ts';
import { requireMetadata } from '../kube/watch/object.ts';

function stringMap(value: Json | undefined): StringMap | undefined {
  if (!isJsonObject(value)) return undefined;
  const entries = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

const OWNERSHIP_LABELS = [
  MANAGED_BY,
  DERIVED_FROM,
  SLICE_MANAGED_BY,
  MCS_SERVICE_NAME,
  SERVICE_NAME,
  SOURCE_CLUSTER,
] as const;

/** Complete owner references; the API server accepts no others. */
function ownersOf({ ownerReferences }: JsonObject): readonly OwnerReference[] {
  return list(ownerReferences).flatMap((owner) => {
    if (!isJsonObject(owner)) return [];
    const { apiVersion, kind, name, uid, controller } = owner;
    if (typeof apiVersion !== 'string' || typeof kind !== 'string') return [];
    if (typeof name !== 'string' || typeof uid !== 'string') return [];
    return [{ apiVersion, kind, name, uid, ...(typeof controller === 'boolean' && { controller }) }];
  });
}

/** The metadata that determines ownership. */
export function ownershipOf(object: JsonObject): Pick<ObjectMeta, 'labels' | 'ownerReferences'> {
  const metadata = requireMetadata(object);
  const labels: Record<string, string> = {};
  if (isJsonObject(metadata.labels)) {
    // Read for every object that is listed or watched: only the labels that count.
    for (const label of OWNERSHIP_LABELS) {
      const value = metadata.labels[label];
      if (typeof value === 'string') labels[label] = value;
    }
  }
  return { labels, ownerReferences: ownersOf(metadata) };
}

/** Metadata without managedFields, with all or some annotations. */
function slimMeta(object: JsonObject, annotations: 'all' | readonly string[]): ObjectMeta {
  const metadata = requireMetadata(object);
  const name = asText(metadata.name);
  if (name === undefined) throw new TypeError('metadata.name: missing');
  const all = stringMap(metadata.annotations);
  const kept =
    annotations === 'all' || !all
      ? all
      : stringMap(Object.fromEntries(annotations.map((annotation) => [annotation, all[annotation]])));
  const labels = stringMap(metadata.labels);
  const namespace = asText(metadata.namespace);
  const uid = asText(metadata.uid);
  const resourceVersion = asText(metadata.resourceVersion);
  const creationTimestamp = asText(metadata.creationTimestamp);
  const deletionTimestamp = asText(metadata.deletionTimestamp);
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(typeof metadata.generation === 'number' && { generation: metadata.generation }),
    ...(creationTimestamp !== undefined && { creationTimestamp }),
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    ...(labels && { labels }),
    ...(kept && { annotations: kept }),
    ...(Array.isArray(metadata.ownerReferences) && { ownerReferences: ownersOf(metadata) }),
  };
}

/** Copies the named fields that are set. The API server validated their types against its schema. */
function pick<T>(value: Json | undefined, keys: readonly (keyof T & string)[]): Partial<T> {
  const picked: Record<string, Json> = {};
  if (!isJsonObject(value)) return {};
  for (const key of keys) {
    const member = value[key];
    if (member !== undefined && member !== null) picked[key] = member;
  }
  return picked as unknown as Partial<T>;
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

const SERVICE_PORT_FIELDS = ['name', 'protocol', 'appProtocol', 'port', 'targetPort'] as const;
const SERVICE_FIELDS = [
  'type',
  'clusterIP',
  'clusterIPs',
  'sessionAffinity',
  'sessionAffinityConfig',
  'ipFamilies',
  'ipFamilyPolicy',
  'internalTrafficPolicy',
  'trafficDistribution',
  'publishNotReadyAddresses',
  'selector',
] as const;

/** A Service without status and node ports. */
export function slimService(object: JsonObject): Service {
  const spec = isJsonObject(object.spec) ? object.spec : {};
  const ports = list(spec.ports).map((port) => ({ port: 0, ...pick<ServicePort>(port, SERVICE_PORT_FIELDS) }));
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: slimMeta(object, []),
    spec: { ...pick<ServiceSpec>(spec, SERVICE_FIELDS), ports },
  };
}

const SOURCE_ENDPOINT_FIELDS = ['conditions', 'hostname', 'nodeName', 'zone'] as const;
const DERIVED_ENDPOINT_FIELDS = [...SOURCE_ENDPOINT_FIELDS, 'hints'] as const;

function slimEndpoints(object: JsonObject, fields: readonly (keyof Endpoint)[]): Endpoint[] {
  return list(object.endpoints).map((endpoint) => ({
    addresses: [],
    ...pick<Endpoint>(endpoint, ['addresses', ...fields]),
  }));
}

function slice(object: JsonObject, metadata: ObjectMeta, endpointFields: readonly (keyof Endpoint)[]): EndpointSlice {
  const addressType = object.addressType;
  if (addressType !== 'IPv4' && addressType !== 'IPv6' && addressType !== 'FQDN') {
    throw new TypeError(`addressType: ${JSON.stringify(addressType)} is not IPv4, IPv6 or FQDN`);
  }
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata,
    addressType,
    endpoints: slimEndpoints(object, endpointFields),
    ports: list(object.ports).map((port) => pick<EndpointPort>(port, ['name', 'protocol', 'port', 'appProtocol'])),
  };
}

/**
 * A slice of a member's own endpoints, without labels, targetRefs and hints; the only annotation is the trigger time.
 */
export function slimSlice(object: JsonObject): EndpointSlice {
  const { labels: _, ownerReferences: __, ...metadata } = slimMeta(object, [LAST_CHANGE_TRIGGER_TIME]);
  return slice(object, metadata, SOURCE_ENDPOINT_FIELDS);
}

/** A derived slice with every field that Catamaran sets, to be compared and dropped. */
export function ownSlice(object: JsonObject): EndpointSlice {
  return slice(object, slimMeta(object, [LAST_CHANGE_TRIGGER_TIME]), DERIVED_ENDPOINT_FIELDS);
}

/** A ServiceExport without managedFields and annotations. */
export function slimExport(object: JsonObject): ServiceExport {
  return {
    apiVersion: MCS_API_VERSION,
    kind: 'ServiceExport',
    metadata: slimMeta(object, []),
    ...pick<ServiceExport>(object, ['spec', 'status']),
  };
}

/** The managers of the field `spec.<name>`. */
function settersOf(object: JsonObject, name: string): readonly ManagedFieldsEntry[] {
  const field = `f:${name}`;
  return list(requireMetadata(object).managedFields).flatMap((entry) => {
    const { manager, operation, fieldsV1 } = isJsonObject(entry) ? entry : {};
    const spec = isJsonObject(fieldsV1) ? fieldsV1['f:spec'] : undefined;
    if (!isJsonObject(spec) || !(field in spec)) return [];
    return [
      {
        ...(typeof manager === 'string' && { manager }),
        ...(typeof operation === 'string' && { operation }),
        fieldsV1: { 'f:spec': { [field]: {} } },
      },
    ];
  });
}

/** A ServiceImport; of its managedFields only the managers of the families. */
export function slimImport(object: JsonObject): ServiceImport {
  const spec = pick<ServiceImport>(object, ['spec']).spec;
  if (!spec) throw new TypeError('spec: missing');
  const managedFields = settersOf(object, 'ipFamilies');
  return {
    apiVersion: MCS_API_VERSION,
    kind: 'ServiceImport',
    metadata: { ...slimMeta(object, 'all'), ...(managedFields.length > 0 && { managedFields }) },
    spec: { ...spec, ports: spec.ports ?? [] },
    ...pick<ServiceImport>(object, ['status']),
  };
}

/** The phase of a Namespace; one being deleted is Terminating. */
export function namespacePhase(object: JsonObject): 'Active' | 'Terminating' {
  const phase = isJsonObject(object.status) ? object.status.phase : undefined;
  return phase === 'Terminating' || requireMetadata(object).deletionTimestamp !== undefined ? 'Terminating' : 'Active';
}
