import { describe, expect, it } from 'vitest';
import { LeaseHolder } from '../../../src/kube/lease.ts';
import type { Annotations, LeaseOptions } from '../../../src/kube/lease-options.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import { type Candidacy, candidacy, LeaseLine, LeaseServer } from '../../support/leases.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

const SECOND = 1_000;

interface Candidate extends Candidacy {
  readonly line: LeaseLine;
}

/** A clock that is off by some time. */
function skewed(clock: Clock, ms: number): Clock {
  return { now: () => clock.now() + ms, sleep: (wait, signal) => clock.sleep(wait, signal) };
}

function startCandidate(
  server: LeaseServer,
  identity: string,
  clock: Clock,
  options: Partial<LeaseOptions> = {},
): Candidate {
  const line = new LeaseLine(server);
  const holder = new LeaseHolder({
    client: line.client(),
    namespace: 'ns',
    name: 'lease',
    identity,
    clock,
    random: () => 0.5,
    logger: new MemoryLogger(),
    ...options,
  });
  return { line, ...candidacy(holder) };
}

/** A server, a clock and a candidate that holds the Lease. */
async function oneHolds(): Promise<{ server: LeaseServer; clock: ManualClock; a: Candidate }> {
  const server = new LeaseServer();
  const clock = new ManualClock();
  const a = startCandidate(server, 'a', clock);
  await settle();
  return { server, clock, a };
}

describe('one candidate', () => {
  it('creates a missing Lease and renews it', async () => {
    const { server, clock, a } = await oneHolds();
    expect(a.holder.held()).toBe(true);
    expect(a.transitions).toEqual(['acquired']);
    expect(server.lease?.spec).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    await clock.advance(60 * SECOND);
    expect(a.holder.held()).toBe(true);
    expect(server.lease?.spec).toMatchObject({ acquireTime: '2026-01-01T00:00:00.000000Z', leaseTransitions: 0 });
    expect(server.lease?.spec?.renewTime).toMatch(/^2026-01-01T00:00:5/);
    expect(a.transitions).toEqual(['acquired']);
    await a.stop();
  });

  it('releases it at the end, so that the next candidate need not wait', async () => {
    const { server, clock, a } = await oneHolds();
    await a.stop();
    expect(a.transitions).toEqual(['acquired', 'lost']);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });

    const b = startCandidate(server, 'b', clock);
    await settle();
    expect(b.holder.held()).toBe(true);
    expect(server.lease?.spec?.leaseTransitions).toBe(1);
    await b.stop();
  });

  it('waits for work in progress before it releases the Lease', async () => {
    const server = new LeaseServer();
    const clock = new ManualClock();
    const { promise: work, resolve: finish } = Promise.withResolvers<void>();
    const abort = new AbortController();
    const holder = new LeaseHolder({
      client: new LeaseLine(server).client(),
      namespace: 'ns',
      name: 'lease',
      identity: 'a',
      clock,
      random: () => 0,
      logger: new MemoryLogger(),
    });
    const done = holder.run(abort.signal, { onAcquired: () => {}, onLost: () => work });
    await settle();
    abort.abort(new Error('over'));
    await settle();
    expect(holder.held()).toBe(false);
    expect(server.lease?.spec?.holderIdentity).toBe('a');
    finish();
    await done;
    expect(server.lease?.spec?.holderIdentity).toBe('');
  });

  it('is no longer the holder once the deadline has passed, even if its loop is stuck', async () => {
    const { clock, a } = await oneHolds();
    clock.step(10 * SECOND);
    expect(a.holder.held()).toBe(true);
    clock.step(1);
    expect(a.holder.held()).toBe(false);
    await a.stop();
  });

  it('does not hold a Lease that it renewed in the future', async () => {
    const { clock, a } = await oneHolds();
    clock.step(-60 * SECOND);
    expect(a.holder.held()).toBe(false);
    await a.stop();
  });

  it('that cannot renew is notified by the deadline, and again when it can', async () => {
    const { clock, a } = await oneHolds();
    a.line.cut = true;
    await clock.advance(9 * SECOND);
    expect(a.transitions).toEqual(['acquired']);
    await clock.advance(2 * SECOND);
    expect(a.transitions).toEqual(['acquired', 'lost']);
    a.line.cut = false;
    await clock.advance(15 * SECOND);
    expect(a.transitions).toEqual(['acquired', 'lost', 'acquired']);
    await a.stop();
  });

  it('warns of a Lease that it lost, but not of one that it released', async () => {
    const server = new LeaseServer();
    const clock = new ManualClock();
    const logger = new MemoryLogger();
    const a = startCandidate(server, 'a', clock, { logger });
    await settle();
    a.line.cut = true;
    await clock.advance(30 * SECOND);
    const warnings = () => logger.lines.filter(({ message }) => message === 'lease lost').map(({ level }) => level);
    expect(warnings()).toEqual(['warn']);
    a.line.cut = false;
    await clock.advance(30 * SECOND);
    await a.stop();
    expect(warnings()).toEqual(['warn']);
  });

  it('whose renewal succeeds after the deadline is notified of the gap', async () => {
    const { server, clock, a } = await oneHolds();
    const patch = server.patch.bind(server);
    const held: boolean[] = [];
    server.patch = (change) => {
      server.patch = patch;
      // A process that is too busy to process the response, and to renew in time.
      clock.step(9 * SECOND);
      held.push(a.holder.held());
      return patch(change);
    };
    await clock.advance(3 * SECOND);
    expect(held).toEqual([false]);
    expect(a.holder.held()).toBe(true);
    expect(a.transitions).toEqual(['acquired', 'lost', 'acquired']);
    await a.stop();
  });

  it('finds its own renewal if the response was lost', async () => {
    const { clock, a } = await oneHolds();
    a.line.loseResponse = true;
    await clock.advance(60 * SECOND);
    expect(a.holder.held()).toBe(true);
    await a.stop();
  });

  it('recreates the Lease if another client deletes it', async () => {
    const { server, clock, a } = await oneHolds();
    server.lease = undefined;
    await clock.advance(5 * SECOND);
    expect(server.lease).toMatchObject({ spec: { holderIdentity: 'a' } });
    expect(a.transitions).toEqual(['acquired']);
    await a.stop();
  });

  it('survives a callback that throws', async () => {
    const server = new LeaseServer();
    const clock = new ManualClock();
    const abort = new AbortController();
    const logger = new MemoryLogger();
    const line = new LeaseLine(server);
    const options = {
      client: line.client(),
      namespace: 'ns',
      name: 'lease',
      identity: 'a',
      clock,
      random: () => 0,
      logger,
    };
    const holder = new LeaseHolder(options);
    const done = holder.run(abort.signal, {
      onAcquired: () => {
        throw new Error('not ready');
      },
      onLost: () => {},
    });
    await clock.advance(30 * SECOND);
    expect(holder.held()).toBe(true);
    expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    abort.abort(new Error('over'));
    await done;
  });
});

