/** How soon a source is current again when its API server is back, by a clock that stands still. */
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

/** A source that waits as long as it may. */
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

describe('a source whose API server is back', () => {
  it('is current again as soon as one question is answered', async () => {
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

  it('is so for the first time, too', async () => {
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
