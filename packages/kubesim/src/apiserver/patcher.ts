/** All patch types. Source: Kubernetes documentation, "API concepts", "Patching"; "Server-Side Apply". */

import { invalid as invalidField } from '../machinery/field-error.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import { isObject, parseJson } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import { badRequest, invalid, notFound, StatusError } from '../machinery/status.ts';
import { conversionProblem } from '../schema/convert.ts';
import { decodeProblem } from '../schema/go-decode.ts';
import { goPrint } from '../schema/golang.ts';
import { applyConfiguration, applyConflict } from '../schema/managed.ts';
import { jsonPatch, mergePatch, strategicMergePatch } from '../schema/patch.ts';
import { jsonSyntaxProblem } from './go-json.ts';
import type { Subresource } from './managed-fields.ts';
import { readMetadata } from './read-metadata.ts';
import { fromYaml } from './request-body.ts';
import { type ClusterState, collectionOf, presented, timeText } from './state.ts';
import { type Target, targetApiVersion, type WriteOptions } from './target.ts';
import type { Writer, Written } from './writer.ts';

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

const TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/**
 * The patch type of a content type.
 *
 * @throws StatusError 415
 */
export function patchType(contentType: string, custom: boolean): PatchType {
  const type = TYPES[contentType.split(';')[0]?.trim() ?? ''];
  if (type === undefined) throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  if (type !== 'strategic' || !custom) return type;
  throw new StatusError(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: ' +
      'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
  );
}

export interface Patch {
  readonly type: PatchType;
  readonly body: string;
  readonly subresource?: Subresource;
  /** For apply: take ownership of conflicting fields. */
  readonly force: boolean;
}

function parsed(type: PatchType, body: string): Json {
  try {
    return parseJson(body);
  } catch {
    const problem = jsonSyntaxProblem(body);
    throw badRequest(type === 'strategic' ? problem : `error decoding patch: ${problem}`);
  }
}

/**
 * The result of a patch other than apply.
 *
 * @throws StatusError 400, 422
 */
export function patchedObject(target: Target, { type, body }: Patch, current: StoredObject): JsonObject {
  const patch = parsed(type, body);
  const { schema } = target.version;
  if (type === 'strategic') {
    const object = strategicMergePatch(schema, current, patch);
    const problem = conversionProblem(schema, object);
    if (problem !== undefined) throw unfit(goPrint(patch), problem);
    return object;
  }
  const object = type === 'json' ? jsonPatch(current, patch) : mergePatch(current, patch);
  const problem = target.definition.custom ? undefined : decodeProblem(schema, object);
  if (problem !== undefined) throw unfit(JSON.stringify(object), problem);
  return object;
}

/** 422 for a patch that results in an object without a kind; `value` is the patch or its result. */
function unfit(value: string, problem: string): StatusError {
  return invalid({ group: '', plural: '', kind: '' }, '', [invalidField('patch', value, problem)]);
}

export class Patcher {
  readonly #state: ClusterState;
  readonly #writer: Writer;

  constructor(state: ClusterState, writer: Writer) {
    this.#state = state;
    this.#writer = writer;
  }

  /** @throws StatusError */
  patch(target: Target, patch: Patch, options: WriteOptions): Written {
    const { definition, namespace, name = '' } = target;
    const key = { name, ...(namespace !== undefined && { namespace }) };
    const stored = collectionOf(this.#state, definition).get(key);
    const live = stored && presented(definition, targetApiVersion(target), stored);
    if (patch.type === 'apply') return this.#apply(target, patch, live, options);
    if (!live) throw notFound(definition, name);
    const object = patchedObject(target, patch, live);
    const { subresource } = patch;
    return this.#writer.update(target, { object, patched: true, ...(subresource && { subresource }) }, options);
  }

  #apply(target: Target, patch: Patch, live: StoredObject | undefined, options: WriteOptions): Written {
    const { definition, version, name = '' } = target;
    const { subresource } = patch;
    const value = fromYaml(patch.body, (problem) => badRequest(`error decoding YAML: ${problem}`));
    const applied = isObject(value) ? value : {};
    checkApplied(target, applied);
    if (!live && subresource) throw notFound(definition, name);
    const metadata = isObject(applied.metadata) ? applied.metadata : {};
    const result = applyConfiguration({
      schema: version.schema,
      ...(live && { live }),
      applied: { ...applied, metadata: { ...metadata, name } },
      manager: options.manager ?? '',
      apiVersion: targetApiVersion(target),
      ...(subresource && { subresource }),
      force: patch.force,
      now: timeText(this.#state.clock.now()),
    });
    if ('conflicts' in result) throw applyConflict(result.conflicts);
    const { object } = result;
    const { managedFields = [] } = readMetadata(object);
    if (!live) return this.#writer.create(target, object, options, managedFields);
    return this.#writer.update(
      target,
      { object, patched: true, managedFields, ...(subresource && { subresource }) },
      options,
    );
  }
}

function checkApplied(target: Target, applied: JsonObject): void {
  const { apiVersion = '', kind = '' } = applied;
  const [group, version] =
    typeof apiVersion === 'string' && apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const expected = targetApiVersion(target);
  if (apiVersion === '' || kind === '') throw badRequest(`invalid object type: ${group}/${version}, Kind=${kind}`);
  if (apiVersion !== expected || kind !== target.definition.kind)
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  if (
    isObject(applied.metadata) &&
    Array.isArray(applied.metadata.managedFields) &&
    applied.metadata.managedFields.length > 0
  )
    throw badRequest('metadata.managedFields must be nil');
}
