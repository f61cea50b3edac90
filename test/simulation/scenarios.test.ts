/** Individual faults of the schedules: behavior during and after each. */
import { describe, expect, it } from 'vitest';
import { holdingsOf } from './holdings.ts';
import { addressesOf } from './ledger.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import { addressesFrom, EXPORTS, namespace, offer, open, SLICES } from './two-clusters.ts';
import { CLEAR } from './weather.ts';

/** Remaining objects of Catamaran, other than users' exports. */
function leftovers({ api }: SimulatedCluster): string[] {
  return Object.keys(holdingsOf(api)).filter((name) => !name.startsWith(EXPORTS));
}

describe('a removed member', () => {
  it('is retried with backoff while deletes are forbidden, and cleaned up once they are allowed', async () => {
    const { time, clusters, fleet, replica, trace } = await open();
    const [first, second] = clusters;
    offer(first, 'web');
    await time.pass(5_000);
    expect(addressesFrom(first, second)).toEqual(['10.1.1.1']);
    for (const resource of ['/services', SLICES, 'multicluster.x-k8s.io/serviceimports']) {
      second.rights.forbid('delete', resource);
    }
    fleet.membership.leave(second.name, fleet.replicas);
    replica.follow(0);
    const from = trace.length;
    await time.pass(60_000);
    expect(trace.slice(from).filter((line) => /DELETE .* 403/.test(line)).length).toBeLessThan(60);
    second.rights.restore();
    await time.pass(60_000);
    expect(leftovers(second)).toEqual([]);
    expect(replica.members()).toEqual([first.name]);
    expect(fleet.monitor.violations).toEqual([]);
  });

  it('has no leftovers if an import was being created during its removal', async () => {
    const { time, clusters, fleet, replica, link } = await open();
    const [first, second] = clusters;
    link(1).set({ ...CLEAR, latencyMs: 5_000 });
    offer(first, 'web');
    await time.pass(200);
    fleet.membership.leave(second.name, fleet.replicas);
    replica.follow(0);
    await time.pass(120_000);
    expect(second.writes).toBeGreaterThan(0);
    expect(leftovers(second)).toEqual([]);
    expect(replica.members()).toEqual([first.name]);
  });
});

describe('a member whose CRD was deleted', () => {
  it('is unknown as long as it is observed only through 404s: its endpoints are kept', async () => {
    const { time, clusters, fleet, link } = await open();
    const [first, second] = clusters;
    offer(first, 'web');
    await time.pass(5_000);
    // The events for objects deleted with the CRD do not arrive in time.
    link(0).set({ ...CLEAR, delayedEvents: 1, eventDelayMs: 3_600_000 });
    first.api.delete('apiextensions.k8s.io/customresourcedefinitions', {
      name: 'serviceexports.multicluster.x-k8s.io',
    });
    // A conflict, to be reported on both exports.
    offer(second, 'web', 81);
    await time.pass(30_000);
    expect(addressesFrom(first, second)).toEqual(['10.1.1.1']);
    expect(fleet.monitor.violations).toEqual([]);
    link(0).set(CLEAR);
    first.installCrds();
    await time.pass(120_000);
    expect(addressesFrom(first, second)).toEqual([]);
    expect(fleet.monitor.violations).toEqual([]);
  });
});

/** Deletions of objects of Catamaran, without Events. */
function removals({ api }: SimulatedCluster): { readonly seen: string[]; readonly end: () => void } {
  const seen: string[] = [];
  const stop = new AbortController();
  api.subscribe(({ resource, object, old }) => {
    if (!object && old && !/events|leases/.test(resource)) seen.push(`${resource} ${old.metadata.name}`);
  }, stop.signal);
  return { seen, end: () => stop.abort() };
}

/** Addresses of a name in a cluster, whatever their source. */
function addressesIn({ api }: SimulatedCluster): string[] {
  return api
    .list(SLICES, { namespace, labels: { 'multicluster.kubernetes.io/service-name': 'web' } })
    .flatMap(addressesOf);
}

function clustersOf({ api }: SimulatedCluster): unknown {
  return api.get('multicluster.x-k8s.io/serviceimports', { namespace, name: 'web' })?.status;
}

