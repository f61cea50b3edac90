/**
 * Fields of ServiceExport and ServiceImport that the CRDs of older releases of mcs-api lack, so that API servers drop
 * them. Present since: `spec.exportedLabels` 0.2; two `spec.ips` 0.2; `spec.ipFamilies`, `spec.internalTrafficPolicy`,
 * `spec.trafficDistribution` and `status.conditions` of imports 0.4; `status.endpointSliceObjects` 0.5.2. The release 0.1
 * also lacks `observedGeneration` in the conditions of exports.
 */
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts';

/** Of ServiceImport, in an order for messages. `spec.ips[1]` is the second address. */
export const IMPORT_FIELDS = [
  'spec.ips[1]',
  'spec.ipFamilies',
  'spec.internalTrafficPolicy',
  'spec.trafficDistribution',
  'status.conditions',
  'status.endpointSliceObjects',
] as const;

/** Of ServiceExport. */
export const EXPORT_FIELDS = [
  'spec.exportedLabels',
  'spec.exportedAnnotations',
  'status.conditions.observedGeneration',
] as const;

export type McsField = (typeof IMPORT_FIELDS)[number] | (typeof EXPORT_FIELDS)[number];

/** A part of an OpenAPI schema; undefined if it allows any field. */
function within(schema: Json | undefined, name: string): Json | undefined {
  if (!isJsonObject(schema)) return undefined;
  const node = isJsonObject(schema.items) ? schema.items : schema;
  return isJsonObject(node.properties) ? node.properties[name] : undefined;
}

function has(schema: JsonObject, field: McsField): boolean {
  if (field === 'spec.ips[1]') {
    const ips = within(within(schema, 'spec'), 'ips');
    return !(isJsonObject(ips) && typeof ips.maxItems === 'number' && ips.maxItems < 2);
  }
  let node: Json | undefined = schema;
  for (const name of field.split('.')) {
    if (isJsonObject(node) && node['x-kubernetes-preserve-unknown-fields'] === true) return true;
    node = within(node, name);
  }
  return node !== undefined;
}

/** Those of the fields that objects with this OpenAPI schema cannot have. */
export function lackingIn(schema: JsonObject, fields: readonly McsField[]): readonly McsField[] {
  return fields.filter((field) => !has(schema, field));
}
