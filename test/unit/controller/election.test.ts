import { describe, expect, it } from 'vitest';
import { type Electable, Election, type ElectionOptions } from '../../../src/controller/election.ts';
import { LeaseLine, LeaseServer } from '../../support/leases.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

const SECOND = 1_000;
const TIMING = { namespace: 'ns', name: 'lease', durationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };

function replica(identity: string, clock: ManualClock, options: Partial<ElectionOptions<Electable>> = {}) {
  const events: string[] = [];
  const logger = new MemoryLogger();
  const election = new Election<Electable>({
    identity,
    ended: () => false,
    timing: TIMING,
    isFit: () => true,
    knowledge: () => ({ known: 1, total: 1 }),
    clock,
    random: () => 0.5,
    logger,
    acquired: ({ name }, continuous) => events.push(`${name} ${continuous ? 'resumed' : 'acquired'}`),
    lost: ({ name }) => events.push(`${name} lost`),
    failed: ({ name }) => events.push(`${name} failed`),
    ...options,
  });
  return { election, events, logger };
}

describe('a replica', () => {
  it('does not stand for the Lease of a member before it is fit, and competes at once when it is', async () => {
    const [clock, server] = [new ManualClock(), new LeaseServer()];
    let fit = false;
    const { election, events } = replica('a', clock, { isFit: () => fit });
    const member = { name: 'east', clusterId: 'e' };
    election.join(member, new LeaseLine(server).client());
    await clock.advance(60 * SECOND);
    expect(server.lease).toBeUndefined();
    election.nudge(member);
    await settle();
    expect(server.lease).toBeUndefined();
    fit = true;
    election.nudge(member);
    await settle();
    expect(events).toEqual(['east acquired']);
    await election.close();
  });

  it('resumes its work if its connection was cut and no other replica held the Lease', async () => {
    const [clock, server] = [new ManualClock(), new LeaseServer()];
    const { election, events } = replica('a', clock);
    const line = new LeaseLine(server);
    const member = { name: 'east', clusterId: 'e' };
    election.join(member, line.client());
    await settle();
    const since = election.heldSince(member);
    line.cut = true;
    await clock.advance(40 * SECOND);
    expect(election.mayResume(member)).toBe(true);
    line.cut = false;
    await clock.advance(10 * SECOND);
    expect(events.filter((event) => event !== 'east failed')).toEqual(['east acquired', 'east lost', 'east resumed']);
    expect(election.heldSince(member)).toBe(since);
    await election.close();
  });

  it('starts over if another replica held the Lease meanwhile', async () => {
    const [clock, server] = [new ManualClock(), new LeaseServer()];
    const [first, second] = [replica('a', clock), replica('b', clock)];
    const line = new LeaseLine(server);
    const member = { name: 'east', clusterId: 'e' };
    first.election.join(member, line.client());
    await settle();
    line.cut = true;
    second.election.join(member, new LeaseLine(server).client());
    await clock.advance(40 * SECOND);
    expect(second.events).toEqual(['east acquired']);
    line.cut = false;
    await clock.advance(10 * SECOND);
    expect(first.election.mayResume(member)).toBe(false);
    await second.election.close();
    await clock.advance(10 * SECOND);
    expect(first.events.at(-1)).toBe('east acquired');
    await first.election.close();
  });

  it('starts over if the Lease was deleted meanwhile', async () => {
    const [clock, server] = [new ManualClock(), new LeaseServer()];
    const { election, events } = replica('a', clock);
    const line = new LeaseLine(server);
    election.join({ name: 'east', clusterId: 'e' }, line.client());
    await settle();
    line.cut = true;
    await clock.advance(40 * SECOND);
    server.lease = undefined;
    line.cut = false;
    await clock.advance(60 * SECOND);
    expect(events.at(-1)).toBe('east acquired');
    await election.close();
  });

  it('never stands twice for the Lease of one cluster, as when its connection was replaced', async () => {
    const [clock, server] = [new ManualClock(), new LeaseServer()];
    const { election, events } = replica('a', clock);
    const [before, after] = [
      { name: 'east', clusterId: 'e' },
      { name: 'renamed', clusterId: 'e' },
    ];
    election.join(before, new LeaseLine(server).client());
    await settle();
    election.join(after, new LeaseLine(server).client());
    await clock.advance(30 * SECOND);
    expect([election.holds(before), election.holds(after)]).toEqual([true, false]);
    await election.leave(before);
    await settle();
    expect(events).toEqual(['east acquired', 'east lost', 'renamed acquired']);
    await clock.advance(60 * SECOND);
    expect(server.lease?.spec?.holderIdentity).toBe('a');
    expect(events).toHaveLength(3);
    await election.close();
  });

  it('without permission reports each attempt, and warns less and less often', async () => {
    const clock = new ManualClock();
    const { election, events, logger } = replica('a', clock);
    const line = new LeaseLine(new LeaseServer());
    line.cut = true;
    election.join({ name: 'east', clusterId: 'e' }, line.client());
    await clock.advance(10 * 60 * SECOND);
    expect(events.length).toBeGreaterThan(50);
    const warnings = logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings.length).toBeGreaterThanOrEqual(4);
    expect(warnings.length).toBeLessThan(7);
    await election.close();
  });

  it('that stands by says for whom, once per holder', async () => {
    const [clock, server] = [new ManualClock(), new LeaseServer()];
    const [first, second] = [replica('a', clock), replica('b', clock)];
    const member = { name: 'east', clusterId: 'e' };
    first.election.join(member, new LeaseLine(server).client());
    await settle();
    second.election.join(member, new LeaseLine(server).client());
    await clock.advance(60 * SECOND);
    const standby = second.logger.lines.filter(({ message }) => message.startsWith('standing by'));
    expect(standby).toMatchObject([
      { level: 'info', message: 'standing by: Lease ns/lease is held by a', fields: { holder: 'a' } },
    ]);
    await Promise.all([first.election.close(), second.election.close()]);
  });
});

