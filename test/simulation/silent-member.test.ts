/** A member that is silent for a while and returns, among others that export the same names. */
import { expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/api/json.ts';
import { isJsonObject } from '../../src/api/json.ts';
import { Dice } from './dice.ts';
import { FaultyFleet } from './faulty-fleet.ts';
import { namespaceObject } from './program.ts';
import { SimulatedCluster, settingsOf } from './simulated-cluster.ts';
import { offer } from './two-clusters.ts';
import { VirtualTime } from './virtual-time.ts';
import { CLEAR } from './weather.ts';

const SECOND = 1_000;
const NAMES = 6;
const IMPORTS = 'multicluster.x-k8s.io/serviceimports';

/** Four clusters, of which two export the same names; and one replica, in sync. */
async function start() {
  const time = new VirtualTime(Date.UTC(2026, 0, 1));
  const dice = new Dice(1);
  const cluster = (number: number) =>
    new SimulatedCluster({ settings: settingsOf(number), importMode: 'Automatic', time, dice: dice.fork() });
  const [silent, ...others] = [cluster(1), cluster(2), cluster(3), cluster(4)] as const;
  await time.pass(0);
  for (const { api } of [silent, ...others]) api.create('/namespaces', namespaceObject('blue'));
  const trace: string[] = [];
  const fleet = new FaultyFleet({
    time,
    clusters: [silent, ...others],
    dice,
    lease: { duration: 15, renewDeadline: 10, retryPeriod: 2 },
    trace: (line) => trace.push(line),
  });
  for (let name = 0; name < NAMES; name++) for (const each of [silent, others[0]]) offer(each, `web-${name}`);
  const replica = fleet.start(0, false);
  await time.pass(60 * SECOND);
  const link = replica.links.get(silent.name);
  if (!link) throw new Error('not connected');
  const events: string[] = [];
  const stop = new AbortController();
  for (const { name, api } of others) {
    api.subscribe(({ resource, object }) => {
      if (resource.endsWith('/events') && object)
        events.push(`${name} ${object.reason} ${kindOf(object.involvedObject)}`);
    }, stop.signal);
  }
  trace.length = 0;
  const writes = () => [silent, ...others].reduce((sum, each) => sum + each.writes, 0);
  const end = () => {
    stop.abort();
    expect(fleet.monitor.violations).toEqual([]);
    fleet.end();
    for (const each of [silent, ...others]) each.close();
  };
  return { time, others, link, trace, events, writes, end };
}

/** The stored version of an Event is core/v1. */
function kindOf(regarding: Json | undefined): string {
  return isJsonObject(regarding) ? String(regarding.kind) : '';
}

function reports({ api }: SimulatedCluster): number {
  const isReported = (imported: JsonObject) => JSON.stringify(imported.status ?? {}).includes('MemberUnreachable');
  return api.list(IMPORTS).filter(isReported).length;
}

it('rule 43: a short silence is one Event per importing member and its end another one, without any other write', async () => {
  const { time, others, link, trace, events, writes, end } = await start();
  const before = writes();
  link.set({ ...CLEAR, reach: 'silent' });
  await time.pass(25 * SECOND);
  expect(events.toSorted()).toEqual(others.map(({ name }) => `${name} MemberUnreachable Lease`));
  link.set(CLEAR);
  await time.pass(60 * SECOND);
  expect(events.slice(others.length).toSorted()).toEqual(others.map(({ name }) => `${name} MemberReachable Lease`));
  expect(writes()).toBe(before);
  // Nothing was missed, so the Lease of the silent member is resumed, and those of the others are never lost.
  expect(trace.filter((line) => line.includes('lease acquired'))).toEqual([
    expect.stringContaining('{"continuous":true}'),
  ]);
  end();
});

it('rule 43: a long silence is reported on every import, and reported as over when the member responds', async () => {
  const { time, others, link, end } = await start();
  link.set({ ...CLEAR, reach: 'silent' });
  await time.pass(170 * SECOND);
  expect(others.map(reports)).toEqual(others.map(() => 0));
  await time.pass(30 * SECOND);
  expect(others.map(reports)).toEqual(others.map(() => NAMES));
  link.set(CLEAR);
  await time.pass(30 * SECOND);
  expect(others.map(reports)).toEqual(others.map(() => 0));
  end();
}, 30_000);

it('a change that a member missed while its Lease lapsed reaches it when it returns', async () => {
  const { time, others, link, end, trace } = await start();
  link.set({ ...CLEAR, reach: 'silent' });
  await time.pass(25 * SECOND);
  const source = others[0];
  const namespace = 'blue';
  const slice = source.api.get('discovery.k8s.io/endpointslices', { namespace, name: 'web-0-0' });
  source.api.update('discovery.k8s.io/endpointslices', { ...slice, endpoints: [{ addresses: ['10.2.9.9'] }] });
  await time.pass(5 * SECOND);
  link.set(CLEAR);
  await time.pass(10 * SECOND);
  const derived = link.cluster.api.list('discovery.k8s.io/endpointslices', { namespace });
  expect(JSON.stringify(derived)).toContain('10.2.9.9');
  expect(trace.filter((line) => line.includes('lease acquired'))).toEqual([
    expect.stringContaining('{"continuous":true}'),
  ]);
  end();
});
