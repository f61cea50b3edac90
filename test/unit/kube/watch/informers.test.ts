import { afterEach, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../../src/kube/client/client.ts';
import type { ServerVersion } from '../../../../src/kube/server-version.ts';
import { type Followed, Informers, type InformersState } from '../../../../src/kube/watch/informers.ts';
import type { Sink } from '../../../../src/kube/watch/sink.ts';
import { FakeApi } from '../../../support/fake-api.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { silent } from '../../../support/silent-log.ts';

const SECOND = 1_000;
const HEARTBEAT = { intervalMs: 5 * SECOND, lostIntervalMs: SECOND, timeoutMs: 2 * SECOND };

const sink: Sink = {
  listStarted: () => {},
  upserted: () => {},
  removed: () => {},
  listed: () => {},
  restarted: () => {},
};
const IMPORTS: Followed = { resource: 'serviceImports', sink };
const SLICES: Followed = { resource: 'endpointSlices', sink };

const aborts: AbortController[] = [];
afterEach(() => {
  for (const abort of aborts.splice(0)) abort.abort();
});

interface Setup {
  readonly api?: FakeApi;
  readonly stages?: readonly (readonly Followed[])[];
  readonly heartbeatMs?: number;
  readonly raw?: KubeClient['raw'];
  readonly version?: ServerVersion;
}

/** Random numbers are 1, so that every wait has its maximum length. */
function start({ api = new FakeApi(), stages = [[IMPORTS, SLICES]], heartbeatMs, raw, version }: Setup = {}) {
  const clock = new ManualClock();
  const states: InformersState[] = [];
  const restarts: string[] = [];
  const client = api.client();
  const informers: Informers = new Informers({
    client: raw ? { ...client, raw } : client,
    stages,
    heartbeat: { ...HEARTBEAT, ...(heartbeatMs !== undefined && { intervalMs: heartbeatMs }) },
    ...(version && { version }),
    clock,
    random: () => 1,
    logger: silent,
    onChange: () => states.push(informers.state),
    onRestart: (resource, reason) => restarts.push(`${resource} ${reason}`),
  });
  const abort = new AbortController();
  aborts.push(abort);
  const ended = informers.run(abort.signal);
  return { api, clock, states, restarts, informers, abort, ended };
}

/** A request for /version that gets no response. */
const hang: KubeClient['raw'] = (_path, { signal } = {}) =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

describe('state', () => {
  it('is watching once every resource has been listed', async () => {
    const { informers, clock } = start();
    expect(informers.state).toEqual({ phase: 'starting' });
    await clock.advance(0);
    expect(informers.state).toEqual({ phase: 'watching' });
  });

  it('is starting, with the reason, while one resource cannot be listed', async () => {
    const api = new FakeApi();
    const error = api.error('CTM_API_STATUS', 403);
    api.refusals.set('endpointslices', error);
    const { informers, clock } = start({ api });
    await clock.advance(60 * SECOND);
    expect(informers.state).toEqual({ phase: 'starting', error });
  });

  it('is starting, with the time of the first failed heartbeat, while the server does not respond', async () => {
    const api = new FakeApi();
    api.down();
    const { informers, clock } = start({ api });
    const began = clock.now();
    await clock.advance(60 * SECOND);
    expect(informers.state).toMatchObject({ phase: 'starting', lostSince: began });
  });

  it('is lost since the first of several losses', async () => {
    const { informers, api, clock } = start();
    await clock.advance(7 * SECOND);
    // The watches fail to reopen after 50 ms; the next heartbeat comes seconds later.
    const since = clock.now() + 50;
    api.down();
    await clock.advance(30 * SECOND);
    expect(informers.state).toMatchObject({ phase: 'lost', since });
  });
});

describe('stages', () => {
  it('start once everything in the previous stage has been listed', async () => {
    const api = new FakeApi();
    api.refusals.set('namespaces', api.error('CTM_API_STATUS', 403));
    const { clock } = start({ api, stages: [[IMPORTS, { resource: 'namespaces', sink }], [SLICES]] });
    await clock.advance(60 * SECOND);
    expect(api.watched).not.toContain('endpointslices');
    api.refusals.clear();
    await clock.advance(60 * SECOND);
    expect([...api.open].sort()).toEqual(['endpointslices', 'namespaces', 'serviceimports']);
  });

  it('do not start after an abort', async () => {
    const api = new FakeApi();
    api.refusals.set('serviceimports', api.error('CTM_API_STATUS', 403));
    const { clock, abort, ended } = start({ api, stages: [[IMPORTS], [SLICES]] });
    await clock.advance(SECOND);
    abort.abort();
    await ended;
    expect(api.watched).not.toContain('endpointslices');
  });
});

describe('recovery', () => {
  it('of one resource wakes the others', async () => {
    const api = new FakeApi();
    api.refusals.set('endpointslices', api.error('CTM_API_STATUS', 503));
    const { clock } = start({ api, heartbeatMs: 3_600 * SECOND });
    await clock.advance(10 * SECOND);
    api.down();
    await clock.advance(75 * SECOND);
    api.up();
    api.refusals.clear();
    // With growing waits, the next attempt for imports is 91 s after the start, for slices 111 s.
    await clock.advance(5 * SECOND);
    expect([...api.open]).toEqual([]);
    await clock.advance(2 * SECOND);
    expect([...api.open].sort()).toEqual(['endpointslices', 'serviceimports']);
  });

  it('of the heartbeat wakes every resource', async () => {
    const { api, clock } = start();
    await clock.advance(SECOND);
    api.down();
    await clock.advance(70 * SECOND);
    api.up();
    await clock.advance(SECOND);
    expect([...api.open].sort()).toEqual(['endpointslices', 'serviceimports']);
  });
});

describe('heartbeat', () => {
  it('reports a loss once, and its end once', async () => {
    let answers = false;
    const raw: KubeClient['raw'] = (path, options) => (answers ? Promise.resolve({}) : hang(path, options));
    const { clock, states, informers } = start({ raw, version: { minor: 34, release: 'v1.34.4' } });
    const since = clock.now();
    await clock.advance(SECOND);
    expect(informers.state).toEqual({ phase: 'watching' });
    states.length = 0;
    await clock.advance(60 * SECOND);
    expect(states).toEqual([{ phase: 'lost', since, error: new Error('no response within 2 s') }]);
    answers = true;
    await clock.advance(60 * SECOND);
    expect(states.slice(1)).toEqual([{ phase: 'watching' }]);
  });

  it('counts a refusal as a response', async () => {
    const refusal = new FakeApi().error('CTM_API_STATUS', 403);
    const { clock, informers } = start({ raw: () => Promise.reject(refusal) });
    await clock.advance(60 * SECOND);
    expect(informers.state).toEqual({ phase: 'watching' });
  });

  it('is sent less often while it succeeds', async () => {
    let asked = 0;
    let fails = false;
    const raw = async () => {
      asked++;
      if (fails) throw new Error('no route to host');
    };
    const { clock } = start({ raw });
    await clock.advance(50 * SECOND);
    // Every 5 s, and up to a fifth sooner.
    expect(asked).toBe(13);
    fails = true;
    await clock.advance(54 * SECOND);
    expect(asked).toBe(79);
  });
});

describe('the version of the API server', () => {
  /** Counts the lists and WatchLists of an API server whose `/version` returns the current value of `minor`. */
  function counted(minor: number) {
    const api = new FakeApi();
    const server = { api, minor, lists: 0, watchLists: 0 };
    const client = api.client();
    api.client = () => ({
      ...client,
      raw: async () => ({ minor: String(server.minor) }),
      pages: (resource, options) => {
        server.lists++;
        return client.pages(resource, options);
      },
      watch: (resource, options) => {
        if (options.sendInitialEvents) server.watchLists++;
        return client.watch(resource, options);
      },
    });
    return server;
  }

  it.each([
    ['known', { minor: 26, release: 'v1.26.0' }],
    ['read by the first heartbeat', undefined],
  ])('decides whether a WatchList is tried: %s', async (_, version) => {
    const server = counted(26);
    const { clock, informers } = start({ api: server.api, ...(version && { version }) });
    await clock.advance(0);
    expect(informers.state).toEqual({ phase: 'watching' });
    expect(server).toMatchObject({ lists: 2, watchLists: 0 });
  });

  it('does not delay anything while the API server is silent', async () => {
    const { clock, informers } = start({ raw: hang });
    await clock.advance(2 * SECOND);
    expect(informers.state.phase).toBe('lost');
  });

  it('is followed when the API server is upgraded in place', async () => {
    const server = counted(26);
    const { clock, informers } = start({ api: server.api, version: { minor: 26, release: 'v1.26.0' } });
    await clock.advance(SECOND);
    server.minor = 34;
    await clock.advance(70 * SECOND);
    expect(informers.version?.minor).toBe(34);
    server.api.refusals.set('serviceimports', server.api.error('CTM_API_STATUS', 410));
    server.api.down();
    server.api.up();
    await clock.advance(100);
    server.api.refusals.clear();
    await clock.advance(60 * SECOND);
    expect(informers.state).toEqual({ phase: 'watching' });
    expect(server.watchLists).toBeGreaterThan(0);
  });
});

it('reports each restart of a watch with its resource and reason', async () => {
  const { api, clock, restarts } = start();
  await clock.advance(SECOND);
  api.down();
  await clock.advance(0);
  expect(restarts).toEqual(['serviceImports failed', 'endpointSlices failed']);
});

it.each([
  ['watches are open', new FakeApi(), undefined],
  ['a heartbeat hangs', new FakeApi(), hang],
  ['watches wait to be reopened', downApi(), undefined],
])('ends with its signal and leaves no timer while %s', async (_, api, raw) => {
  const { clock, abort, ended } = start({ api, ...(raw && { raw }) });
  await clock.advance(SECOND);
  expect(clock.sleeping).toBeGreaterThan(0);
  abort.abort();
  await ended;
  expect(clock.sleeping).toBe(0);
  expect([...api.open]).toEqual([]);
});

function downApi(): FakeApi {
  const api = new FakeApi();
  api.down();
  return api;
}
