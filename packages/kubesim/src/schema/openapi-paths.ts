/** The paths of a resource in an OpenAPI document, as far as kubectl needs them. */
import type { JsonObject } from '../machinery/json.ts';
import type { ResourceDefinition } from '../machinery/resource.ts';

const JSON_TYPES = ['application/json', 'application/yaml'];
const PATCH_TYPES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];

/** Query parameters of write requests; kubectl looks for dryRun and fieldValidation. */
const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'];

function query(names: readonly string[]): JsonObject[] {
  return names.map((name) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } }));
}

/** Paths of a resource in one version; `ref` is the reference to its schema. */
export function resourcePaths(definition: ResourceDefinition, version: string, ref: string): JsonObject {
  const { group, plural, kind, namespaced, status } = definition;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const collection = `${root}${namespaced ? '/namespaces/{namespace}' : ''}/${plural}`;
  const item = `${collection}/{name}`;
  const content = (types: readonly string[]): JsonObject =>
    Object.fromEntries(types.map((type) => [type, { schema: { $ref: ref } }]));
  const operation = (action: string, parameters: readonly string[], body: readonly string[]): JsonObject => ({
    operationId: `${action}${namespaced ? 'Namespaced' : ''}${kind}`,
    parameters: query(parameters),
    ...(body.length > 0 && { requestBody: { content: content(body), required: true } }),
    responses: { 200: { description: 'OK', content: content(JSON_TYPES) } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind },
  });
  const patchTypes = definition.custom ? PATCH_TYPES : [...PATCH_TYPES, 'application/strategic-merge-patch+json'];
  const place = (names: readonly string[]): JsonObject[] =>
    names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } }));
  const scope = namespaced ? ['namespace'] : [];
  const one: JsonObject = {
    get: operation('get', [], []),
    put: operation('put', WRITE_PARAMETERS, JSON_TYPES),
    patch: operation('patch', [...WRITE_PARAMETERS, 'force'], patchTypes),
    delete: operation('delete', ['dryRun', 'gracePeriodSeconds', 'propagationPolicy'], []),
    parameters: place([...scope, 'name']),
  };
  return {
    [collection]: {
      get: operation('list', ['labelSelector', 'fieldSelector', 'limit', 'continue', 'watch', 'resourceVersion'], []),
      post: operation('post', WRITE_PARAMETERS, JSON_TYPES),
      delete: operation('deletecollection', ['labelSelector', 'fieldSelector', 'dryRun'], []),
      parameters: place(scope),
    },
    [item]: one,
    ...(status && { [`${item}/status`]: { get: one.get, put: one.put, patch: one.patch, parameters: one.parameters } }),
  };
}
