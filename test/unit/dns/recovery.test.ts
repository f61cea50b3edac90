/** How soon a source is current again after its API server has recovered, on a manual clock. */
import { afterEach, describe, expect, it } from 'vitest';
import { Zone } from '../../../src/dns/zone/zone.ts';
import { ZoneSource } from '../../../src/dns/zone/zone-source.ts';
import { ZONE } from '../../support/dns/served-zone.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { silent } from '../../support/silent-log.ts';

const SECOND = 1_000;
const stop: AbortController[] = [];

afterEach(() => {
  for (const each of stop.splice(0)) each.abort();
});

/** A source with maximum backoff. */
function start(api: FakeApi): { readonly source: ZoneSource; readonly clock: ManualClock } {
  const clock = new ManualClock();
  const zone = new Zone({ zone: ZONE, ttl: 5 });
  const options = { client: api.client(), zone, clock, random: () => 1, logger: silent };
  const source = new ZoneSource({ ...options, staleAfterMs: 20 * SECOND });
  const controller = new AbortController();
  stop.push(controller);
  void source.run(controller.signal);
  return { source, clock };
}

describe('a source whose API server has recovered', () => {
  it('is current again as soon as one request succeeds', async () => {
    const api = new FakeApi();
    const { source, clock } = start(api);
    await clock.advance(SECOND);
    expect(source.current).toBe(true);
    api.down();
    await clock.advance(70 * SECOND);
    expect(source.current).toBe(false);
    api.up();
    await clock.advance(SECOND);
    expect(source.status).toEqual({ synced: true, current: true });
  });

  it('is current as soon as the API server responds for the first time', async () => {
    const api = new FakeApi();
    api.down();
    const { source, clock } = start(api);
    await clock.advance(70 * SECOND);
    expect(source.status).toMatchObject({ synced: false, current: false });
    api.up();
    await clock.advance(SECOND);
    expect(source.status).toEqual({ synced: true, current: true });
  });
});
