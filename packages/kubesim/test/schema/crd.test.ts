import { describe, expect, it } from 'vitest';
import { fieldErrorText } from '../../src/machinery/field-error.ts';
import type { Json, JsonObject } from '../../src/machinery/json.ts';
import type { StoredObject } from '../../src/machinery/object.ts';
import type { StrategyContext } from '../../src/machinery/resource.ts';
import { crdWarnings, customResource, customResourceDefinitions } from '../../src/schema/crd.ts';
import { byPriority } from '../../src/schema/crd-versions.ts';
import { withDefaults } from '../../src/schema/defaults.ts';
import { parseJsonPath } from '../../src/schema/json-path.ts';
import { pruneUnknown } from '../../src/schema/prune.ts';
import { validateSchema } from '../../src/schema/validate.ts';

const { strategy, versions } = customResourceDefinitions;
const [{ schema: CRD_SCHEMA }] = versions;
const now = Date.parse('2026-01-01T01:00:00Z');

function stored(object: JsonObject, name = 'x'): StoredObject {
  const metadata = { name, uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
  return { ...object, apiVersion: 'v1', kind: 'X', metadata };
}

function context(others: readonly StoredObject[] = []): StrategyContext {
  const settings = { name: 'c', domain: 'cluster.local', podCIDRs: [], serviceCIDRs: [], nodeCIDRs: [] };
  return { settings, now, get: () => undefined, list: () => others };
}

function crd(version: JsonObject = {}, names: JsonObject = {}): JsonObject {
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object' } } } };
  const spec = {
    group: 'ex.com',
    scope: 'Namespaced',
    names: { plural: 'wids', kind: 'Wid', ...names },
    versions: [{ name: 'v1', served: true, storage: true, schema, ...version }],
  };
  const object = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', spec };
  return strategy.defaults?.(withDefaults(CRD_SCHEMA, object)) ?? object;
}

function errorsOf(version: JsonObject, names: JsonObject = {}): readonly string[] {
  const object = stored(crd(version, names), 'wids.ex.com');
  return (strategy.validateCreate?.(object, context()) ?? []).map(fieldErrorText);
}

const withSchema = (openAPIV3Schema: JsonObject): JsonObject => ({ schema: { openAPIV3Schema } });

describe('customResourceDefinitions', () => {
  it('defaults names and conversion', () => {
    expect(crd().spec).toMatchObject({
      names: { plural: 'wids', singular: 'wid', kind: 'Wid', listKind: 'WidList' },
      conversion: { strategy: 'None' },
    });
  });

  it('accepts the names and establishes the resource', () => {
    expect(strategy.prepareCreate?.(stored(crd()), context()).status).toMatchObject({
      acceptedNames: { plural: 'wids', kind: 'Wid' },
      storedVersions: ['v1'],
      conditions: [
        { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', lastTransitionTime: '2026-01-01T01:00:00Z' },
        { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
      ],
    });
  });

  it('does not accept names used by another CRD in the group', () => {
    const other = stored(crd({}, { plural: 'others', kind: 'Other', shortNames: ['w'] }), 'others.ex.com');
    const first = strategy.prepareCreate?.(other, context()) ?? other;
    const second = stored(crd({}, { shortNames: ['w'] }), 'wids.ex.com');
    expect(strategy.prepareCreate?.(second, context([first])).status).toMatchObject({
      acceptedNames: { plural: '', kind: '' },
      conditions: [
        { type: 'NamesAccepted', status: 'False', reason: 'ShortNamesConflict', message: '"w" is already in use' },
        { type: 'Established', status: 'False', reason: 'NotAccepted' },
      ],
    });
  });

  it.each<[string, JsonObject, string]>([
    ['no type', withSchema({}), 'spec.validation.openAPIV3Schema.type: Required value: must not be empty at the root'],
    [
      'no storage version',
      { storage: false },
      'status.storedVersions: Invalid value: null: must have at least one stored version',
    ],
    [
      'a field without a type',
      withSchema({ type: 'object', properties: { a: {} } }),
      'spec.validation.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields',
    ],
    [
      'a type inside anyOf',
      withSchema({ type: 'object', properties: { a: { type: 'object', anyOf: [{ type: 'object' }] } } }),
      'spec.validation.openAPIV3Schema.properties[a].anyOf[0].type: Forbidden: must be empty to be structural',
    ],
    [
      'a field declared only inside not',
      withSchema({ type: 'object', not: { properties: { a: { pattern: 'x' } } } }),
      'spec.validation.openAPIV3Schema.properties[a]: Required value: because it is defined in spec.validation.openAPIV3Schema.not.properties[a]',
    ],
    [
      'an invalid default',
      withSchema({ type: 'object', properties: { a: { type: 'string', default: 5 } } }),
      'spec.validation.openAPIV3Schema.properties[a].default: Invalid value: "integer":  in body must be of type string: "integer"',
    ],
    [
      'a column without a path',
      { additionalPrinterColumns: [{ name: 'a', type: 'string' }] },
      'spec.additionalPrinterColumns[0].JSONPath: Required value',
    ],
  ])('refuses %s', (_name, version, expected) => {
    expect(errorsOf(version)).toContain(expected);
  });

  it('rejects a change of kind', () => {
    const old = stored(crd(), 'wids.ex.com');
    const object = stored(crd({}, { kind: 'Gadget' }), 'wids.ex.com');
    expect((strategy.validateUpdate?.(object, old, context()) ?? []).map(fieldErrorText)).toEqual([
      'spec.names.kind: Invalid value: "Gadget": field is immutable',
    ]);
  });

  it('warns about rules that are not evaluated', () => {
    const rules = { 'x-kubernetes-validations': [{ rule: 'true' }] };
    const schema = { type: 'object', properties: { a: { type: 'array', items: { type: 'string', ...rules } } } };
    expect(crdWarnings(crd(withSchema(schema)))).toEqual([
      'spec.versions[0].schema.openAPIV3Schema.properties[a].items.x-kubernetes-validations: kubesim does not evaluate CEL rules',
    ]);
  });
});

describe('customResource', () => {
  const schema = {
    type: 'object',
    required: ['spec'],
    properties: { spec: { type: 'object', properties: { n: { type: 'integer', default: 1 } } } },
  };

  it('has the names, versions by priority, and subresources of the CRD', () => {
    const version = (name: string, storage: boolean, served = true): JsonObject => {
      const subresources = { status: {}, scale: { specReplicasPath: '.spec.n', statusReplicasPath: '.status.n' } };
      return { name, served, storage, schema: { openAPIV3Schema: schema }, subresources };
    };
    const { spec } = crd();
    const versions = [version('v1alpha1', false), version('v1', true), version('v2', false, false)];
    const definition = customResource({ spec: { ...(typeof spec === 'object' ? spec : {}), versions } });
    expect(definition).toMatchObject({
      ...{ group: 'ex.com', plural: 'wids', kind: 'Wid', listKind: 'WidList', namespaced: true, status: true },
      scale: { specReplicas: '.spec.n', statusReplicas: '.status.n' },
      storageVersion: 'v1',
    });
    expect(definition.versions.map(({ name }) => name)).toEqual(['v1', 'v1alpha1']);
  });

  it('defaults, prunes and validates', () => {
    const [version] = customResource(crd(withSchema(schema))).versions;
    const { value, unknown } = pruneUnknown(version.schema, { metadata: { name: 'x', a: 1 }, spec: { b: 1 }, c: 1 });
    expect(unknown).toEqual(['c', 'metadata.a', 'spec.b']);
    expect(withDefaults(version.schema, value)).toEqual({ metadata: { name: 'x' }, spec: { n: 1 } });
    expect(validateSchema(version.schema, { metadata: {} }).map(fieldErrorText)).toEqual(['spec: Required value']);
  });

  it('prints columns', () => {
    const columns = [
      { name: 'Type', type: 'string', jsonPath: '.spec.type', description: 'what it is' },
      { name: 'IPs', type: 'string', jsonPath: '.spec.ips', priority: 1 },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'N', type: 'integer', jsonPath: '.spec.n' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ];
    const [{ printer }] = customResource(crd({ additionalPrinterColumns: columns })).versions;
    expect(printer?.columns.map(({ name, priority }) => `${name} ${priority}`)).toEqual([
      ...['Name 0', 'Type 0', 'IPs 1', 'Ready 0', 'N 0', 'Age 0'],
    ]);
    const status = {
      conditions: [
        { type: 'Other', status: 'False' },
        { type: 'Ready', status: 'True' },
      ],
    };
    const object = stored({ spec: { type: 'A', ips: ['1.2.3.4'], n: 3 }, status });
    expect(printer?.row(object, now)).toEqual(['x', 'A', '["1.2.3.4"]', 'True', 3, '60m']);
    expect(printer?.row(stored({ spec: { n: 'no number' } }), now)).toEqual(['x', null, null, null, null, '60m']);
  });

  it('shows the age if a CRD has no columns', () => {
    const [{ printer }] = customResource(crd()).versions;
    expect(printer?.columns.map(({ name }) => name)).toEqual(['Name', 'Age']);
  });
});

describe('byPriority', () => {
  it('puts GA first and unknown names last', () => {
    const names = ['foo10', 'v1', 'v11alpha2', 'v10beta3', 'v3beta1', 'foo1', 'v10', 'v11beta2', 'v2', 'v12alpha1'];
    expect(names.toSorted(byPriority)).toEqual([
      ...['v10', 'v2', 'v1', 'v11beta2', 'v10beta3', 'v3beta1', 'v12alpha1', 'v11alpha2', 'foo1', 'foo10'],
    ]);
  });
});

describe('parseJsonPath', () => {
  const object = {
    a: {
      'b.c': [1, 2, 3],
      d: [
        { k: 'x', v: 1 },
        { k: 'y', v: 2 },
      ],
    },
  };

  it.each<[string, readonly Json[] | undefined]>([
    ['.a.d[0].k', ['x']],
    [".a['b.c']", [[1, 2, 3]]],
    ['.a.b\\.c[-1]', [3]],
    ['.a.b\\.c[0:2]', [1, 2]],
    ['.a.d[*].v', [1, 2]],
    ['.a.d[?(@.k=="y")].v', [2]],
    ['.a.d[?(@.v>1)].k', ['y']],
    ['.a.none.more', []],
    ['.a[', undefined],
  ])('%s gives %j', (path, expected) => {
    expect(parseJsonPath(path)?.(object)).toEqual(expected);
  });
});
