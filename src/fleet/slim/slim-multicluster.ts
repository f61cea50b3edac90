/** Slim copies of ServiceExports and ServiceImports. */
import type { SessionAffinityConfig } from '../../api/core.ts';
import type { Json, JsonObject } from '../../api/json.ts';
import { DERIVED_SERVICE, FIELD_MANAGER, IMPORT_ORIGIN, IMPORT_ORIGIN_AUTOMATIC } from '../../api/labels.ts';
import type { Condition, IPFamily, ManagedFieldsEntry, ObjectMeta } from '../../api/meta.ts';
import {
  MCS_API_VERSION,
  type ServiceExport,
  type ServiceImport,
  type ServiceImportPort,
  type ServiceImportSpec,
  type ServiceImportStatus,
} from '../../api/multicluster.ts';
import { exportRivalsOf, rivalsOf } from '../../core/import-manager.ts';
import { isDnsLabel } from '../../core/naming.ts';
import { Misfit } from '../../kube/watch/misfit.ts';
import { requireMetadata } from '../../kube/watch/object.ts';
import {
  type Draft,
  integer,
  isSet,
  isTime,
  list,
  object,
  oneOf,
  optionalObject,
  stringMap,
  text,
  textOf,
} from './fields.ts';
import {
  ANNOTATIONS,
  ANY_MAP,
  annotationManagersOf,
  exportManagersOf,
  requireKind,
  slimMetadata,
  specManagersOf,
  statusManagersOf,
} from './slim-metadata.ts';

/** Limits of metav1.Condition. */
const MAX_TYPE = 316;
const MAX_REASON = 1_024;
const MAX_MESSAGE = 32_768;
const CONDITION_STATUSES = ['True', 'False', 'Unknown'] as const;

const MAX_PORTS = 10_000;
const MAX_IPS = 2;
const MAX_CLUSTERS = 10_000;
const MAX_FINALIZERS = 1_000;
/** Of a field that the CRD does not limit; the engine reports what it cannot use. */
const MAX_TEXT = 1_024;
const INT32 = 2 ** 31;

const IMPORT_TYPES = ['ClusterSetIP', 'Headless'] as const;
const FAMILIES: readonly IPFamily[] = ['IPv4', 'IPv6'];
const PRESENCE = ['Present', 'Absent'] as const;

function condition(value: Json): Condition {
  const { type, status, reason, message, lastTransitionTime, observedGeneration } = object(value, '');
  return {
    type: text(type, 'type', MAX_TYPE),
    status: oneOf(status, 'status', CONDITION_STATUSES),
    reason: text(reason, 'reason', MAX_REASON),
    message: text(message, 'message', MAX_MESSAGE),
    lastTransitionTime: textOf(lastTransitionTime, 'lastTransitionTime', isTime, 'a time'),
    ...(isSet(observedGeneration) && {
      observedGeneration: integer(observedGeneration, 'observedGeneration', 0, Number.MAX_SAFE_INTEGER),
    }),
  };
}

/** What `read` returns; undefined if the value does not fit. For a status, which Catamaran writes again. */
function ifFits<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Misfit) return undefined;
    throw error;
  }
}

const MAX_CONDITIONS = 100;

/** Conditions that fit. Those of other clients in v1alpha1 may lack fields. */
function conditions(value: Json | undefined): readonly Condition[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_CONDITIONS).flatMap((each) => ifFits(() => condition(each)) ?? []);
}

/** A ServiceExport without annotations, and with few of its managedFields: none in an ordinary fleet. */
export function slimExport(from: JsonObject): ServiceExport {
  requireKind(from, 'ServiceExport');
  const rivals = exportRivalsOf(exportManagersOf(from));
  const slim: Draft<ServiceExport> = {
    apiVersion: MCS_API_VERSION,
    kind: 'ServiceExport',
    metadata: { ...slimMetadata(from), ...(rivals.length > 0 && { managedFields: rivals }) },
  };
  if (isSet(from.spec)) {
    const { exportedLabels, exportedAnnotations } = object(from.spec, 'spec');
    const labels = stringMap(exportedLabels, 'spec.exportedLabels', ANY_MAP);
    const annotations = stringMap(exportedAnnotations, 'spec.exportedAnnotations', ANY_MAP);
    slim.spec = { ...(labels && { exportedLabels: labels }), ...(annotations && { exportedAnnotations: annotations }) };
  }
  if (isSet(from.status)) slim.status = { conditions: conditions(optionalStatus(from.status).conditions) };
  return slim;
}

function optionalStatus(value: Json): JsonObject {
  return ifFits(() => object(value, 'status')) ?? {};
}

function importPort(value: Json): ServiceImportPort {
  const from = object(value, '');
  const slim: Draft<ServiceImportPort> = { port: int32(from.port, 'port') };
  if (isSet(from.name)) slim.name = text(from.name, 'name', MAX_TEXT);
  if (isSet(from.protocol)) slim.protocol = text(from.protocol, 'protocol', MAX_TEXT);
  if (isSet(from.appProtocol)) slim.appProtocol = text(from.appProtocol, 'appProtocol', MAX_TEXT);
  return slim;
}

