/** What is known of a member that does not respond, on a manual clock. */
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/api/json.ts';
import { parseFleet } from '../../../src/config/parse.ts';
import { Fleet } from '../../../src/fleet/fleet.ts';
import type { Member } from '../../../src/fleet/member.ts';
import { type Pace, UNPACED } from '../../../src/runtime/pace.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { silent } from '../../support/silent-log.ts';

const SECOND = 1_000;
const KEY = 'ns/web';

const open: Fleet[] = [];

afterEach(async () => {
  for (const fleet of open.splice(0)) await fleet.close();
});

function object(name: string, fields: JsonObject = {}): JsonObject {
  return { metadata: { namespace: 'ns', name, uid: name, resourceVersion: '1' }, ...fields };
}

/** cluster1 exports ns/web, which cluster2 imports. */
async function start(pace: Pace = UNPACED) {
  const clock = new ManualClock();
  const apis = new Map(['cluster1', 'cluster2'].map((name) => [name, new FakeApi(name)]));
  const config = parseFleet(
    `{ apiVersion: catamaran.dev/v1alpha1, kind: Fleet, spec: { members: [
      { name: cluster1, context: a, serviceCIDRs: [10.0.0.0/16] },
      { name: cluster2, context: b, serviceCIDRs: [10.0.0.0/16] } ] } }`,
    { file: '/fleet.yaml' },
  );
  const source = apis.get('cluster1');
  source?.objects.set('serviceexports', [object('web')]);
  source?.objects.set('services', [object('web', { spec: { ports: [{ port: 80 }] } })]);
  apis
    .get('cluster2')
    ?.objects.set('serviceimports', [
      object('web', { spec: { type: 'ClusterSetIP', ports: [] }, status: { clusters: [{ cluster: 'cluster1' }] } }),
    ]);
  for (const api of apis.values()) api.objects.set('namespaces', [{ metadata: { name: 'ns', resourceVersion: '1' } }]);
  const changes: string[] = [];
  const fleet = new Fleet(config, {
    connect: async ({ name }) => apis.get(name)?.client() ?? Promise.reject(new Error('cluster not found')),
    clock,
    random: () => 1,
    logger: silent,
    pace,
    changed: (member, change) => {
      if (change.side !== 'source') changes.push(`${member.name} ${change.side}`);
    },
    memberChanged: () => {},
    watchRestarted: () => {},
  });
  open.push(fleet);
  await fleet.apply(config);
  await clock.advance(20 * SECOND);
  const member = (name: string): Member => {
    const found = fleet.member(name);
    if (!found) throw new Error(`${name} is not a member`);
    return found;
  };
  /** What the view of cluster2 has of cluster1, for a replica that has been writing to cluster2 since then. */
  const seen = (writtenSince?: number) => {
    const { clusterset } = fleet.view(KEY, member('cluster2'), writtenSince);
    const { unknown, missing, exports } = clusterset;
    return { known: !unknown.has('cluster1'), exports: exports.valid.length > 0, missing };
  };
  return { clock, source, fleet, member, seen, changes };
}

const REMEMBERED = { known: true, exports: true, missing: [] };
const UNKNOWN = { known: false, exports: false, missing: ['cluster1'] };

it('applies an edit to one member after the other, in turns that other work precedes', async () => {
  const waiting: (() => void)[] = [];
  let isBusy = false;
  const pace: Pace = {
    turn: () => (isBusy ? new Promise((resolve) => waiting.push(resolve)) : undefined),
  };
  const { fleet } = await start(pace);
  isBusy = true;
  let isApplied = false;
  const applied = fleet.apply({ ...fleet.config, unreachableAfterMs: 1 }).then(() => {
    isApplied = true;
  });
  for (let turn = 0; turn < 2; turn++) {
    await Promise.resolve();
    expect([waiting.length, isApplied]).toEqual([turn + 1, false]);
    waiting[turn]?.();
    await new Promise(setImmediate);
  }
  await applied;
});

it('reports a namespace only after its member has been listed', async () => {
  const { member, changes } = await start();
  expect(changes.splice(0)).toEqual(['cluster2 consumer']);
  member('cluster1').cache.namespaces.upserted({ metadata: { name: 'ns', resourceVersion: '2' }, status: {} });
  expect(changes).toEqual(['cluster1 namespace']);
});

it('indexes the members that hold a key and those that import its namespace', async () => {
  const { fleet } = await start();
  const { index } = fleet;
  expect([...index.keys()]).toEqual([KEY]);
  expect([...index.holders(KEY)].toSorted()).toEqual(['cluster1', 'cluster2']);
  expect([...index.affected('ns/other')].toSorted()).toEqual(['cluster1', 'cluster2']);
  expect([...index.affected('elsewhere/web')]).toEqual([]);
});

it('merges a key once for all consumers, and again when a source or the standing of a member changes', async () => {
  const { fleet, member, source, clock } = await start();
  const merged = (consumer: string) => fleet.view(KEY, member(consumer)).clusterset;
  const first = merged('cluster2');
  expect(merged('cluster1')).toBe(first);
  member('cluster2').cache.imports.upserted(object('web', { spec: { type: 'ClusterSetIP', ports: [] } }));
  expect(merged('cluster1')).toBe(first);
  member('cluster1').cache.services.upserted(
    Object.assign(object('web', { spec: { ports: [{ port: 81 }] } }), {
      metadata: { namespace: 'ns', name: 'web', uid: 'web', resourceVersion: '2' },
    }),
  );
  const second = merged('cluster2');
  expect(second).not.toBe(first);
  expect(second.merged?.ports).toMatchObject([{ port: 81 }]);
  source?.down();
  await clock.advance(60 * SECOND);
  expect(merged('cluster2')).not.toBe(second);
});

describe('what is remembered of a silent member', () => {
  it('counts if no other replica has written to the consumer since', async () => {
    const { clock, source, member, seen } = await start();
    const before = clock.now();
    await clock.advance(20 * SECOND);
    source?.down();
    await clock.advance(60 * SECOND);
    expect(member('cluster1').state).toMatchObject({ phase: 'unreachable' });
    expect(seen(before)).toEqual(REMEMBERED);
    expect(seen()).toEqual(REMEMBERED);
  });

  it('is unknown if another replica, which may have reached the member, wrote to the consumer meanwhile', async () => {
    const { clock, source, member, seen } = await start();
    await clock.advance(20 * SECOND);
    source?.down();
    await clock.advance(60 * SECOND);
    const since = clock.now();
    expect(seen(since)).toEqual(UNKNOWN);
    source?.up();
    await clock.advance(SECOND);
    // What happened in between has yet to arrive.
    expect(member('cluster1').state).toEqual({ phase: 'ready' });
    expect(seen(since)).toEqual(UNKNOWN);
    await clock.advance(2 * SECOND);
    expect(seen(since)).toEqual(REMEMBERED);
  });

  it('counts for consumers that are taken over after it has caught up', async () => {
    const { clock, source, seen } = await start();
    source?.down();
    await clock.advance(60 * SECOND);
    source?.up();
    await clock.advance(10 * SECOND);
    expect(seen(clock.now())).toEqual(REMEMBERED);
  });
});
