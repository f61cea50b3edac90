/** The table of src/core/ownership.ts, row by row. */
import { describe, expect, it } from 'vitest';
import { SERVICE_NAME } from '../../../src/api/labels.ts';
import type { OwnerReference, StringMap } from '../../../src/api/meta.ts';
import { importOfService, importOfSlice, isOwnEndpoints } from '../../../src/core/ownership.ts';
import { FleetModel } from '../../support/core/fleet-model.ts';
import { anEndpoint, anExport, aService, aSlice, NAME } from '../../support/core/objects.ts';

const owner = (name: string, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'multicluster.x-k8s.io/v1beta1',
  kind: 'ServiceImport',
  name,
  uid: 'uid',
  ...more,
});
const WEB = [owner('web')];

interface Row {
  readonly managedBy?: string;
  readonly label?: string;
  readonly owners?: readonly OwnerReference[];
  readonly managed: boolean;
  readonly what: string;
}

const OURS = 'catamaran.dev';

const ROWS: readonly Row[] = [
  { what: 'all three agree', managedBy: OURS, label: 'web', owners: WEB, managed: true },
  {
    what: 'the import has another UID now',
    managedBy: OURS,
    label: 'web',
    owners: [owner('web', { uid: 'old' })],
    managed: true,
  },
  {
    what: 'v1alpha1 owns it',
    managedBy: OURS,
    label: 'web',
    owners: [owner('web', { apiVersion: 'multicluster.x-k8s.io/v1alpha1' })],
    managed: true,
  },
  {
    what: 'another object owns it as well',
    managedBy: OURS,
    label: 'web',
    owners: [owner('x', { kind: 'Service', apiVersion: 'v1' }), ...WEB],
    managed: true,
  },
  { what: 'a user removed the label', managedBy: OURS, owners: WEB, managed: true },
  { what: 'a user changed the label', managedBy: OURS, label: 'other', owners: WEB, managed: true },
  { what: 'a user removed managed-by', label: 'web', owners: WEB, managed: true },
  { what: 'only the owner is left', owners: WEB, managed: false },
  { what: 'only the owner is left, and the label names another', label: 'other', owners: WEB, managed: false },
  { what: 'another client manages it', managedBy: 'other.example.org', label: 'web', owners: WEB, managed: false },
  { what: 'labels were copied', managedBy: OURS, label: 'web', managed: false },
  {
    what: 'labels were copied, and something else owns it',
    managedBy: OURS,
    label: 'web',
    owners: [owner('web', { kind: 'Deployment', apiVersion: 'apps/v1' })],
    managed: false,
  },
  {
    what: 'a ServiceExport owns it',
    managedBy: OURS,
    label: 'web',
    owners: [owner('web', { kind: 'ServiceExport' })],
    managed: false,
  },
  {
    what: 'a ServiceImport of another group owns it',
    managedBy: OURS,
    label: 'web',
    owners: [owner('web', { apiVersion: 'net.gke.io/v1' })],
    managed: false,
  },
  { what: 'only the label', label: 'web', managed: false },
  { what: 'only managed-by', managedBy: OURS, managed: false },
  { what: 'nothing', managed: false },
];

function metadataOf({ managedBy, label, owners }: Row, managedByKey: string, labelKey: string) {
  const labels: StringMap = {
    other: 'x',
    ...(managedBy !== undefined && { [managedByKey]: managedBy }),
    ...(label !== undefined && { [labelKey]: label }),
  };
  return { labels, ...(owners && { ownerReferences: owners }) };
}

describe('rule 31: an object is managed by Catamaran only if a ServiceImport owns it and its labels agree', () => {
  it.each(ROWS)('a Service: $what', (row) => {
    const metadata = metadataOf(row, 'app.kubernetes.io/managed-by', 'catamaran.dev/derived-from');
    expect(importOfService(metadata)).toBe(row.managed ? 'web' : undefined);
  });

  it.each(ROWS)('an EndpointSlice: $what', (row) => {
    const metadata = metadataOf(
      row,
      'endpointslice.kubernetes.io/managed-by',
      'multicluster.kubernetes.io/service-name',
    );
    expect(importOfSlice(metadata)).toBe(row.managed ? 'web' : undefined);
  });

  it('an object without metadata of that kind', () => {
    expect([importOfService({}), importOfSlice({})]).toEqual([undefined, undefined]);
  });
});

describe('rule 13: nothing that was imported is exported again', () => {
  const source = 'multicluster.kubernetes.io/source-cluster';
  const managedBy = 'endpointslice.kubernetes.io/managed-by';

  it.each([
    [undefined, true],
    [{}, true],
    [{ [managedBy]: 'endpointslice-controller.k8s.io' }, true],
    [{ [source]: 'cluster2' }, false],
    [{ [source]: 'cluster2', [managedBy]: 'endpointslice-mesh-controller.cilium.io' }, false],
    [{ [managedBy]: 'catamaran.dev' }, false],
  ])('%j: %s', (labels, own) => {
    expect(isOwnEndpoints(labels)).toBe(own);
  });
});

it('rule 13: nothing imported is exported again', () => {
  const fleet = new FleetModel();
  const foreign = { 'multicluster.kubernetes.io/source-cluster': 'elsewhere', [SERVICE_NAME]: NAME };
  const ours = { 'endpointslice.kubernetes.io/managed-by': 'catamaran.dev', [SERVICE_NAME]: NAME };
  fleet
    .member('cluster1')
    .export(anExport(), aService(), [
      aSlice('web-1', [anEndpoint('10.1.0.1')]),
      aSlice('web-2', [anEndpoint('10.9.0.1')], undefined, undefined, { labels: foreign }),
      aSlice('web-3', [anEndpoint('10.9.0.2')], undefined, undefined, { labels: ours }),
    ]);
  fleet.converge();
  expect(fleet.member('cluster1').addresses).toEqual(['10.1.0.1']);
});
