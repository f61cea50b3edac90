import { expect, test } from 'vitest';
import { addressNotices } from '../../../../src/core/plan/address-notices.ts';
import { anImport, NAME, NAMESPACE } from '../../../support/core/objects.ts';
import { asking, edit } from '../../../support/core/scenarios.ts';

const setting = { operation: 'Update', fieldsV1: { 'f:spec': { 'f:ips': {} } } };
const setBy = (...managers: readonly string[]) => ({
  managedFields: managers.map((manager) => ({ manager, ...setting })),
});
const held = (...managers: readonly string[]) =>
  anImport({ ips: ['192.0.2.1'] }, { uid: 'uid', ...setBy(...managers) });
const patch = { spec: { ips: ['10.96.0.1'] } };

test('a client whose addresses are overwritten is named in an Event', () => {
  expect(addressNotices(held('catamaran', 'argocd', 'argocd', 'a'), patch)).toEqual([
    {
      type: 'Warning',
      reason: 'AddressesOverwritten',
      message:
        'spec.ips is set by Catamaran, and "192.0.2.1" of "a", "argocd" is overwritten; ' +
        'remove the field from the manifest, or exclude it from what the client applies',
      regarding: {
        apiVersion: 'multicluster.x-k8s.io/v1beta1',
        kind: 'ServiceImport',
        namespace: NAMESPACE,
        name: NAME,
        uid: 'uid',
      },
    },
  ]);
});

test('the Event names the object and the client as far as they have names', () => {
  const { namespace: _, ...metadata } = { ...anImport().metadata, managedFields: [setting] };
  const [notice] = addressNotices({ ...anImport({ ips: ['192.0.2.1'] }), metadata }, patch);
  expect(notice?.message).toContain('"192.0.2.1" of "" is overwritten');
  expect(notice?.regarding).toStrictEqual({
    apiVersion: 'multicluster.x-k8s.io/v1beta1',
    kind: 'ServiceImport',
    namespace: '',
    name: NAME,
  });
});

test('there is none if no other client set them, or they stay', () => {
  expect(addressNotices(held('catamaran'), patch)).toEqual([]);
  expect(addressNotices(held(), patch)).toEqual([]);
  expect(addressNotices(held('argocd'), { spec: { ipFamilies: ['IPv4'] } })).toEqual([]);
  expect(addressNotices(held('argocd'), { metadata: {} })).toEqual([]);
  expect(addressNotices(anImport({}, setBy('argocd')), patch)).toEqual([]);
  const others = {
    managedFields: [{ manager: 'argocd', fieldsV1: { 'f:spec': { 'f:ports': {} } } }, { manager: 'b' }],
  };
  expect(addressNotices(anImport({ ips: ['192.0.2.1'] }, others), patch)).toEqual([]);
});

test('rule 44: addresses that a user sets in an import are overwritten at once', () => {
  const fleet = asking();
  const cluster2 = fleet.member('cluster2');
  const { ips } = cluster2.derivedService?.spec.clusterIPs ? { ips: cluster2.derivedService.spec.clusterIPs } : {};
  edit(cluster2, { ips: ['192.0.2.1'] });
  fleet.converge();
  expect(cluster2.imported?.spec.ips).toEqual(ips);
});