describe('two candidates', () => {
  it('one holds, the other waits; a year of clock skew makes no difference', async () => {
    const server = new LeaseServer();
    const clock = new ManualClock();
    const a = startCandidate(server, 'a', skewed(clock, -365 * 86_400 * SECOND));
    await settle();
    const b = startCandidate(server, 'b', clock);
    await clock.advance(300 * SECOND);
    expect([a.transitions, b.transitions]).toEqual([['acquired'], []]);
    expect(b.holder.holder()).toBe('a');
    await a.stop();
    await clock.advance(3 * SECOND);
    expect(b.transitions).toEqual(['acquired']);
    await b.stop();
  });

  it('the other takes over when renewals stop, not before the first considers it lost', async () => {
    const { server, clock, a } = await oneHolds();
    const b = startCandidate(server, 'b', clock);
    await clock.advance(20 * SECOND);
    a.line.cut = true;
    const start = clock.now();
    while (!b.holder.held()) {
      await clock.advance(100);
      expect(a.holder.held() && b.holder.held()).toBe(false);
      expect(clock.now() - start).toBeLessThan(25 * SECOND);
    }
    expect(clock.now() - start).toBeGreaterThan(10 * SECOND);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    a.line.cut = false;
    await clock.advance(60 * SECOND);
    expect([a.transitions, b.transitions]).toEqual([['acquired', 'lost'], ['acquired']]);
    await Promise.all([a.stop(), b.stop()]);
  });

  it('a Lease that another client deletes does not pass to the other', async () => {
    const { server, clock, a } = await oneHolds();
    const b = startCandidate(server, 'b', clock);
    await clock.advance(20 * SECOND);
    a.line.cut = true;
    server.lease = undefined;
    await clock.advance(5 * SECOND);
    expect([a.holder.held(), b.holder.held()]).toEqual([true, false]);
    a.line.cut = false;
    await clock.advance(30 * SECOND);
    expect([a.holder.held(), b.holder.held()]).toEqual([true, false]);
    await Promise.all([a.stop(), b.stop()]);
  });

  it('one that was suspended does not acquire a Lease based on an old observation', async () => {
    const { server, clock, a } = await oneHolds();
    let lag = 0;
    const b = startCandidate(server, 'b', {
      now: () => clock.now() + lag,
      sleep: (ms, signal) => clock.sleep(ms, signal),
    });
    await clock.advance(20 * SECOND);
    lag = 3_600 * SECOND;
    a.line.cut = true;
    await clock.advance(8 * SECOND);
    expect(b.holder.held()).toBe(false);
    a.line.cut = false;
    await Promise.all([a.stop(), b.stop()]);
  });

  it('a holder that is known to have exited is replaced immediately', async () => {
    const { server, clock, a } = await oneHolds();
    a.line.cut = true;
    const b = startCandidate(server, 'b', clock, { abandoned: (identity) => identity === 'a' });
    await clock.advance(SECOND);
    expect(b.transitions).toEqual(['acquired']);
    a.line.cut = false;
    await Promise.all([a.stop(), b.stop()]);
  });

  it.each(Array.from({ length: 30 }, (_, seed) => seed))(
    'never two holders at once, whatever fails (seed %i)',
    async (seed) => {
      let state = seed * 2_654_435_761 + 1;
      const random = () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state / 2 ** 32;
      };
      const server = new LeaseServer();
      const clock = new ManualClock();
      const candidates = ['a', 'b', 'c'].map((identity, i) =>
        startCandidate(server, identity, skewed(clock, (i - 1) * 3_600 * SECOND), { random }),
      );
      let acquired = 0;
      // A candidate cannot distinguish two deletions between two of its reads from one.
      let deletedAt = -100;
      // A candidate that has never seen the Lease cannot know that it was deleted.
      await clock.advance(5 * SECOND);
      for (let step = 0; step < 600; step++) {
        const { line } = candidates[Math.floor(random() * 3)] as Candidate;
        const dice = random();
        if (dice < 0.05) line.cut = !line.cut;
        else if (dice < 0.1) line.loseResponse = true;
        else if (dice < 0.11 && step - deletedAt > 100) {
          server.lease = undefined;
          deletedAt = step;
        }
        await clock.advance(500);
        expect(candidates.filter(({ holder }) => holder.held()).length).toBeLessThanOrEqual(1);
      }
      for (const { line } of candidates) line.cut = false;
      await clock.advance(60 * SECOND);
      expect(candidates.filter(({ holder }) => holder.held())).toHaveLength(1);
      for (const { transitions } of candidates) acquired += transitions.filter((each) => each === 'acquired').length;
      expect(acquired).toBeGreaterThan(0);
      await Promise.all(candidates.map(({ stop }) => stop()));
    },
  );
});

