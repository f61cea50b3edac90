import { describe, expect, it } from 'vitest';
import { CRDS } from '../../../../src/api/crd-manifests.ts';
import type { JsonObject } from '../../../../src/api/json.ts';
import { mergeCrd } from '../../../../src/kube/mcs/crd-merge.ts';
import { crdsOf, MCS_RELEASES, type McsRelease } from '../../../support/clusters/mcs-releases.ts';

const json = (object: object) => JSON.parse(JSON.stringify(object));

/** The installed CRDs of a release, each with a change, and Catamaran's. */
function pairs(release: McsRelease, change: (crd: ReturnType<typeof json>) => void = () => {}) {
  return crdsOf(release).map((crd, index) => {
    const installed = json(crd);
    // Releases before 0.4 have no such labels.
    delete installed.metadata.labels;
    change(installed);
    const ours = CRDS[index];
    if (!ours) throw new Error('no CRD');
    return { installed, ours };
  });
}

const merged = (release: McsRelease, change?: (crd: ReturnType<typeof json>) => void) =>
  pairs(release, change).map(({ installed, ours }) => mergeCrd(installed, ours));

/** Every path of an object with its value, if it is not an object itself. */
function leaves(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [`${path}=${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([key, each]) => leaves(each, `${path}/${key}`));
}

describe('CRDs that a cluster has', () => {
  it.each(MCS_RELEASES)('get what they lack, and are then left alone: %s', (release) => {
    for (const [index, { merged: after }] of merged(release).entries()) {
      const ours = CRDS[index];
      if (!ours) throw new Error('no CRD');
      const again = mergeCrd(after, ours);
      expect(again).toEqual({ merged: after, changes: [], kept: expect.any(Array) });
      const { versions } = json(after).spec;
      expect(versions.filter(({ storage }: { storage: boolean }) => storage)).toHaveLength(1);
      const names = versions.map(({ name }: { name: string }) => name).toSorted();
      expect(names).toEqual(['v1alpha1', 'v1beta1']);
    }
  });

  it('say what is added, field by field', () => {
    expect(merged('cilium')[1]?.changes).toEqual([
      'spec.ips in v1alpha1: at most 2 items instead of 1',
      'field spec.ipFamilies in v1alpha1',
      'field spec.internalTrafficPolicy in v1alpha1',
      'field spec.trafficDistribution in v1alpha1',
      'field status.conditions in v1alpha1',
      'field status.endpointSliceObjects in v1alpha1',
      'version v1beta1',
      'storage version v1beta1 instead of v1alpha1',
      'label multicluster.x-k8s.io/release-version: v0.5.2',
    ]);
  });

  it('lose nothing that another implementation added', () => {
    const theirs = (crd: ReturnType<typeof json>) => {
      const [version] = crd.spec.versions;
      version.schema.openAPIV3Schema.properties.spec.properties.theirs = { type: 'string', default: 'x' };
      version.additionalPrinterColumns.push({ name: 'Theirs', type: 'string', jsonPath: '.spec.theirs' });
      crd.spec.versions.push({ ...json(version), name: 'v1alpha0', storage: false, served: false });
      crd.spec.names.categories = ['all'];
      crd.spec.conversion = { strategy: 'None' };
      crd.metadata.annotations = { 'example.org/a': 'b' };
      crd.status = { storedVersions: ['v1alpha0', 'v1alpha1'] };
    };
    for (const { installed, ours } of pairs('0.2', theirs)) {
      const { merged: after, kept } = mergeCrd(installed, ours);
      const before = leaves(json(installed)).filter((leaf) => !/\/(storage|maxItems)=/.test(leaf));
      expect(leaves(json(after))).toEqual(expect.arrayContaining(before));
      expect(kept).toEqual(['printer column Theirs in v1alpha1', 'field spec.theirs in v1alpha1', 'version v1alpha0']);
    }
  });

  it('of a newer release are left alone', () => {
    const newer = (crd: ReturnType<typeof json>) => {
      crd.metadata.labels = { 'multicluster.x-k8s.io/release-version': 'v0.6.0' };
    };
    for (const { installed, ours } of pairs('v1beta1 only', newer)) {
      expect(mergeCrd(installed, ours)).toEqual({
        merged: installed,
        changes: [],
        kept: ['everything: it is of release v0.6.0, which is newer than v0.5.2'],
      });
    }
  });

  it.each([
    {},
    { spec: 5 },
    { spec: { versions: 'x', names: [] } },
    { metadata: { labels: 5 }, spec: { versions: [null] } },
  ])('that are malformed do not end the program: %j', (installed: JsonObject) => {
    const [ours] = CRDS;
    if (ours) expect(mergeCrd(installed, ours).changes).toContain('version v1beta1');
  });
});
