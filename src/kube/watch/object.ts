/** Identifying metadata of an object, read from parsed JSON. */
import { asText, isJsonObject, type JsonObject } from '../../api/json.ts';
import { Misfit, shown } from './misfit.ts';

/** @throws Misfit if there is none. */
export function requireMetadata(object: JsonObject): JsonObject {
  if (!isJsonObject(object.metadata)) throw new Misfit('metadata', 'missing');
  return object.metadata;
}

/** RFC 1123 subdomains and labels, of which every name and namespace in the API is one. */
const NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;
const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * `namespace/name`, or the name of a cluster-scoped object.
 *
 * @throws Misfit for names that no API server accepts; they could stand for another object.
 */
export function objectName(object: JsonObject): string {
  const { name, namespace } = requireMetadata(object);
  if (typeof name !== 'string' || !NAME.test(name)) throw new Misfit('metadata.name', `${shown(name)} is not a name`);
  if (namespace === undefined) return name;
  if (typeof namespace !== 'string' || !NAMESPACE.test(namespace)) {
    throw new Misfit('metadata.namespace', `${shown(namespace)} is not a namespace`);
  }
  return `${namespace}/${name}`;
}

/** Versions are 64-bit integers in etcd; a text of any length could never be reached again. */
const VERSION = /^(?:0|[1-9]\d{0,19})$/;

/** The object's resourceVersion; `0` if it has none. @throws Misfit if it is not a number. */
export function resourceVersionOf(object: JsonObject): string {
  const { resourceVersion } = requireMetadata(object);
  if (resourceVersion === undefined) return '0';
  if (typeof resourceVersion === 'string' && VERSION.test(resourceVersion)) return resourceVersion;
  throw new Misfit('metadata.resourceVersion', `${shown(resourceVersion)} is not a number`);
}

export function labelOf(object: JsonObject, label: string): string | undefined {
  const labels = requireMetadata(object).labels;
  return isJsonObject(labels) ? asText(labels[label]) : undefined;
}
