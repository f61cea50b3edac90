/** Removal of duplicate owner references, with a warning. */
import type { Json, JsonObject } from '../machinery/json.ts';
import { equalJson, isObject } from '../machinery/json.ts';
import type { WriteOptions } from './target.ts';

/** The object without duplicate owners. `patched`: whether it results from a patch, which has a different warning. */
export function withOwnersOnce(object: JsonObject, { warn }: WriteOptions, patched: boolean): JsonObject {
  const { metadata } = object;
  if (!isObject(metadata) || !Array.isArray(metadata.ownerReferences)) return object;
  const owners: readonly Json[] = metadata.ownerReferences;
  const isFirst = (owner: Json, at: number): boolean => owners.findIndex((other) => equalJson(other, owner)) === at;
  const once = owners.filter(isFirst);
  if (once.length === owners.length) return object;
  const again = owners.filter((owner, at) => !isFirst(owner, at)).map((owner) => String(Object(owner).uid));
  warn?.(
    `.metadata.ownerReferences contains duplicate entries${patched ? ' after mutating admission happens' : ''}; API server ` +
      'dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; ' +
      `duplicate UID(s) observed: ${again.join(', ')}`,
  );
  return { ...object, metadata: { ...metadata, ownerReferences: once } };
}
