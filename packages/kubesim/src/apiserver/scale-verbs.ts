/** The scale subresource. Source: Kubernetes API reference, autoscaling/v1 Scale; CustomResourceSubresourceScale. */

import { invalid as invalidField } from '../machinery/field-error.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import { isObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import type { ResourceDefinition, ScalePaths } from '../machinery/resource.ts';
import { badRequest, invalid, notFound } from '../machinery/status.ts';
import { builtinSchema } from '../schema/builtins.ts';
import type { Call, Result } from './call.ts';
import { writeOptions } from './options.ts';
import { patchedObject, patchType } from './patcher.ts';
import { modified } from './preconditions.ts';
import { readMetadata } from './read-metadata.ts';
import { decoded, parseObject } from './request-body.ts';
import { methodNotAllowed } from './route.ts';
import { type ClusterState, collectionOf } from './state.ts';
import type { Target, WriteOptions } from './target.ts';
import type { Writer } from './writer.ts';

/** Scale as a resource, for decoding and patching. */
const SCALE: ResourceDefinition = {
  group: 'autoscaling',
  plural: 'scales',
  singular: 'scale',
  kind: 'Scale',
  listKind: 'ScaleList',
  shortNames: [],
  categories: [],
  namespaced: true,
  versions: [
    {
      name: 'v1',
      get schema() {
        return builtinSchema('autoscaling', 'v1', 'Scale');
      },
    },
  ],
  storageVersion: 'v1',
  status: false,
  generation: false,
  strategy: {},
};

/** The value at a path such as `.spec.replicas`. */
function at(object: JsonObject, path: string): Json | undefined {
  let here: Json | undefined = object;
  for (const key of path.split('.').filter((part) => part !== '')) here = isObject(here) ? here[key] : undefined;
  return here;
}

function withValue(object: JsonObject, path: readonly string[], value: Json): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  const inner = object[key];
  return { ...object, [key]: rest.length === 0 ? value : withValue(isObject(inner) ? inner : {}, rest, value) };
}

/** A LabelSelector as a query string. */
function selectorText(selector: Json | undefined): string {
  if (typeof selector === 'string') return selector;
  if (!isObject(selector)) return '';
  const { matchLabels, matchExpressions } = selector;
  const parts = Object.entries(isObject(matchLabels) ? matchLabels : {}).map(([key, value]): [string, string] => [
    key,
    `${key}=${value}`,
  ]);
  for (const expression of Array.isArray(matchExpressions) ? matchExpressions : []) {
    if (!isObject(expression) || typeof expression.key !== 'string') continue;
    const { key, operator, values } = expression;
    const list = `(${(Array.isArray(values) ? values : []).map(String).toSorted().join(',')})`;
    if (operator === 'In') parts.push([key, `${key} in ${list}`]);
    else if (operator === 'NotIn') parts.push([key, `${key} notin ${list}`]);
    else parts.push([key, operator === 'Exists' ? key : `!${key}`]);
  }
  return parts
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, part]) => part)
    .join(',');
}

function scaleOf(object: StoredObject, paths: ScalePaths): StoredObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = at(object, paths.specReplicas);
  const current = at(object, paths.statusReplicas);
  const selector = paths.labelSelector === undefined ? '' : selectorText(at(object, paths.labelSelector));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace !== undefined && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: typeof replicas === 'number' && replicas !== 0 ? { replicas } : {},
    status: { replicas: typeof current === 'number' ? current : 0, ...(selector !== '' && { selector }) },
  };
}

/** GET, PUT and PATCH of /scale. */
export class ScaleVerbs {
  readonly #state: ClusterState;
  readonly #writer: Writer;

  constructor(state: ClusterState, writer: Writer) {
    this.#state = state;
    this.#writer = writer;
  }

  /** @throws StatusError */
  call({ request, query, route: { target }, warn }: Call): Result {
    const { definition, namespace, name = '' } = target;
    const paths = definition.scale ?? { specReplicas: '', statusReplicas: '' };
    const object = collectionOf(this.#state, definition).get({ name, ...(namespace !== undefined && { namespace }) });
    if (!object) throw notFound(definition, name);
    const current = scaleOf(object, paths);
    if (request.method === 'GET') return { status: 200, value: current };
    const scaleTarget: Target = { ...target, definition: SCALE, version: SCALE.versions[0] };
    const { headers, body = '' } = request;
    const type = headers['content-type'] ?? '';
    const agent = headers['user-agent'] ?? 'unknown';
    if (request.method === 'PUT') {
      const options = writeOptions('UpdateOptions', query, agent);
      const scale = decoded(scaleTarget, parseObject({ target: scaleTarget, isKnown: () => false }, body, type), {
        ...options,
        warn,
      });
      if (readMetadata(scale).name === undefined)
        throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
      return this.#write(target, object, paths, scale, options);
    }
    if (request.method !== 'PATCH') throw methodNotAllowed();
    const patch = { type: patchType(type, false), body, force: false };
    const options = writeOptions('PatchOptions', query, agent, 'other');
    const scale = decoded(scaleTarget, patchedObject(scaleTarget, patch, current), { ...options, warn });
    return this.#write(target, object, paths, scale, options);
  }

  #write(target: Target, object: StoredObject, paths: ScalePaths, scale: JsonObject, options: WriteOptions): Result {
    const { name, resourceVersion } = object.metadata;
    const sent = readMetadata(scale);
    const replicas = at(scale, '.spec.replicas') ?? 0;
    if (typeof replicas !== 'number' || replicas < 0) {
      const error = invalidField('spec.replicas', replicas, 'must be greater than or equal to 0');
      throw invalid(SCALE, name, [error]);
    }
    if (sent.resourceVersion !== undefined && sent.resourceVersion !== resourceVersion)
      throw modified(target.definition, name);
    const keys = paths.specReplicas.split('.').filter((part) => part !== '');
    const next = withValue(object, keys, replicas);
    const written = this.#writer.update(target, { object: next, patched: true, subresource: 'scale' }, options);
    return { status: 200, value: scaleOf(written.object, paths) };
  }
}