function int32(value: Json | undefined, field: string): number {
  return integer(value, field, -INT32, INT32 - 1);
}

function affinityConfig(value: Json): SessionAffinityConfig {
  const { clientIP } = object(value, 'spec.sessionAffinityConfig');
  const { timeoutSeconds } = optionalObject(clientIP, 'spec.sessionAffinityConfig.clientIP');
  if (!isSet(timeoutSeconds)) return {};
  return { clientIP: { timeoutSeconds: int32(timeoutSeconds, 'spec.sessionAffinityConfig.clientIP.timeoutSeconds') } };
}

function importSpec(value: Json | undefined): ServiceImportSpec {
  const from = object(value, 'spec');
  const slim: Draft<ServiceImportSpec> = {
    type: oneOf(from.type, 'spec.type', IMPORT_TYPES),
    ports: list(from.ports, 'spec.ports', MAX_PORTS, importPort),
  };
  if (isSet(from.ips)) slim.ips = list(from.ips, 'spec.ips', MAX_IPS, (ip) => text(ip, '', MAX_TEXT));
  if (isSet(from.ipFamilies)) {
    const families = list(from.ipFamilies, 'spec.ipFamilies', MAX_IPS, (family) => text(family, '', MAX_TEXT));
    slim.ipFamilies = families.flatMap((family) => FAMILIES.find((known) => known === family) ?? []);
  }
  if (isSet(from.sessionAffinity)) slim.sessionAffinity = text(from.sessionAffinity, 'spec.sessionAffinity', MAX_TEXT);
  if (isSet(from.sessionAffinityConfig)) slim.sessionAffinityConfig = affinityConfig(from.sessionAffinityConfig);
  if (isSet(from.internalTrafficPolicy)) {
    slim.internalTrafficPolicy = text(from.internalTrafficPolicy, 'spec.internalTrafficPolicy', MAX_TEXT);
  }
  if (isSet(from.trafficDistribution)) {
    slim.trafficDistribution = text(from.trafficDistribution, 'spec.trafficDistribution', MAX_TEXT);
  }
  return slim;
}

/** The fields of a status that fit. */
function importStatus(value: Json): ServiceImportStatus {
  const from = optionalStatus(value);
  const clusters = ifFits(() =>
    list(from.clusters, 'status.clusters', MAX_CLUSTERS, (each) => ({
      cluster: textOf(object(each, '').cluster, 'cluster', isDnsLabel, 'a DNS label'),
    })),
  );
  const presence = PRESENCE.find((known) => known === from.endpointSliceObjects);
  return {
    ...(isSet(from.clusters) && clusters && { clusters }),
    ...(isSet(from.conditions) && { conditions: conditions(from.conditions) }),
    ...(presence && { endpointSliceObjects: presence }),
  };
}

/**
 * The managers that matter of an import: of families and addresses; of what only its creator sets, and of the name of
 * the derived Service, if its label does not show that Catamaran created it; and other implementations.
 */
function importManagers(from: JsonObject, { labels }: ObjectMeta): readonly ManagedFieldsEntry[] {
  const rivals = specManagersOf(from, ['ips']).filter(({ manager }) => manager !== FIELD_MANAGER);
  const isLabelled = labels?.[IMPORT_ORIGIN] === IMPORT_ORIGIN_AUTOMATIC;
  const creators = isLabelled ? [] : specManagersOf(from, ['type', 'ports']);
  return [
    ...specManagersOf(from, ['ipFamilies']),
    ...rivals,
    ...(isLabelled ? [] : annotationManagersOf(from, DERIVED_SERVICE)),
    ...(creators.some(({ manager }) => manager === FIELD_MANAGER) ? creators : []),
    ...rivalsOf(statusManagersOf(from)),
  ];
}

/** A ServiceImport, with few of its managedFields. */
export function slimImport(from: JsonObject): ServiceImport {
  requireKind(from, 'ServiceImport');
  const slim = slimMetadata(from);
  const managedFields = importManagers(from, slim);
  const metadata = requireMetadata(from);
  const annotations = stringMap(metadata.annotations, 'metadata.annotations', ANNOTATIONS);
  const finalizers = list(metadata.finalizers, 'metadata.finalizers', MAX_FINALIZERS, (each) =>
    text(each, '', MAX_TEXT),
  );
  return {
    apiVersion: MCS_API_VERSION,
    kind: 'ServiceImport',
    metadata: {
      ...slim,
      ...(annotations && { annotations }),
      ...(finalizers.length > 0 && { finalizers }),
      ...(managedFields.length > 0 && { managedFields }),
    },
    spec: importSpec(from.spec),
    ...(isSet(from.status) && { status: importStatus(from.status) }),
  };
}
