/** Which of several replicas writes, if they do not reach the same members. */
import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/api/json.ts';
import { Dice } from './dice.ts';
import { FaultyFleet, type Replica } from './faulty-fleet.ts';
import { namespaceObject } from './program.ts';
import { SimulatedCluster, settingsOf } from './simulated-cluster.ts';
import { VirtualTime } from './virtual-time.ts';
import { CLEAR, type Weather } from './weather.ts';

const SECOND = 1_000;
const LEASES = 'coordination.k8s.io/leases';
const SLICES = 'discovery.k8s.io/endpointslices';
const MCS = 'multicluster.x-k8s.io';

/** Three clusters and their fleet, without replicas. */
async function start() {
  const time = new VirtualTime(Date.UTC(2026, 0, 1));
  const dice = new Dice(1);
  const cluster = (number: number) =>
    new SimulatedCluster({ settings: settingsOf(number), importMode: 'Automatic', time, dice: dice.fork() });
  const clusters: readonly [SimulatedCluster, SimulatedCluster, SimulatedCluster] = [
    cluster(1),
    cluster(2),
    cluster(3),
  ];
  await time.pass(0);
  for (const { api } of clusters) api.create('/namespaces', namespaceObject('blue'));
  const lines: string[] = [];
  const fleet = new FaultyFleet({
    time,
    clusters,
    dice,
    lease: { duration: 15, renewDeadline: 10, retryPeriod: 2 },
    trace: (line) => lines.push(line),
  });
  const holders = () =>
    clusters.map(({ api }) => api.get(LEASES, { namespace: 'kube-system', name: 'catamaran' })?.spec).map(holderIn);
  const weather = (replica: Replica, { name }: SimulatedCluster, changes: Partial<Weather>) => {
    const link = replica.links.get(name);
    link?.set({ ...CLEAR, ...changes });
    link?.cut();
  };
  const end = () => {
    expect(fleet.monitor.violations).toEqual([]);
    fleet.end();
    for (const each of clusters) each.close();
  };
  return { time, clusters, fleet, holders, weather, lines, end };
}

function holderIn(spec: unknown): string {
  const { holderIdentity = '' }: { readonly holderIdentity?: string } = Object(spec);
  return holderIdentity;
}

function offer({ api }: SimulatedCluster, address: string): void {
  const metadata = { namespace: 'blue', name: 'web' };
  api.create('/services', { metadata, spec: { ports: [{ name: 'http', port: 80 }] } });
  api.create(SLICES, slice(address));
  api.create(`${MCS}/serviceexports`, { apiVersion: `${MCS}/v1beta1`, kind: 'ServiceExport', metadata });
}

function slice(address: string): JsonObject {
  return {
    metadata: { namespace: 'blue', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address] }],
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  };
}

it('replicas that reach all members split them', async () => {
  const { time, fleet, holders, end } = await start();
  const [first, second] = [fleet.start(0, false), fleet.start(0, false)];
  await time.pass(120 * SECOND);
  expect(new Set(holders())).toEqual(new Set([first.process.identity, second.process.identity]));
  const before = holders();
  await time.pass(300 * SECOND);
  expect(holders()).toEqual(before);
  end();
});

it('a replica whose reads of a member hang does not get a Lease from one that reads everything', async () => {
  const { time, clusters, fleet, holders, weather, lines, end } = await start();
  const first = fleet.start(0, false);
  await time.pass(30 * SECOND);
  const second = fleet.start(0, false, { ...CLEAR, reach: 'refused' });
  await time.pass(1 * SECOND);
  for (const cluster of clusters) weather(second, cluster, cluster === clusters[0] ? { heldBack: [SLICES] } : {});
  lines.length = 0;
  await time.pass(300 * SECOND);
  expect(holders()).toEqual(clusters.map(() => first.process.identity));
  expect(lines.filter((line) => /lease (lost|acquired)/.test(line))).toEqual([]);
  expect(second.controller.status().members.map(({ writer }) => writer)).toEqual([false, false, false]);
  end();
});

it('a replica that does not reach a source leaves the other members to one that does', async () => {
  const { time, clusters, fleet, holders, weather, end } = await start();
  const [source, consumer] = clusters;
  const second = fleet.start(0, false);
  await time.pass(1);
  weather(second, source, { reach: 'refused' });
  await time.pass(30 * SECOND);
  expect(holders()).toEqual(['', second.process.identity, second.process.identity]);

  const first = fleet.start(0, false);
  offer(source, '10.1.1.1');
  await time.pass(60 * SECOND);
  expect(holders()).toEqual(clusters.map(() => first.process.identity));
  expect(consumer.api.get(`${MCS}/serviceimports`, { namespace: 'blue', name: 'web' })).toBeDefined();

  weather(second, source, {});
  await time.pass(60 * SECOND);
  expect(new Set(holders())).toEqual(new Set([first.process.identity, second.process.identity]));
  end();
});

it('a holder that falls behind passes its Leases on, as long as another replica knows more', async () => {
  const { time, clusters, fleet, holders, weather, end } = await start();
  const [first, second] = [fleet.start(0, false), fleet.start(0, false)];
  await time.pass(120 * SECOND);
  weather(first, clusters[0], { heldBack: [SLICES] });
  await time.pass(120 * SECOND);
  expect(holders()).toEqual(clusters.map(() => second.process.identity));

  weather(second, clusters[1], { reach: 'silent' });
  await time.pass(120 * SECOND);
  // Each lacks one member: nobody knows more, and the Leases stay, except that of the member that is out of reach.
  expect(holders()[2]).toBe(second.process.identity);
  end();
});
