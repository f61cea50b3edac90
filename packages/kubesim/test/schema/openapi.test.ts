import { describe, expect, it } from 'vitest';
import { settingsOf } from '../../src/cluster-ranges.ts';
import type { Json } from '../../src/machinery/json.ts';
import { isList, isObject, members } from '../../src/machinery/json.ts';
import type { ResourceDefinition } from '../../src/machinery/resource.ts';
import { builtinResources } from '../../src/resources/index.ts';
import { componentSchema, recordedComponent } from '../../src/schema/builtins.ts';
import { customResource, customResourceDefinitions } from '../../src/schema/crd.ts';
import { DESCRIPTIONS } from '../../src/schema/descriptions.ts';
import { openApiDocument, openApiIndex } from '../../src/schema/openapi.ts';
import { WIDGETS } from '../support/widgets.ts';

const widgets = customResource(WIDGETS);
const definitions: readonly ResourceDefinition[] = [
  ...builtinResources(settingsOf(1)),
  customResourceDefinitions,
  widgets,
];

function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let here = value;
  for (const key of path) {
    if (typeof key === 'number') here = isList(here) ? here[key] : undefined;
    else here = isObject(here) ? here[key] : undefined;
  }
  return here;
}

function urls(served: readonly ResourceDefinition[]): Readonly<Record<string, Json | undefined>> {
  const { paths } = openApiIndex(served);
  const entries = isObject(paths) ? members(paths) : [];
  return Object.fromEntries(entries.map(([path, value]) => [path, at(value, 'serverRelativeURL')]));
}

describe('openApiIndex', () => {
  it('lists a document for each group version', () => {
    expect(Object.keys(urls(definitions))).toEqual(
      expect.arrayContaining(['api/v1', 'apis/apps/v1', 'apis/example.com/v1']),
    );
  });

  it('changes the URL of a document if and only if its content changes', () => {
    const before = urls(definitions);
    expect(urls(definitions)).toEqual(before);
    const changed = customResource(JSON.parse(JSON.stringify(WIDGETS).replaceAll('"object"', '"array"')));
    const after = urls([...definitions.filter((one) => one !== widgets), changed]);
    expect(Object.keys(before).filter((path) => before[path] !== after[path])).toEqual([
      ...['apis/example.com/v1', 'apis/example.com/v1alpha1'],
    ]);
  });
});

describe('openApiDocument', () => {
  it.each(['v1', 'apps/v1', 'discovery.k8s.io/v1', 'apiextensions.k8s.io/v1', 'example.com/v1'])(
    'of %s has every referenced schema, and no internal fields',
    (groupVersion) => {
      const text = JSON.stringify(openApiDocument(groupVersion, definitions));
      const schemas = at(JSON.parse(text), 'components', 'schemas');
      const names = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name = '']) => name);
      expect(names.length).toBeGreaterThan(5);
      expect(names.filter((name) => at(schemas, name) === undefined)).toEqual([]);
      expect(text).not.toContain('x-go-');
    },
  );

  it('has the fields that kubectl explain uses', () => {
    const document = openApiDocument('v1', definitions);
    const path = at(document, 'paths', '/api/v1/namespaces/{namespace}/services');
    const gvk = { group: '', version: 'v1', kind: 'Service' };
    expect(at(path, 'get', 'x-kubernetes-group-version-kind')).toEqual(gvk);
    const service = at(document, 'components', 'schemas', 'io.k8s.api.core.v1.Service');
    expect(at(service, 'x-kubernetes-group-version-kind')).toEqual([gvk]);
    expect(at(service, 'properties', 'spec')).toEqual({
      description: 'Desired state of the Service.',
      default: {},
      allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.ServiceSpec' }],
    });
  });

  it('tells kubectl that the server validates fields, and how patches are merged', () => {
    const document = openApiDocument('apps/v1', definitions);
    const patch = at(document, 'paths', '/apis/apps/v1/namespaces/{namespace}/deployments/{name}', 'patch');
    expect(JSON.stringify(at(patch, 'parameters'))).toContain('"fieldValidation"');
    expect(at(patch, 'requestBody', 'content')).toHaveProperty(['application/strategic-merge-patch+json']);
    const pod = at(document, 'components', 'schemas', 'io.k8s.api.core.v1.PodSpec', 'properties', 'containers');
    expect(pod).toMatchObject({ 'x-kubernetes-patch-merge-key': 'name', 'x-kubernetes-patch-strategy': 'merge' });
  });

  it('has the schema of a CRD unchanged, with standard metadata', () => {
    const document = openApiDocument('example.com/v1', definitions);
    const schema = at(document, 'components', 'schemas', 'com.example.v1.Widget');
    const own = at(WIDGETS, 'spec', 'versions', 1, 'schema', 'openAPIV3Schema', 'properties', 'status');
    expect(at(schema, 'properties', 'status')).toEqual(own);
    expect(at(schema, 'properties', 'metadata', 'allOf', 0)).toEqual({
      $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
    });
  });
});

describe('descriptions', () => {
  it.each(Object.entries(DESCRIPTIONS))('of %s refer to existing fields', (component, fields) => {
    const { properties = {} } = recordedComponent(component);
    expect(Object.keys(fields).filter((name) => name !== '' && !(name in properties))).toEqual([]);
  });
});

describe('componentSchema', () => {
  it('returns one frozen, possibly recursive schema', () => {
    const schema = componentSchema('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps');
    expect(schema.properties?.not).toBe(schema);
    expect(Object.isFrozen(schema)).toBe(true);
    expect(Object.isFrozen(schema.properties)).toBe(true);
  });
});