describe('a member without CRDs', () => {
  it('is unknown, with the remedy as its error, and takes part within seconds after they are installed', async () => {
    const { time, clusters, fleet } = await open();
    const [first, second] = clusters;
    for (const link of fleet.replicas.flatMap(({ allLinks }) => allLinks)) expect(link.weather).toEqual(CLEAR);
    fleet.membership.leave(first.name, fleet.replicas);
    for (const replica of fleet.replicas) replica.follow(0);
    await time.pass(30_000);
    for (const name of ['serviceexports', 'serviceimports']) {
      first.api.delete('apiextensions.k8s.io/customresourcedefinitions', { name: `${name}.multicluster.x-k8s.io` });
    }
    fleet.membership.join(first.name);
    for (const replica of fleet.replicas) replica.follow(0);
    await time.pass(60_000);
    const [status] = fleet.replicas.flatMap(({ controller }) =>
      controller.status().members.filter(({ name }) => name === first.name),
    );
    expect(status).toMatchObject({
      state: 'unknown',
      error: expect.stringContaining('install them with `catamaran crds | kubectl apply -f -`'),
    });
    first.installCrds();
    await time.pass(1_000);
    first.installCrds();
    offer(first, 'web');
    await time.pass(10_000);
    expect(addressesFrom(first, second)).toEqual(['10.1.1.1']);
  });
});

describe('a member that is renamed', () => {
  it('rule 34: keeps the imports of all consumers, and its own, and is listed under its new name', async () => {
    const { time, clusters, fleet, replica } = await open();
    const [first, second] = clusters;
    offer(first, 'web');
    await time.pass(10_000);
    const watches = clusters.map(removals);
    const addresses: string[][] = [];
    const stop = new AbortController();
    second.api.subscribe(() => addresses.push(addressesIn(second)), stop.signal);
    fleet.membership.rename(first.name);
    replica.follow(0);
    await time.pass(30_000);
    stop.abort();
    const [own, others] = watches.map(({ seen, end }) => {
      end();
      return seen;
    });
    expect(replica.members().toSorted()).toEqual([`${first.name}-v1`, second.name]);
    for (const cluster of clusters) {
      expect(clustersOf(cluster)).toMatchObject({ clusters: [{ cluster: `${first.name}-v1` }] });
    }
    expect(addressesIn(second)).toEqual(['10.1.1.1']);
    const slices = second.api.list(SLICES, { namespace, labels: { 'multicluster.kubernetes.io/service-name': 'web' } });
    expect(slices.map(({ metadata }) => metadata.labels?.['multicluster.kubernetes.io/source-cluster'])).toEqual([
      `${first.name}-v1`,
    ]);
    expect(addresses.every((each) => each.length > 0)).toBe(true);
    expect(own?.every((each) => each.startsWith(SLICES))).toBe(true);
    expect(others?.every((each) => each.startsWith(SLICES))).toBe(true);
    expect(fleet.monitor.violations).toEqual([]);
  });

  it('rule 34: is served under its old name until it can be reached under the new one', async () => {
    const { time, clusters, fleet, replica, link } = await open();
    const [first, second] = clusters;
    offer(first, 'web');
    await time.pass(10_000);
    const watches = clusters.map(removals);
    link(0).set({ ...CLEAR, reach: 'refused' });
    fleet.membership.rename(first.name);
    replica.follow(0);
    await time.pass(240_000);
    expect(addressesFrom(first, second)).toEqual(['10.1.1.1']);
    for (const each of replica.allLinks) each.set(CLEAR);
    await time.pass(60_000);
    expect(clustersOf(second)).toMatchObject({ clusters: [{ cluster: `${first.name}-v1` }] });
    expect(addressesIn(second)).toEqual(['10.1.1.1']);
    for (const { seen, end } of watches) {
      end();
      expect(seen.every((each) => each.startsWith(SLICES))).toBe(true);
    }
    expect(fleet.monitor.violations).toEqual([]);
  });
});

describe('a member whose entry is edited', () => {
  it.each([
    ['its CIDRs', 1],
    ['its CIDRs and its connection', 2],
  ])('rule 34: keeps everything: %s', async (_, changes) => {
    const { time, clusters, fleet, replica } = await open();
    const [first, second] = clusters;
    offer(first, 'web');
    await time.pass(10_000);
    const before = clusters.map(({ writes }) => writes);
    const watches = clusters.map(removals);
    for (let change = 0; change < changes; change++) fleet.membership.amend(first.name);
    replica.follow(0);
    await time.pass(60_000);
    for (const { seen, end } of watches) {
      end();
      expect(seen).toEqual([]);
    }
    expect(clusters.map(({ writes }) => writes)).toEqual(before);
    first.api.delete(SLICES, { namespace, name: 'web-0' });
    await time.pass(10_000);
    expect(addressesFrom(first, second)).toEqual([]);
    expect(fleet.monitor.violations).toEqual([]);
  });
});
