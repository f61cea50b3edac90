/** Patches of JSON objects. The inputs are never modified. */
import { applyPatch, type Operation } from 'rfc6902';
import { z } from 'zod';
import type { Json, JsonObject } from '../machinery/json.ts';
import { isList, isObject, members, ownMember, setMember } from '../machinery/json.ts';
import { badRequest, StatusError } from '../machinery/status.ts';
import { goKind } from './golang.ts';

export { strategicMergePatch } from './strategic-merge.ts';

/** Limit of operations per JSON patch. */
const MAX_OPERATIONS = 10_000;

/**
 * Applies an RFC 7386 merge patch.
 *
 * @throws StatusError 400 if the patch is not an object.
 */
export function mergePatch(value: JsonObject, patch: Json): JsonObject {
  if (!isObject(patch)) throw notDecoded(patch, 'map[string]interface {}');
  return merged(value, patch);
}

function merged(value: Json | undefined, patch: JsonObject): JsonObject {
  const result: Record<string, Json> = {};
  if (isObject(value)) for (const [key, member] of members(value)) setMember(result, key, member);
  for (const [key, change] of members(patch)) {
    if (change === null) delete result[key];
    else setMember(result, key, isObject(change) ? merged(ownMember(result, key), change) : change);
  }
  return result;
}

function notDecoded(patch: Json, type: string): StatusError {
  return badRequest(`error decoding patch: json: cannot unmarshal ${goKind(patch)} into Go value of type ${type}`);
}

const OPERATION = z.looseObject({
  op: z.enum(['add', 'remove', 'replace', 'move', 'copy', 'test']),
  path: z.string(),
  from: z.string().optional(),
});

/**
 * Applies an RFC 6902 patch, with the extensions that the API server accepts: negative indices, `replace` of a missing
 * member, `copy` of a missing member (null), a missing value (null).
 *
 * @throws StatusError 400 if the patch is not a list of objects, 422 if an operation fails.
 */
export function jsonPatch(value: JsonObject, operations: Json): JsonObject {
  if (!isList(operations)) throw notDecoded(operations, '[]handlers.jsonPatchOp');
  const odd = operations.find((operation) => !isObject(operation));
  if (odd !== undefined) throw notDecoded(odd, 'handlers.jsonPatchOp');
  if (operations.length > MAX_OPERATIONS) {
    const limit = `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`;
    throw new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: ${limit}`, {});
  }
  const document = structuredClone(value);
  for (const operation of operations) {
    const parsed = OPERATION.safeParse(operation);
    if (!parsed.success || operationFails(document, parsed.data)) throw rejected();
  }
  return document;
}

/** The API server reports no details of a failed operation. */
function rejected(): StatusError {
  return new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

function operationFails(document: JsonObject, { op, path, from = '', ...rest }: z.infer<typeof OPERATION>): boolean {
  const target = locate(document, path);
  const source = locate(document, from);
  const missing = isObject(target.parent) && ownMember(target.parent, target.key) === undefined;
  if (path === '' || ((op === 'move' || op === 'copy') && from === '')) return true;
  const value: unknown = structuredClone(rest.value ?? null);
  const operation: Operation = { op, path: target.path, from: source.path, value };
  if (op === 'test' && missing) return value !== null;
  if (op === 'replace' && missing) return failed(document, { op: 'add', path: target.path, value });
  if (op === 'copy' && isObject(source.parent) && ownMember(source.parent, source.key) === undefined) {
    return failed(document, { op: 'add', path: target.path, value: null });
  }
  return failed(document, operation);
}

function failed(document: JsonObject, operation: Operation): boolean {
  return applyPatch(document, [operation])[0] !== null;
}

/** Resolves a pointer to its parent container, and normalizes negative indices. */
function locate(document: JsonObject, pointer: string): { parent: Json | undefined; key: string; path: string } {
  // The API server ignores text before the first slash.
  const tokens = pointer.split('/').slice(1);
  const path: string[] = [];
  let parent: Json | undefined;
  let here: Json | undefined = document;
  let key = '';
  for (const token of tokens) {
    parent = here;
    key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isList(parent)) {
      const index: number = /^-[1-9]\d*$/.test(key) ? parent.length + Number(key) : Number(key);
      here = parent[index];
      path.push(key === '-' || Number.isNaN(index) ? token : `${index}`);
    } else {
      here = isObject(parent) ? ownMember(parent, key) : undefined;
      path.push(token);
    }
  }
  return { parent, key, path: path.map((token) => `/${token}`).join('') };
}
