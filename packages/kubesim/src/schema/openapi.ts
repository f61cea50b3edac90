/**
 * OpenAPI v3 documents, for `kubectl explain` and client-side validation. Source: Kubernetes documentation, "OpenAPI
 * V3".
 */
import { hash } from 'node:crypto';
import type { Json, JsonObject } from '../machinery/json.ts';
import { isObject, members } from '../machinery/json.ts';
import type { ResourceDefinition } from '../machinery/resource.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';
import { builtinComponent, componentsIn, type RecordedSchema, recordedComponent } from './builtins.ts';
import { OBJECT_META } from './custom-resource.ts';
import { DESCRIPTIONS } from './descriptions.ts';
import { resourcePaths } from './openapi-paths.ts';

const REF = '#/components/schemas/';

function groupVersionOf(group: string, version: string): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

/** The response of `/openapi/v3`, which lists the documents. The hash in a URL changes with its document. */
export function openApiIndex(definitions: readonly ResourceDefinition[]): JsonObject {
  const served = definitions.flatMap((definition) => definition.versions.map((version) => ({ definition, version })));
  const byGroupVersion = Map.groupBy(served, ({ definition, version }) =>
    groupVersionOf(definition.group, version.name),
  );
  const paths = byGroupVersion.entries().map(([path, resources]): [string, Json] => {
    const digest = hash(
      'sha256',
      JSON.stringify(resources.map(({ definition, version }) => identity(definition, version))),
    );
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${digest.toUpperCase()}` }];
  });
  return { paths: Object.fromEntries(paths) };
}

/** What the content of a document depends on. Schemas of built-in kinds are constant. */
function identity(definition: ResourceDefinition, { name, schema }: { name: string; schema: OpenApiSchema }): Json {
  const { kind, plural, namespaced, status, custom = false } = definition;
  return [kind, plural, name, namespaced, status, custom ? JSON.stringify(schema) : ''];
}

/** The document of a group version, such as `v1` or `apps/v1`, for the definitions served in it. */
export function openApiDocument(groupVersion: string, definitions: readonly ResourceDefinition[]): JsonObject {
  const [version = '', group = ''] = groupVersion.split('/').reverse();
  const schemas: Record<string, Json> = {};
  let paths: JsonObject = {};
  for (const definition of definitions) {
    const served = definition.versions.find(({ name }) => name === version);
    if (definition.group !== group || !served) continue;
    const { kind } = definition;
    const builtin = builtinComponent(group, version, kind);
    const name = builtin ?? [...group.split('.').reverse(), version, kind].join('.');
    const gvk = { 'x-kubernetes-group-version-kind': [{ group, kind, version }] };
    if (builtin === undefined) schemas[name] = { ...customSchema(served.schema), ...gvk };
    addComponents(schemas, builtin ?? OBJECT_META);
    const own = schemas[name];
    if (builtin !== undefined && isObject(own)) schemas[name] = { ...own, ...gvk };
    paths = { ...paths, ...resourcePaths(definition, version, `${REF}${name}`) };
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.4' },
    paths,
    components: { schemas },
  };
}

/** Adds a component and everything it references. */
function addComponents(schemas: Record<string, Json>, name: string): void {
  if (schemas[name] !== undefined) return;
  const recorded = recordedComponent(name);
  schemas[name] = documented(recorded, DESCRIPTIONS[name]);
  for (const component of componentsIn(recorded)) addComponents(schemas, component);
}

/** A recorded schema in the form used in documents, with descriptions. */
function documented(recorded: RecordedSchema, descriptions: Readonly<Record<string, string>> = {}): JsonObject {
  const { $ref: ref, properties, items, additionalProperties, ...rest } = recorded;
  const { 'x-go-type': _type, 'x-go-value': _value, 'x-go-null': _null, ...kept } = rest;
  const plain: JsonObject = JSON.parse(JSON.stringify(kept));
  const text = descriptions[''];
  const described = text === undefined ? plain : { ...plain, description: text };
  if (ref !== undefined) return withRef(described, ref);
  return {
    ...described,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, one]) => {
          const prose = descriptions[name];
          return [name, documented(one, prose === undefined ? {} : { '': prose })];
        }),
      ),
    }),
    ...(items && { items: documented(items) }),
    ...(additionalProperties && { additionalProperties: documented(additionalProperties) }),
  };
}

/** A reference with siblings is wrapped in `allOf`. */
function withRef(siblings: JsonObject, ref: string): JsonObject {
  const reference = { $ref: `${REF}${ref}` };
  return members(siblings).length === 0 ? reference : { ...siblings, allOf: [reference] };
}

/** The schema of a custom resource: as in its CRD, except for metadata. */
function customSchema(schema: OpenApiSchema): JsonObject {
  const { properties = {}, ...rest } = schema;
  const { metadata: _metadata, ...others } = properties;
  const description = 'Standard object metadata: name, namespace, labels and so on.';
  const plain: JsonObject = JSON.parse(JSON.stringify({ ...rest, properties: others }));
  const own = isObject(plain.properties) ? plain.properties : {};
  return { ...plain, properties: { ...own, metadata: withRef({ description }, OBJECT_META) } };
}
