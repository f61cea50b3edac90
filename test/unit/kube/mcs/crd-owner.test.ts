import { describe, expect, it } from 'vitest';
import { ownerOfCrd } from '../../../../src/kube/mcs/crd-owner.ts';

const written = (manager: string, fieldsV1 = { 'f:spec': {} }) => ({ managedFields: [{ manager, fieldsV1 }] });

describe('the owner of a CRD', () => {
  it.each([
    [
      { labels: { 'addonmanager.kubernetes.io/mode': 'Reconcile' } },
      'the addon manager of the platform, mode "Reconcile"',
    ],
    [{ labels: { 'olm.managed': 'true' } }, 'Operator Lifecycle Manager'],
    [{ labels: { 'app.kubernetes.io/managed-by': 'Helm' } }, 'the manager "Helm"'],
    [
      {
        labels: { 'app.kubernetes.io/managed-by': 'Helm', 'helm.toolkit.fluxcd.io/name': 'mesh' },
        annotations: { 'meta.helm.sh/release-name': 'mesh' },
      },
      'Flux, HelmRelease "mesh"',
    ],
    [written('cilium-operator-generic'), 'the field manager "cilium-operator-generic"'],
    [written('submariner-operator'), 'the field manager "submariner-operator"'],
  ])('is named: %j', (metadata, owner) => {
    expect(ownerOfCrd({ metadata })).toBe(owner);
  });

  it.each([
    [{}],
    [written('kubectl-client-side-apply')],
    [written('kubectl')],
    [written('catamaran')],
    [{ labels: { 'olm.managed': 'false' } }],
    [{ managedFields: [{ manager: 'kube-apiserver', fieldsV1: { 'f:status': {} } }, 5, { manager: 5 }] }],
  ])('is nobody: %j', (metadata) => {
    expect(ownerOfCrd({ metadata })).toBeUndefined();
  });
});
