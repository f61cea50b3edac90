import { describe, expect, test } from 'vitest';
import { isImportedService, isImportedSlice } from '../../../src/core/other-implementations.ts';
import { isOwnEndpoints } from '../../../src/core/ownership.ts';
import { IMPORTED_SLICES, OTHER_SERVICES } from '../../support/implementations.ts';

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

  test.each([
    [{ name: 'web' }],
    [{ name: 'gke-mcs-docs' }],
    [{ name: 'derived-data', labels: { 'karmada.io/managed': 'true' } }],
    [{ name: 'web', ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ServiceImport', name: 'a', uid: 'b' }] }],
  ])('are not confused with those of users: %j', (metadata) => {
    expect(isImportedService(metadata)).toBe(false);
  });
});
