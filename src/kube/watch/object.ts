/** Identifying metadata of an object, read from parsed JSON. */
import { asText, isJsonObject, type JsonObject } from '../../api/json.ts';

/** @throws TypeError if there is none. */
export function requireMetadata(object: JsonObject): JsonObject {
  if (!isJsonObject(object.metadata)) throw new TypeError('metadata: missing');
  return object.metadata;
}

/** `namespace/name`, or the name of a cluster-scoped object. */
export function objectName(object: JsonObject): string {
  const metadata = requireMetadata(object);
  const name = asText(metadata.name);
  if (name === undefined) throw new TypeError('metadata.name: missing');
  const namespace = asText(metadata.namespace);
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The object's resourceVersion; `0` if it has none. */
export function resourceVersionOf(object: JsonObject): string {
  return asText(requireMetadata(object).resourceVersion) ?? '0';
}

export function labelOf(object: JsonObject, label: string): string | undefined {
  const labels = requireMetadata(object).labels;
  return isJsonObject(labels) ? asText(labels[label]) : undefined;
}
