/** Takeover of a member by a replica that knows less than the previous holder. */
import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/api/json.ts';
import { SERVICE_NAME } from '../../src/api/labels.ts';
import { Dice } from './dice.ts';
import { FaultyFleet } from './faulty-fleet.ts';
import { addressesOf } from './ledger.ts';
import { namespaceObject } from './program.ts';
import { SimulatedCluster, settingsOf } from './simulated-cluster.ts';
import { VirtualTime } from './virtual-time.ts';
import { CLEAR } from './weather.ts';

const SECOND = 1_000;
const SLICES = 'discovery.k8s.io/endpointslices';
const MCS = 'multicluster.x-k8s.io';

function slice(name: string, ...addresses: readonly string[]): JsonObject {
  return {
    metadata: { namespace: 'blue', name: `${name}-1`, labels: { [SERVICE_NAME]: name } },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address] })),
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  };
}

function offer({ api }: SimulatedCluster, name: string, ...addresses: readonly string[]): void {
  const metadata = { namespace: 'blue', name };
  api.create('/services', { metadata, spec: { ports: [{ name: 'http', port: 80 }] } });
  api.create(SLICES, slice(name, ...addresses));
  api.create(`${MCS}/serviceexports`, { apiVersion: `${MCS}/v1beta1`, kind: 'ServiceExport', metadata });
}

it('keeps what the previous holder wrote until it has synced the source itself', async () => {
  const time = new VirtualTime(Date.UTC(2026, 0, 1));
  const dice = new Dice(1);
  const cluster = (number: number) =>
    new SimulatedCluster({ settings: settingsOf(number), importMode: 'Automatic', time, dice: dice.fork() });
  const [source, consumer] = [cluster(1), cluster(2)];
  await time.pass(0);
  for (const { api } of [source, consumer]) api.create('/namespaces', namespaceObject('blue'));
  const fleet = new FaultyFleet({
    time,
    clusters: [source, consumer],
    dice,
    lease: { duration: 15, renewDeadline: 10, retryPeriod: 2 },
    trace: () => {},
  });
  const addresses = () =>
    consumer.api.list(SLICES, { labels: { [SERVICE_NAME]: 'amcs-web' } }).flatMap((each) => addressesOf(each));

  const first = fleet.start(0, false);
  offer(source, 'web', '10.1.1.1');
  await time.pass(20 * SECOND);
  const second = fleet.start(0, false);
  await time.pass(30 * SECOND);
  second.links.get(source.name)?.set({ ...CLEAR, reach: 'refused' });
  await time.pass(60 * SECOND);

  offer(source, 'api', '10.1.2.1');
  source.api.update(SLICES, slice('web', '10.1.1.1', '10.1.1.2'));
  await time.pass(20 * SECOND);
  expect(addresses()).toEqual(['10.1.1.1', '10.1.1.2']);
  const imported = consumer.api.get(`${MCS}/serviceimports`, { namespace: 'blue', name: 'api' });
  expect(imported).toBeDefined();

  const removed: string[] = [];
  const stop = new AbortController();
  consumer.api.subscribe(({ resource, object, old }) => {
    if (!object && old) removed.push(`${resource} ${old.metadata.name}`);
  }, stop.signal);
  first.process.kill();
  await time.pass(60 * SECOND);
  const lease = consumer.api.get('coordination.k8s.io/leases', { namespace: 'kube-system', name: 'catamaran' });
  expect(lease?.spec).toMatchObject({ holderIdentity: second.process.identity });
  expect(addresses()).toEqual(['10.1.1.1', '10.1.1.2']);

  second.links.get(source.name)?.set(CLEAR);
  await time.pass(30 * SECOND);
  expect(addresses()).toEqual(['10.1.1.1', '10.1.1.2']);
  expect(removed.filter((each) => !each.includes('/events'))).toEqual([]);

  source.api.update(SLICES, slice('web', '10.1.1.2'));
  await time.pass(10 * SECOND);
  expect(addresses()).toEqual(['10.1.1.2']);
  expect(fleet.monitor.violations).toEqual([]);
  stop.abort();
  fleet.end();
  for (const each of [source, consumer]) each.close();
});
