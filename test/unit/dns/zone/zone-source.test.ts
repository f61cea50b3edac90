/** A source whose network goes silent, on a manual clock. */
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import type { Resource } from '../../../../src/api/resources.ts';
import { parseName } from '../../../../src/dns/wire/name.ts';
import { TYPE } from '../../../../src/dns/wire/protocol.ts';
import { Zone } from '../../../../src/dns/zone/zone.ts';
import { ZoneSource } from '../../../../src/dns/zone/zone-source.ts';
import { ApiError } from '../../../../src/kube/client/api-errors.ts';
import type { KubeClient, ListPage, WatchEvent, WatchOptions } from '../../../../src/kube/client/client.ts';
import { caseObjects } from '../../../support/dns/objects.ts';
import { ZONE } from '../../../support/dns/served-zone.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { silent } from '../../../support/silent-log.ts';

const unused = () => {
  throw new Error('not used by a DNS source');
};

/** An API server whose watches send only the initial state, and that can become unreachable. */
class QuietServer implements KubeClient {
  readonly cluster = 'east';
  readonly selectors: (string | undefined)[] = [];
  reachable = true;
  /** The error of health checks. */
  refusal: Error | undefined;
  readonly get = unused;
  readonly list = unused;
  readonly create = unused;
  readonly update = unused;
  readonly patch = unused;
  readonly delete = unused;
  readonly close = async () => {};

  /** After a broken watch, one object is listed to compare versions. */
  async *pages(): AsyncGenerator<ListPage> {
    if (!this.reachable) throw new Error('no route to host');
    yield { items: [], resourceVersion: '100', bytes: 0 };
  }

  async *watch(resource: Resource, { signal, labelSelector, onOpen }: WatchOptions): AsyncGenerator<WatchEvent> {
    if (!this.reachable) throw new Error('no route to host');
    onOpen?.();
    this.selectors.push(labelSelector);
    let version = 1;
    for (const object of caseObjects('shop')) {
      if (object.kind !== resource.kind) continue;
      const metadata = { ...(object.metadata as JsonObject), resourceVersion: String(version++) };
      yield { type: 'ADDED', object: { ...object, metadata }, bytes: 0 };
    }
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    yield { type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version), annotations } }, bytes: 0 };
    await new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  }

  async raw(): Promise<unknown> {
    if (!this.reachable) throw new Error('no route to host');
    if (this.refusal) throw this.refusal;
    return {};
  }
}

const stop: AbortController[] = [];
afterEach(() => {
  for (const each of stop.splice(0)) each.abort();
});

async function run(staleAfterMs: number, reachable = true) {
  const [server, clock, zone] = [new QuietServer(), new ManualClock(), new Zone({ zone: ZONE, ttl: 5 })];
  server.reachable = reachable;
  const source = new ZoneSource({ client: server, zone, clock, random: () => 0.5, logger: silent, staleAfterMs });
  const signal = new AbortController();
  stop.push(signal);
  void source.run(signal.signal);
  await clock.advance(0);
  return { server, clock, zone, source };
}

describe('ZoneSource', () => {
  it('fills the zone with imports and their labelled slices', async () => {
    const { source, zone, server } = await run(60_000);
    expect(source.status).toEqual({ synced: true, current: true });
    expect(server.selectors).toEqual([undefined, 'multicluster.kubernetes.io/service-name']);
    expect(zone.answer(parseName(`db.shop.svc.${ZONE}`), TYPE.A).records?.answers.count).toBe(4);
  });

  it('is not current before the initial sync', async () => {
    const { source, server, clock } = await run(60_000, false);
    await clock.advance(3_000);
    expect([source.current, source.status.synced]).toEqual([false, false]);
    server.reachable = true;
    await clock.advance(30_000);
    expect(source.current).toBe(true);
  });

  it('detects a network that drops all packets, and stays current for staleAfterMs', async () => {
    const { source, server, clock } = await run(60_000);
    server.reachable = false;
    await clock.advance(11_000);
    expect(source.status).toMatchObject({ lostSince: expect.any(Number), current: true });
    await clock.advance(58_000);
    expect(source.current).toBe(true);
    await clock.advance(2_000);
    expect(source.current).toBe(false);
    server.reachable = true;
    await clock.advance(60_000);
    expect(source.status).toEqual({ synced: true, current: true });
  });

  it.each([
    [403, true],
    [503, false],
  ])('with a server whose health check returns %i: current %s', async (status, current) => {
    const { source, server, clock } = await run(60_000);
    const request = { cluster: 'east', verb: 'get', resource: '/version', object: '' };
    server.refusal = new ApiError('CTM_API_STATUS', request, 'no', { status });
    await clock.advance(120_000);
    expect(source.current).toBe(current);
  });

  it('stays current forever with an infinite staleAfterMs', async () => {
    const { source, server, clock } = await run(Number.POSITIVE_INFINITY);
    server.reachable = false;
    await clock.advance(3_600_000);
    expect(source.current).toBe(true);
    expect(source.status.lostSince).toBeDefined();
  });
});
