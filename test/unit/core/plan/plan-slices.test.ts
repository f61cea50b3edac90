import { describe, expect, test } from 'vitest';
import { derivedSliceName } from '../../../../src/core/naming.ts';
import { anEndpoint, aSlice, DERIVED, NAMESPACE } from '../../../support/core/objects.ts';
import { exporting, readyOf, summaries } from '../../../support/core/scenarios.ts';

describe('writes of derived slices', () => {
  test('rule 14: an endpoint that moves between slices is added before it is taken away', () => {
    const fleet = exporting();
    const [, web2] = fleet.member('cluster1').slices;
    fleet.member('cluster1').slices = [aSlice('web-3', [anEndpoint('10.1.0.1')]), ...(web2 ? [web2] : [])];
    expect(summaries(fleet.plan('cluster2'))).toEqual(['slice: create endpointSlices', 'prune: delete endpointSlices']);
  });

  test('rule 14: so it is where it moves out of a slice that stays', () => {
    const fleet = exporting();
    const [, web2] = fleet.member('cluster1').slices;
    fleet.member('cluster1').slices = [
      aSlice('web-1', [anEndpoint('10.1.0.9')]),
      aSlice('web-3', [anEndpoint('10.1.0.1')]),
      ...(web2 ? [web2] : []),
    ];
    expect(summaries(fleet.plan('cluster2')).slice(0, 2)).toEqual([
      'slice: create endpointSlices',
      'change: patch endpointSlices',
    ]);
    fleet.member('cluster1').slices = [
      aSlice('web-1', []),
      aSlice('web-3', [anEndpoint('10.1.0.1')]),
      ...(web2 ? [web2] : []),
    ];
    expect(summaries(fleet.plan('cluster2')).slice(0, 2)).toEqual([
      'slice: create endpointSlices',
      'shrink: patch endpointSlices',
    ]);
    fleet.converge();
    fleet.member('cluster1').slices = [
      aSlice('web-1', [anEndpoint('10.1.0.1')]),
      aSlice('web-3', []),
      ...(web2 ? [web2] : []),
    ];
    expect(summaries(fleet.plan('cluster2')).slice(0, 2)).toEqual([
      'grow: patch endpointSlices',
      'shrink: patch endpointSlices',
    ]);
  });

  test('rule 14: so it is where it moves to a slice that grows, and another takes its place', () => {
    const fleet = exporting();
    const grown = derivedSliceName(DERIVED, 'cluster1', NAMESPACE, 'web-2', 'IPv4');
    fleet.member('cluster1').slices = [
      aSlice('web-1', [anEndpoint('10.1.0.9')]),
      aSlice('web-2', [anEndpoint('10.1.0.2'), anEndpoint('10.1.0.1')]),
    ];
    const [first, second] = fleet.plan('cluster2');
    expect(first?.name).toBe(grown);
    expect(second?.stage).not.toBe(first?.stage);
  });

  test('rule 11: a label that makes kube-proxy skip a slice is taken off again', () => {
    const fleet = exporting();
    const { api } = fleet.member('cluster2');
    for (const label of ['service.kubernetes.io/headless', 'service.kubernetes.io/service-proxy-name']) {
      const slice = api.list('endpointSlices')[0];
      const metadata = Object(slice?.metadata);
      api.put('endpointSlices', {
        ...slice,
        metadata: { ...metadata, labels: { ...metadata.labels, [label]: 'x', mine: 'y' } },
      });
      fleet.converge();
      const labels = Object(api.get('endpointSlices', metadata.name)?.metadata).labels;
      expect(labels).not.toHaveProperty([label]);
      expect(labels).toHaveProperty('mine');
    }
  });

  test('rule 31: the slice of another client at the name of a derived one is reported and left alone', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    const [slice] = cluster2.derivedSlices;
    const name = slice?.metadata.name ?? '';
    const stored = cluster2.api.get('endpointSlices', name);
    cluster2.api.put('endpointSlices', { ...stored, metadata: { ...Object(stored?.metadata), ownerReferences: [] } });
    const before = cluster2.api.get('endpointSlices', name);
    fleet.converge();
    expect(readyOf(cluster2)).toMatchObject({ status: 'False', reason: 'ForeignEndpoints' });
    expect(readyOf(cluster2)?.message).toContain(`"${name}"`);
    expect(cluster2.api.get('endpointSlices', name)).toEqual(before);
    cluster2.api.remove('endpointSlices', name);
    fleet.converge();
    expect(readyOf(cluster2)).toMatchObject({ status: 'True' });
    expect(cluster2.addresses).toEqual(['10.1.0.1', '10.1.0.2']);
  });
});