describe('two replicas', () => {
  /** `a` holds the Lease; the numbers of members they know can be changed. */
  async function pair(known: { a: number; b: number; total?: number }) {
    const [clock, server] = [new ManualClock(), new LeaseServer()];
    const first = replica('a', clock, { knowledge: () => ({ known: known.a, total: known.total ?? 3 }) });
    const second = replica('b', clock, { knowledge: () => ({ known: known.b, total: known.total ?? 3 }) });
    const member = { name: 'east', clusterId: 'e' };
    first.election.join(member, new LeaseLine(server).client());
    await clock.advance(5 * SECOND);
    second.election.join(member, new LeaseLine(server).client());
    const end = () => Promise.all([first.election.close(), second.election.close()]);
    return { clock, server, member, first, second, end };
  }

  it.each([
    { a: 3, b: 3, holder: 'a' },
    { a: 3, b: 2, holder: 'a' },
    { a: 2, b: 3, holder: 'b' },
  ])('that know $a and $b members: $holder writes', async ({ a, b, holder }) => {
    const { clock, server, end } = await pair({ a, b });
    await clock.advance(60 * SECOND);
    expect(server.lease?.spec?.holderIdentity).toBe(holder);
    await end();
  });

  it('do not move a Lease for an outage that one of them notices a few seconds later', async () => {
    const known = { a: 3, b: 3 };
    const { clock, server, first, end } = await pair(known);
    for (let outage = 0; outage < 5; outage++) {
      known.a = 2;
      await clock.advance(8 * SECOND);
      known.b = 2;
      await clock.advance(60 * SECOND);
      known.a = known.b = 3;
      await clock.advance(30 * SECOND);
    }
    expect(server.lease?.spec?.holderIdentity).toBe('a');
    expect(first.events).toEqual(['east acquired']);
    await end();
  });

  it('do not move a Lease because one of them has read a longer fleet file earlier', async () => {
    const known = { a: 3, b: 3, total: 3 };
    const { clock, server, end } = await pair(known);
    known.b = 4;
    await clock.advance(60 * SECOND);
    expect(server.lease?.spec?.holderIdentity).toBe('a');
    await end();
  });

  it('forget a request that is not granted', async () => {
    const known = { a: 3, b: 3 };
    const { clock, server, end } = await pair(known);
    server.patch({
      metadata: { annotations: { 'catamaran.dev/wanted-by': 'gone', 'catamaran.dev/wanted-by-knows': '2' } },
    });
    await clock.advance(10 * SECOND);
    expect(server.lease?.spec?.holderIdentity).toBe('a');
    expect(server.lease?.metadata.annotations).toMatchObject({
      'catamaran.dev/holder-knows': '3/3',
      'catamaran.dev/wanted-by': null,
    });
    await end();
  });

  it('are not confused by a count that is not a number', async () => {
    const { clock, server, end } = await pair({ a: 3, b: 3 });
    server.patch({
      metadata: { annotations: { 'catamaran.dev/wanted-by': 'x', 'catamaran.dev/wanted-by-knows': '1e999' } },
    });
    await clock.advance(20 * SECOND);
    expect(server.lease?.spec?.holderIdentity).toBe('a');
    await end();
  });
});
