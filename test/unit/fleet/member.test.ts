/** How a member recovers, on a manual clock. */
import { afterEach, describe, expect, it } from 'vitest';
import { rangeMap } from '../../../src/api/range-map.ts';
import { Member } from '../../../src/fleet/member.ts';
import type { MemberChange } from '../../../src/fleet/member-cache.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { silent } from '../../support/silent-log.ts';

const WATCHED = ['endpointslices', 'namespaces', 'serviceexports', 'serviceimports', 'services'];
const SECOND = 1_000;

const stop: AbortController[] = [];

afterEach(() => {
  for (const each of stop.splice(0)) each.abort();
});

/** A member whose random waits are the longest. `changes` has the changes that it reported. */
async function startUnready(api: FakeApi) {
  const clock = new ManualClock();
  const changes: MemberChange[] = [];
  const member = new Member({
    config: {
      name: 'cluster1',
      access: { kind: 'inCluster' },
      podCIDRs: ['10.1.0.0/16'],
      serviceCIDRs: ['172.17.0.0/16'],
      nodeCIDRs: [],
      extraCIDRs: [],
      addresses: 'Known',
      slices: 'Managed',
      derivedPrefix: 'amcs-',
      namespaces: [],
    },
    fleet: {
      networks: { endpoints: rangeMap([]), services: rangeMap([]) },
      limits: { exportsPerMember: 100, exportsPerNamespace: 100, endpointsPerExport: 10_000, memberBytes: 1_000_000 },
      exposed: false,
    },
    connect: async () => api.client(),
    clock,
    random: () => 1,
    logger: silent,
    changed: (change) => changes.push(change),
    stateChanged: () => {},
    watchRestarted: () => {},
    admit: async () => {},
  });
  const controller = new AbortController();
  stop.push(controller);
  void member.run(controller.signal);
  await clock.advance(SECOND);
  return { member, api, clock, changes };
}

/** A synced member. */
async function start(api: FakeApi = new FakeApi()) {
  const started = await startUnready(api);
  expect(started.member.state).toEqual({ phase: 'ready' });
  return started;
}

/** An API server of a version, with one ServiceImport. */
function apiOf(minor: string): FakeApi {
  const api = new FakeApi();
  api.minor = minor;
  api.objects.set('serviceimports', [
    {
      apiVersion: 'multicluster.x-k8s.io/v1beta1',
      kind: 'ServiceImport',
      metadata: { namespace: 'shop', name: 'web', uid: 'u-2', resourceVersion: '1' },
      spec: { type: 'ClusterSetIP', ports: [] },
    },
  ]);
  return api;
}

describe('the version of a member', () => {
  it('is refused if it is too old, until it is upgraded', async () => {
    const { member, api, clock } = await startUnready(apiOf('21'));
    expect(member.state).toMatchObject({
      phase: 'refused',
      error: {
        code: 'CTM_MEMBER_VERSION',
        message: 'cluster cluster1 runs Kubernetes v1.21; supported: 1.22 or later',
      },
    });
    api.minor = '22';
    await clock.advance(60 * SECOND);
    expect(member.state).toEqual({ phase: 'ready' });
  });

  it('rule 16: is followed when the API server is upgraded in place', async () => {
    const { member, api, clock, changes } = await start(apiOf('30'));
    expect(member.trafficDistributions).toEqual([]);
    changes.length = 0;
    api.minor = '31';
    await clock.advance(70 * SECOND);
    expect(member.trafficDistributions).toEqual(['PreferClose']);
    expect(changes).toContainEqual({ side: 'consumer', key: 'shop/web' });
  });
});

describe('a member whose API server was unreachable', () => {
  it('opens all watches again as soon as one request succeeds', async () => {
    const { member, api, clock } = await start();
    api.down();
    await clock.advance(70 * SECOND);
    expect(member.state).toMatchObject({ phase: 'unreachable' });
    api.up();
    await clock.advance(SECOND);
    expect([...api.open].sort()).toEqual(WATCHED);
    expect(member.state).toEqual({ phase: 'ready' });
  });

  it('is not contacted for as long as Retry-After demands', async () => {
    const { api, clock } = await start();
    api.down();
    await clock.advance(70 * SECOND);
    const refused = WATCHED.filter((name) => name !== 'services');
    for (const name of refused) api.refusals.set(name, api.error('CTM_API_STATUS', 429, 10 * SECOND));
    const before = api.watched.length;
    api.up();
    await clock.advance(9 * SECOND);
    expect(api.watched.slice(before).sort()).toEqual(WATCHED);
    expect([...api.open]).toEqual(['services']);
    api.refusals.clear();
    await clock.advance(5 * SECOND);
    expect([...api.open].sort()).toEqual(WATCHED);
  });

  it('is contacted again within a minute, whatever Retry-After demands', async () => {
    const { api, clock } = await start();
    api.down();
    for (const name of WATCHED) api.refusals.set(name, api.error('CTM_API_STATUS', 503, 3_600 * SECOND));
    api.up();
    await clock.advance(4 * SECOND);
    expect(api.open.size).toBe(0);
    api.refusals.clear();
    await clock.advance(60 * SECOND);
    expect([...api.open].sort()).toEqual(WATCHED);
  });

  it('is not polled more often for a rejected resource because it serves others', async () => {
    const { api, clock } = await start();
    api.down();
    api.refusals.set('services', api.error('CTM_API_STATUS', 403));
    api.up();
    await clock.advance(600 * SECOND);
    // 13 s of growing waits, then one request every 30 s.
    expect(api.watched.filter((name) => name === 'services').length).toBeLessThan(32);
    expect(api.open.size).toBe(WATCHED.length - 1);
  });
});
