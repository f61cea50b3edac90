/** The ServiceImport object: all fields of an automatic one, and those that are filled in for a user's. */
import type { Service } from '../../api/core.ts';
import type { Json, JsonObject } from '../../api/json.ts';
import { DERIVED_SERVICE, EXPORTED_KEYS, IMPORT_ORIGIN, IMPORT_ORIGIN_AUTOMATIC } from '../../api/labels.ts';
import type { IPFamily, ObjectMeta, StringMap } from '../../api/meta.ts';
import { MCS_API_VERSION, type ServiceImport } from '../../api/multicluster.ts';
import type { DesiredImport } from '../desired/import.ts';
import { equal } from '../fingerprint.ts';
import { isReserved } from '../merge/exported-keys.ts';
import type { Merged } from '../merge/merge.ts';
import { servingIPs } from './derived-service.ts';
import { annotatedName, annotationPatch } from './derived-service-annotation.ts';

type Fields = Readonly<Record<string, Json>>;

/** The merged spec without its addresses; null means absent. */
function specOf({ type, ports, traffic }: Merged): Fields {
  const { sessionAffinity, affinitySeconds, internalTrafficPolicy, trafficDistribution } = traffic;
  return {
    type,
    ports: ports.map(({ name, ...port }) => ({ ...(name !== '' && { name }), ...port })),
    sessionAffinity: type === 'Headless' ? null : sessionAffinity,
    sessionAffinityConfig: affinitySeconds === undefined ? null : { clientIP: { timeoutSeconds: affinitySeconds } },
    internalTrafficPolicy: internalTrafficPolicy ?? null,
    trafficDistribution: trafficDistribution ?? null,
  };
}

/** Addresses of an import, in the order of its families. They are written in one request. */
function addressesOf(families: readonly IPFamily[], ips: readonly string[]): Fields {
  return { ipFamilies: families, ips: ips.length > 0 ? ips : null };
}

/**
 * The desired addresses of an import; undefined if they stay, because the Service that provides them does not exist
 * yet. A headless import never takes its families from its Service, which has its own family policy.
 */
export function desiredAddresses(wanted: DesiredImport, own: Service | undefined): Fields | undefined {
  const { serving } = wanted;
  if (serving === 'nothing') return wanted.origin === 'user' ? { ips: null } : { ips: null, ipFamilies: null };
  const { shape, write } = serving;
  if (!write) return undefined;
  if (shape.headless) return addressesOf(shape.families, []);
  const ips = servingIPs(own, shape);
  return ips && addressesOf(shape.families, ips);
}

function exportedKeys({ labels, annotations }: Merged): StringMap {
  const keys = { labels: Object.keys(labels.admitted), annotations: Object.keys(annotations.admitted) };
  return keys.labels.length + keys.annotations.length > 0 ? { [EXPORTED_KEYS]: JSON.stringify(keys) } : {};
}

/** Labels and annotations of an automatic import: exported ones and markers. */
function metadataOf(merged: Merged): Record<'labels' | 'annotations', StringMap> {
  return {
    labels: { ...merged.labels.admitted, [IMPORT_ORIGIN]: IMPORT_ORIGIN_AUTOMATIC },
    annotations: { ...merged.annotations.admitted, ...exportedKeys(merged) },
  };
}

/** Exported keys recorded with the last write of the import. An invalid value is ignored. */
function recordedKeys(annotations: StringMap | undefined): Record<'labels' | 'annotations', readonly string[]> {
  const keys = (list: unknown) =>
    Array.isArray(list) ? list.filter((key): key is string => typeof key === 'string' && !isReserved(key)) : [];
  try {
    const recorded: unknown = JSON.parse(annotations?.[EXPORTED_KEYS] ?? '{}');
    const { labels, annotations: others } = Object(recorded) as Record<string, unknown>; // an object has fields
    return { labels: keys(labels), annotations: keys(others) };
  } catch {
    return { labels: [], annotations: [] };
  }
}

function mapPatch(observed: StringMap | undefined, wanted: StringMap, recorded: readonly string[]): JsonObject {
  const outdated = recorded.filter((key) => wanted[key] === undefined && observed?.[key] !== undefined);
  const changed = Object.entries(wanted).filter(([key, value]) => observed?.[key] !== value);
  return Object.fromEntries<Json>([...outdated.map((key): [string, Json] => [key, null]), ...changed]);
}

function exportedPatch(observed: ObjectMeta, merged: Merged): Record<'labels' | 'annotations', JsonObject> {
  const wanted = metadataOf(merged);
  const recorded = recordedKeys(observed.annotations);
  return {
    labels: mapPatch(observed.labels, wanted.labels, recorded.labels),
    annotations: mapPatch(observed.annotations, wanted.annotations, [...recorded.annotations, EXPORTED_KEYS]),
  };
}

function metadataPatch(observed: ServiceImport, wanted: DesiredImport, derivedService: string | null | undefined) {
  const exported = wanted.content && exportedPatch(observed.metadata, wanted.content);
  const parts: Record<string, JsonObject> = {
    labels: exported?.labels ?? {},
    annotations: { ...exported?.annotations, ...annotationPatch(observed, derivedService) },
  };
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => Object.keys(part).length > 0));
}

function withoutNulls(fields: Fields): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** The import to create. The addresses of a ClusterSetIP import are added once its Service exists. */
export function importObject(
  target: { readonly namespace: string; readonly name: string },
  wanted: DesiredImport,
  merged: Merged,
  derivedService: string,
): JsonObject {
  const { labels, annotations: exported } = metadataOf(merged);
  const name = annotatedName(wanted, derivedService, undefined);
  const annotations = { ...exported, ...(typeof name === 'string' && { [DERIVED_SERVICE]: name }) };
  return {
    apiVersion: MCS_API_VERSION,
    kind: 'ServiceImport',
    metadata: { ...target, labels: { ...labels }, ...(Object.keys(annotations).length > 0 && { annotations }) },
    spec: withoutNulls({ ...specOf(merged), ...desiredAddresses(wanted, undefined) }),
  };
}

/** The merge patch of metadata and spec for an observed import; undefined if it is up to date. */
export function importPatch(
  observed: ServiceImport,
  wanted: DesiredImport,
  derivedService: string,
  own: Service | undefined,
): JsonObject | undefined {
  const { content } = wanted;
  const fields: Fields = { ...(content && specOf(content)), ...desiredAddresses(wanted, own) };
  const current: Readonly<Record<string, unknown>> = { ...observed.spec };
  const spec = Object.fromEntries(Object.entries(fields).filter(([field, value]) => !sameField(value, current[field])));
  const metadata = metadataPatch(observed, wanted, annotatedName(wanted, derivedService, own));
  const patch = {
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(Object.keys(spec).length > 0 && { spec }),
  };
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/** Null means absent, and so does an empty list of addresses. */
function sameField(wanted: Json, current: unknown): boolean {
  if (wanted === null)
    return current === undefined || current === null || (Array.isArray(current) && current.length === 0);
  return equal(wanted, current);
}