describe('sharing', () => {
  it('a candidate that does not want a free Lease does not acquire it', async () => {
    const server = new LeaseServer();
    const clock = new ManualClock();
    let wants = false;
    const a = startCandidate(server, 'a', clock, { shouldAcquire: () => wants });
    await clock.advance(30 * SECOND);
    expect(server.lease).toBeUndefined();
    wants = true;
    await clock.advance(3 * SECOND);
    expect(a.holder.held()).toBe(true);
    await a.stop();
  });

  it('one requests it by annotation, the holder releases it and does not reacquire it', async () => {
    const server = new LeaseServer();
    const clock = new ManualClock();
    const a = startCandidate(server, 'a', clock, {
      shouldRelease: (lease) => lease.metadata.annotations?.['test/wanted-by'] === 'b',
    });
    await settle();
    await clock.advance(10 * SECOND);
    const b = startCandidate(server, 'b', clock, { annotate: () => ({ 'test/wanted-by': 'b' }) });
    await clock.advance(8 * SECOND);
    expect([a.transitions, b.transitions]).toEqual([['acquired', 'lost'], ['acquired']]);
    await clock.advance(60 * SECOND);
    expect([a.holder.held(), b.holder.held()]).toEqual([false, true]);
    await Promise.all([a.stop(), b.stop()]);
  });

  it('a request of a candidate that is gone is granted once and then dropped', async () => {
    const server = new LeaseServer();
    const clock = new ManualClock();
    const a = startCandidate(server, 'a', clock, {
      shouldRelease: (lease) => lease.metadata.annotations?.['test/wanted-by'] === 'b',
      annotations: (use): Annotations => (use === 'acquire' ? { 'test/wanted-by': null } : {}),
    });
    await settle();
    await clock.advance(10 * SECOND);
    server.patch({ metadata: { annotations: { 'test/wanted-by': 'b', 'test/other': 'kept' } } });
    await clock.advance(60 * SECOND);
    expect(a.transitions).toEqual(['acquired', 'lost', 'acquired']);
    expect(server.lease?.metadata.annotations).toMatchObject({ 'test/wanted-by': null, 'test/other': 'kept' });
    await a.stop();
  });

  it('the same annotation is not written twice', async () => {
    const { server, clock, a } = await oneHolds();
    const b = startCandidate(server, 'b', clock, { annotate: () => ({ 'test/wanted-by': 'b' }) });
    await clock.advance(3 * SECOND);
    a.line.cut = true;
    const { writes } = server;
    await clock.advance(8 * SECOND);
    expect(server.writes).toBe(writes);
    a.line.cut = false;
    await Promise.all([a.stop(), b.stop()]);
  });
});
