import { expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import { areFilledIn } from '../../../../src/core/merge/families.ts';
import { slimImport } from '../../../../src/fleet/slim/slim-multicluster.ts';

/** An import as an API server returns it, with the managers of its fields. */
function anImport(managedFields: JsonObject['items']): JsonObject {
  return {
    apiVersion: 'multicluster.x-k8s.io/v1beta1',
    kind: 'ServiceImport',
    metadata: { namespace: 'ns', name: 'web', managedFields },
    spec: { type: 'ClusterSetIP', ports: [], ipFamilies: ['IPv4'] },
  };
}

const set = (manager: string, spec: JsonObject, apiVersion = 'multicluster.x-k8s.io/v1beta1'): JsonObject => ({
  manager,
  operation: 'Update',
  apiVersion,
  time: '2026-01-01T00:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:spec': spec },
});

const user = (spec: JsonObject) => set('kubectl-create', spec, 'multicluster.x-k8s.io/v1alpha1');

it.each<[string, JsonObject['items'], boolean]>([
  ['only Catamaran set', [user({ 'f:type': {} }), set('catamaran', { 'f:ipFamilies': {}, 'f:ips': {} })], true],
  ['a user set, in another API version', [user({ 'f:ipFamilies': {} }), set('catamaran', { 'f:ips': {} })], false],
  ['a user set as well', [user({ 'f:ipFamilies': {} }), set('catamaran', { 'f:ipFamilies': {} })], false],
  ['Catamaran applied for a user', [{ ...set('catamaran', { 'f:ipFamilies': {} }), operation: 'Apply' }], false],
  ['have no recorded manager', undefined, false],
  ['a malformed record names', [null, { fieldsV1: 'x' }, { manager: 'catamaran', fieldsV1: {} }], false],
])('families of an import that %s are filled in: %s', (_, managedFields, filledIn) => {
  expect(areFilledIn(slimImport(anImport(managedFields)))).toBe(filledIn);
});

it('drops the managed fields of an import', () => {
  const { metadata } = slimImport(anImport([user({ 'f:type': {}, 'f:ports': {} }), set('catamaran', { 'f:ips': {} })]));
  expect(metadata).toEqual({ namespace: 'ns', name: 'web' });
});

it('keeps the finalizers of an import', () => {
  const object = anImport([]);
  expect(slimImport(object).metadata.finalizers).toBeUndefined();
  const metadata = { ...Object(object.metadata), finalizers: ['example.org/hold'] };
  expect(slimImport({ ...object, metadata }).metadata.finalizers).toEqual(['example.org/hold']);
});
