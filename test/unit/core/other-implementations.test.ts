import { describe, expect, test } from 'vitest';
import { slimExportFields } from '../../../src/core/field-managers.ts';
import { exportRival, exportRivalsOf } from '../../../src/core/import-manager.ts';
import { isImportedService, isImportedSlice } from '../../../src/core/other-implementations.ts';
import { isOwnEndpoints } from '../../../src/core/ownership.ts';
import { anExport, NOW } from '../../support/core/objects.ts';
import { EXPORT_CONDITIONS, IMPORTED_SLICES, OTHER_SERVICES } from '../../support/implementations.ts';

const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const NAME = 'kubernetes.io/service-name';

describe('EndpointSlices that another implementation imported', () => {
  test.each(Object.entries(IMPORTED_SLICES))('rule 13: are no endpoints of the cluster itself: %s', (_, labels) => {
    expect(isImportedSlice(labels)).toBe(true);
    expect(isOwnEndpoints(labels)).toBe(false);
  });

  test.each([
    [undefined],
    [{ [NAME]: 'web' }],
    [{ [NAME]: 'web', [MANAGED_BY]: 'endpointslice-controller.k8s.io' }],
    [{ [NAME]: 'web', [MANAGED_BY]: 'endpointslicemirroring-controller.k8s.io' }],
    [{ [NAME]: 'web', [MANAGED_BY]: 'team.example.org', 'karmada.io/managed': 'true' }],
  ])('are not confused with those of the cluster or its users: %j', (labels) => {
    expect(isImportedSlice(labels)).toBe(false);
    expect(isOwnEndpoints(labels)).toBe(true);
  });
});

describe('Services that another implementation derived', () => {
  test.each(Object.entries(OTHER_SERVICES))('rule 1: are recognized: %s', (_, metadata) => {
    expect(isImportedService(metadata)).toBe(true);
  });

  test.each(['multicluster.x-k8s.io/v1alpha1', 'net.gke.io/v1'])(
    'rule 1: are those of a ServiceImport in %s',
    (apiVersion) => {
      const ownerReferences = [{ apiVersion, kind: 'ServiceImport', name: 'web', uid: 'import' }];
      expect(isImportedService({ name: 'any', ownerReferences })).toBe(true);
    },
  );

  test.each([
    [{ name: 'web' }],
    [{ name: 'gke-mcs-docs' }],
    [{ name: 'my-gke-mcs-0123456789' }],
    [{ name: 'gke-mcs-0123456789-canary' }],
    [{ name: 'web', ownerReferences: [{ apiVersion: 'net.gke.io/v1', kind: 'ServiceExport', name: 'a', uid: 'b' }] }],
    [{ name: 'derived-data', labels: { 'karmada.io/managed': 'true' } }],
    [{ name: 'web', ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ServiceImport', name: 'a', uid: 'b' }] }],
  ])('are not confused with those of users: %j', (metadata) => {
    expect(isImportedService(metadata)).toBe(false);
  });
});

describe('conditions of an export without field managers', () => {
  test.each(Object.entries(EXPORT_CONDITIONS))('rule 37: show who wrote them: %s', (manager, drafts) => {
    const conditions = drafts.map(([type, , reason, message]) => ({
      ...{ type, status: 'True' as const, reason, message, lastTransitionTime: NOW },
    }));
    expect(manager).toContain(exportRival({ ...anExport(), status: { conditions } }) ?? 'nobody');
  });

  test.each([
    ['ServiceExport is valid', 'cilium-operator'],
    ['ServiceExport is ready', 'cilium-operator'],
    ['Service was successfully exported to the broker', 'lighthouse-agent'],
  ])('rule 37: one of them is enough: %s', (message, manager) => {
    const condition = { type: 'Ready', status: 'True' as const, reason: 'Ready', lastTransitionTime: NOW };
    const conditions = [
      { ...condition, message: 'another' },
      { ...condition, message },
    ];
    expect(exportRival({ ...anExport(), status: { conditions } })).toBe(manager);
  });

  test('rule 37: are those of Catamaran unless they are known', () => {
    const message = 'The Service can be exported';
    const conditions = [{ type: 'Valid', status: 'True' as const, reason: 'Valid', message, lastTransitionTime: NOW }];
    expect(exportRival({ ...anExport(), status: { conditions } })).toBeUndefined();
  });
});

describe('field managers of the conditions of an export', () => {
  const entryOf = (conditions: Readonly<Record<string, object>>) => {
    return JSON.parse(JSON.stringify({ manager: 'x', fieldsV1: { 'f:status': { 'f:conditions': conditions } } }));
  };

  test.each(['Valid', 'Ready', 'Conflict'])('rule 37: are known by what is kept of their records: %s', (type) => {
    const key = `k:{"type":"${type}"}`;
    const entry = entryOf({ [key]: { 'f:message': {} }, 'k:{"type":"Other"}': { 'f:status': {} } });
    const fieldsV1 = slimExportFields(entry);
    expect(fieldsV1).toEqual({ 'f:status': { 'f:conditions': { [key]: { 'f:status': {} } } } });
    expect(exportRivalsOf([{ ...entry, fieldsV1 }])).toHaveLength(1);
  });

  test('rule 37: nothing is kept of those that set no such condition', () => {
    expect(slimExportFields(entryOf({ 'k:{"type":"Other"}': { 'f:status': {} } }))).toBeUndefined();
    expect(slimExportFields(entryOf({ 'k:{"type":"Ready"}': { '.': {}, 'f:type': {} } }))).toBeUndefined();
  });

  test('rule 37: count without a name, too', () => {
    const { manager: _, ...entry } = entryOf({ 'k:{"type":"Ready"}': { 'f:status': {} } });
    const exported = { ...anExport(), metadata: { ...anExport().metadata, managedFields: [entry] } };
    expect(exportRival(exported)).toBe('');
  });
});
