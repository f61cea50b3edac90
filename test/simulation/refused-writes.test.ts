/** Writes that an API server refuses for as long as a cause exists: what goes on, and what is reported. */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/api/json.ts';
import { isJsonObject } from '../../src/api/json.ts';
import { IMPORTS } from './holdings.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import { addressesFrom, namespace, offer, open, SLICES } from './two-clusters.ts';

/** Creates or replaces a source slice. */
function scale(
  { api, number }: SimulatedCluster,
  index: number,
  hosts: readonly number[],
  more: JsonObject = {},
): void {
  const key = { namespace, name: `web-${index}` };
  const held = api.get(SLICES, key);
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...key, labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: hosts.map((host) => ({ addresses: [`10.${number}.1.${host}`], conditions: { ready: true }, ...more })),
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  };
  if (held) api.update(SLICES, { ...slice, metadata: held.metadata });
  else api.create(SLICES, slice);
}

/** The Ready condition of the import, as text. */
function readiness({ api }: SimulatedCluster): string {
  const status = api.get(IMPORTS, { namespace, name: 'web' })?.status;
  const conditions = isJsonObject(status) && Array.isArray(status.conditions) ? status.conditions : [];
  const ready = conditions.find((condition) => isJsonObject(condition) && condition.type === 'Ready');
  return isJsonObject(ready) ? `${ready.status} ${ready.reason}: ${ready.message}` : '';
}

const ips = (hosts: readonly number[], number = 1) => hosts.map((host) => `10.${number}.1.${host}`);

describe('a quota on slices', () => {
  it('rule 42: does not keep dead endpoints, and no endpoint is lost that moves to a slice that cannot be created', async () => {
    const { time, clusters, fleet } = await open();
    const [first, second] = clusters;
    offer(first, 'web');
    scale(first, 0, [1, 2, 3, 4]);
    await time.pass(5_000);
    second.admission.refuse({ kind: 'quota', resource: SLICES });
    // 2 dies, 3 and 4 move to a new slice together with 5.
    scale(first, 1, [3, 4, 5]);
    scale(first, 0, [1]);
    await time.pass(5_000);
    expect(addressesFrom(first, second).toSorted()).toEqual(ips([1, 3, 4]));
    expect(readiness(second)).toMatch(/^False Rejected: .*exceeded quota/);
    scale(first, 1, [4, 5]);
    await time.pass(60_000);
    expect(addressesFrom(first, second).toSorted()).toEqual(ips([1, 4]));
    const { writes } = second;
    await time.pass(120_000);
    expect(second.writes).toBe(writes);
    second.admission.restore();
    await time.pass(60_000);
    expect(addressesFrom(first, second).toSorted()).toEqual(ips([1, 4, 5]));
    expect(readiness(second)).toMatch(/^True Ready/);
    expect(fleet.monitor.violations).toEqual([]);
  });

  it('rule 42: does not keep a slice whose endpoints are dead', async () => {
    const { time, clusters } = await open();
    const [first, second] = clusters;
    offer(first, 'web');
    scale(first, 1, [2, 3]);
    await time.pass(5_000);
    second.admission.refuse({ kind: 'quota', resource: SLICES });
    scale(first, 2, [3, 4]);
    first.api.delete(SLICES, { namespace, name: 'web-1' });
    await time.pass(60_000);
    expect(addressesFrom(first, second).toSorted()).toEqual(ips([1, 3]));
    scale(first, 2, [4]);
    await time.pass(60_000);
    expect(addressesFrom(first, second)).toEqual(ips([1]));
  });
});

describe('a slice that the API server refuses', () => {
  for (const kind of ['validation', 'webhook', 'broken'] as const) {
    it(`rule 42: holds up nothing of other members (${kind})`, async () => {
      const { time, clusters } = await open();
      const [first, second] = clusters;
      for (const cluster of clusters) offer(cluster, 'web');
      scale(second, 1, [2]);
      await time.pass(5_000);
      first.admission.refuse({ kind, resource: SLICES, text: 'refused' });
      scale(first, 1, [7], { hostname: 'refused' });
      scale(second, 0, []);
      scale(second, 2, [3]);
      await time.pass(5_000);
      expect(addressesFrom(second, first).toSorted()).toEqual(ips([2, 3], 2));
      expect(addressesFrom(first, first)).toEqual(ips([1]));
      expect(readiness(first)).toMatch(kind === 'broken' ? /^True/ : /^False Rejected/);
      scale(first, 1, [7]);
      await time.pass(60_000);
      expect(addressesFrom(first, first).toSorted()).toEqual(ips([1, 7]));
      expect(readiness(first)).toMatch(/^True/);
    });
  }
});

describe('a derived Service that the API server refuses to change', () => {
  it('rule 42: does not hold up the endpoints that it serves already', async () => {
    const { time, clusters } = await open();
    const [first, second] = clusters;
    offer(first, 'web');
    await time.pass(5_000);
    second.admission.refuse({ kind: 'webhook', resource: '/services' });
    const service = first.api.get('/services', { namespace, name: 'web' });
    if (service && isJsonObject(service.spec)) {
      first.api.update('/services', { ...service, spec: { ...service.spec, internalTrafficPolicy: 'Local' } });
    }
    scale(first, 0, [2, 3]);
    await time.pass(5_000);
    expect(addressesFrom(first, second)).toEqual(ips([2, 3]));
    expect(readiness(second)).toMatch(/^False Rejected/);
  });
});
