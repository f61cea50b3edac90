/** Clusters with CRDs of other releases of mcs-api, and their upgrade. */
import { describe, expect, it } from 'vitest';
import { CRDS } from '../../src/api/crd-manifests.ts';
import { isJsonObject, type Json, type JsonObject, metadataOf } from '../../src/api/json.ts';
import { crdsOf, MCS_RELEASES } from '../support/clusters/mcs-releases.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import { addressesFrom, CRD, EXPORTS, namespace, offer, open, SLICES } from './two-clusters.ts';
import { CLEAR } from './weather.ts';

const IMPORTS = 'multicluster.x-k8s.io/serviceimports';
const QUARTER = 900_000;

function part(object: JsonObject | undefined, name: string): JsonObject {
  const found = object?.[name];
  return isJsonObject(found) ? found : {};
}

function reasons(value: Json | undefined): Record<string, Json | undefined> {
  const list = Array.isArray(value) ? value : [];
  return Object.fromEntries(list.flatMap((each) => (isJsonObject(each) ? [[String(each.type), each.reason]] : [])));
}

const importIn = ({ api }: SimulatedCluster): JsonObject | undefined => api.get(IMPORTS, { namespace, name: 'web' });

const annotationsOf = (object: JsonObject | undefined) => part(object && metadataOf(object), 'annotations');

/** The condition Ready of the import, or what is kept of it. */
function ready(cluster: SimulatedCluster): Json | undefined {
  const found = importIn(cluster);
  const kept = annotationsOf(found)['fields.catamaran.dev/status.conditions'];
  return reasons(typeof kept === 'string' ? JSON.parse(kept) : part(found, 'status').conditions).Ready;
}

describe.each(MCS_RELEASES)('clusters with the CRDs of %s', (release) => {
  it('rule 53: are served, and nothing is written without a change, even after a restart', async () => {
    const { time, clusters, fleet, replica, trace } = await open(crdsOf(release));
    const [first, second] = clusters;
    offer(first, 'web');
    await time.pass(10_000);
    expect(addressesFrom(first, second)).toEqual(['10.1.1.1']);
    const imported = importIn(second);
    expect(part(imported, 'spec').ips).toHaveLength(1);
    expect(part(imported, 'status').clusters).toEqual([{ cluster: first.name }]);
    expect(ready(second)).toBe('Ready');
    const exported: JsonObject | undefined = first.api.get(EXPORTS, { namespace, name: 'web' });
    expect(reasons(part(exported, 'status').conditions)).toMatchObject({ Valid: 'Valid', Conflict: 'NoConflicts' });
    const owner = second.api.list(SLICES, { namespace })[0]?.metadata.ownerReferences?.[0];
    expect(owner?.apiVersion).toBe(imported?.apiVersion);

    const writes = [first.writes, second.writes];
    await time.pass(QUARTER);
    replica.stop();
    await time.pass(30_000);
    fleet.start(0, true);
    await time.pass(60_000);
    expect([first.writes, second.writes]).toEqual(writes);

    first.api.delete(EXPORTS, { namespace, name: 'web' });
    await time.pass(10_000);
    expect(importIn(second)).toBeUndefined();
    expect(addressesFrom(first, second)).toEqual([]);
    expect(trace.filter((line) => /write failed/.test(line))).toEqual([]);
    expect(fleet.monitor.violations).toEqual([]);
  });
});

it('rule 20: what a CRD lacks stays as it was while an exporter is unknown', async () => {
  const { time, clusters, fleet } = await open(crdsOf('0.1'));
  const [first, second] = clusters;
  offer(first, 'web');
  const service = first.api.get('/services', { namespace, name: 'web' });
  if (!service) throw new Error('no Service');
  first.api.update('/services', { ...service, spec: { ...part(service, 'spec'), internalTrafficPolicy: 'Local' } });
  await time.pass(10_000);
  const policy = () => part(second.api.get('/services', { namespace, name: 'amcs-web' }), 'spec').internalTrafficPolicy;
  expect(policy()).toBe('Local');
  expect(part(importIn(second), 'spec')).not.toHaveProperty('internalTrafficPolicy');
  for (const { process } of fleet.replicas) process.kill();
  const successor = fleet.start(0, true, { ...CLEAR, reach: 'refused' });
  await time.pass(1_000);
  successor.links.get(second.name)?.set(CLEAR);
  const writes = second.writes;
  await time.pass(60_000);
  expect(second.writes).toBeGreaterThan(writes);
  expect(policy()).toBe('Local');
  expect(addressesFrom(first, second)).toEqual(['10.1.1.1']);
});

describe('an upgrade of the CRDs while the controller runs', () => {
  it.each(['0.1', '0.2', '0.4'] as const)(
    'rule 53: from %s is followed without loss, up to v1beta1 alone',
    async (release) => {
      const { time, clusters, fleet, trace } = await open(crdsOf(release));
      const [first, second] = clusters;
      offer(first, 'web');
      await time.pass(10_000);
      const before = importIn(second);
      const lost: string[] = [];
      const stop = new AbortController();
      second.api.subscribe(({ resource, object }) => {
        if (!object && resource !== CRD) lost.push(resource);
      }, stop.signal);

      for (const cluster of clusters) cluster.updateCrds(CRDS.map((crd) => JSON.parse(JSON.stringify(crd))));
      await time.pass(60_000);
      const upgraded = importIn(second);
      expect(annotationsOf(upgraded)).not.toHaveProperty(['fields.catamaran.dev/status.conditions']);
      expect(reasons(part(upgraded, 'status').conditions)).toEqual({ Ready: 'Ready' });
      expect(part(upgraded, 'spec')).toMatchObject({ ips: part(before, 'spec').ips, ipFamilies: ['IPv4'] });

      for (const { api } of clusters) {
        for (const { metadata } of api.list(CRD)) {
          const crd = api.get(CRD, { name: metadata.name });
          if (crd) api.updateStatus(CRD, { ...crd, status: { ...part(crd, 'status'), storedVersions: ['v1beta1'] } });
        }
      }
      for (const cluster of clusters) cluster.updateCrds(crdsOf('v1beta1 only'));
      await time.pass(60_000);
      offer(first, 'late');
      await time.pass(10_000);
      expect(addressesFrom(first, second)).toEqual(['10.1.1.1', '10.1.1.1']);
      const owners = second.api.list(SLICES, { namespace }).flatMap(({ metadata }) => metadata.ownerReferences ?? []);
      expect(new Set(owners.map(({ apiVersion }) => apiVersion))).toEqual(new Set(['multicluster.x-k8s.io/v1beta1']));
      expect(lost).toEqual([]);
      stop.abort();
      const writes = second.writes;
      await time.pass(QUARTER);
      expect(second.writes).toBe(writes);
      expect(trace.filter((line) => /write failed/.test(line))).toEqual([]);
      expect(fleet.monitor.violations).toEqual([]);
    },
  );
});
