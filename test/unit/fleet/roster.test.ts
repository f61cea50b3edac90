/** Edits of the fleet file, on fake API servers and a manual clock. */
import { afterEach, describe, expect, it } from 'vitest';
import type { FleetConfig } from '../../../src/config/fleet-config.ts';
import { parseFleet } from '../../../src/config/parse.ts';
import { Fleet } from '../../../src/fleet/fleet.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const KEY = 'ns/web';

const open: Fleet[] = [];

afterEach(async () => {
  for (const fleet of open.splice(0)) await fleet.close();
});

/** Members by name, each with the context of its kubeconfig: the name of an API server, and maybe a digit. */
type Members = Readonly<Record<string, string>>;

function configOf(members: Members, pins: Members = {}): FleetConfig {
  const pin = (name: string) => pins[name] !== undefined && { clusterId: pins[name] };
  const spec = { members: Object.entries(members).map(([name, context]) => ({ name, context, ...pin(name) })) };
  return parseFleet(JSON.stringify({ apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec }), { file: '/f' });
}

interface StartOptions {
  readonly pins?: Members;
  /** Changes the API servers before the fleet connects. */
  readonly prepare?: (api: (name: string) => FakeApi, clock: ManualClock) => void;
}

/** API servers `a`, `b` and `c`, each of which exports ns/web, and a fleet of some of them. */
async function start(members: Members, { pins, prepare }: StartOptions = {}) {
  const clock = new ManualClock();
  const apis = new Map(['a', 'b', 'c'].map((name) => [name, new FakeApi(`uid-${name}`)]));
  for (const api of apis.values()) {
    const metadata = { namespace: 'ns', name: 'web', uid: 'u', resourceVersion: '1' };
    api.objects.set('serviceexports', [{ metadata }]);
    api.objects.set('services', [{ metadata, spec: { ports: [{ port: 80 }] } }]);
  }
  const api = (name: string): FakeApi => {
    const found = apis.get(name);
    if (!found) throw new Error(`${name} not found`);
    return found;
  };
  prepare?.(api, clock);
  const events: string[] = [];
  const logger = new MemoryLogger();
  const fleet = new Fleet(configOf(members, pins), {
    connect: async ({ access }) => {
      const name = access.kind === 'kubeconfig' ? access.context : undefined;
      return apis.get(name?.charAt(0) ?? '')?.client() ?? Promise.reject(new Error('no such context'));
    },
    clock,
    random: () => 1,
    logger,
    changed: () => {},
    memberChanged: () => {},
    watchRestarted: () => {},
    departed: ({ name }) => events.push(`${name} departed`),
    replaced: async (old, successor) => {
      events.push(`${old.name} replaced by ${successor.name}`);
    },
  });
  open.push(fleet);
  await fleet.apply(configOf(members, pins));
  await clock.advance(5 * SECOND);
  const edit = async (next: Members, ms = SECOND) => {
    await fleet.apply(configOf(next));
    await clock.advance(ms + SECOND);
  };
  /** The clusters that take part, by name of the member. */
  const parts = () =>
    Object.fromEntries(
      fleet.members.filter((member) => fleet.isMember(member)).map((member) => [member.name, member.identity?.uid]),
    );
  return { fleet, clock, api, edit, parts, events, logger };
}

describe('rule 34: an edit', () => {
  it('that renames a member lets its cluster take over', async () => {
    const { edit, parts, events, fleet } = await start({ one: 'a', two: 'b' });
    await edit({ east: 'a', two: 'b' });
    expect(parts()).toEqual({ east: 'uid-a', two: 'uid-b' });
    expect(events).toEqual(['one replaced by east']);
    expect([...fleet.index.holders(KEY)].toSorted()).toEqual(['east', 'two']);
  });

  it('that exchanges names or connections never lets a cluster take part twice', async () => {
    const { edit, parts, events, api, clock } = await start({ one: 'a', two: 'b' });
    api('a').down();
    await edit({ one: 'b', two: 'a' }, MINUTE);
    expect(parts()).toEqual({ one: 'uid-a', two: 'uid-b' });
    api('a').up();
    await clock.advance(MINUTE);
    expect(parts()).toEqual({ one: 'uid-b', two: 'uid-a' });
    expect(events).not.toContain('one departed');
  });

  it('that shifts names along a row of clusters removes none', async () => {
    const { edit, parts, events } = await start({ one: 'a', two: 'b' });
    await edit({ two: 'a', three: 'b' }, MINUTE);
    expect(parts()).toEqual({ two: 'uid-a', three: 'uid-b' });
    expect(events.filter((event) => event.endsWith('departed'))).toEqual([]);
  });

  it('in two steps, adding the new name first, is a rename as well', async () => {
    const { edit, parts, events, fleet } = await start({ one: 'a', two: 'b' });
    await edit({ one: 'a', east: 'a2', two: 'b' }, MINUTE);
    expect(fleet.member('east')?.state.phase).toBe('refused');
    await edit({ east: 'a2', two: 'b' });
    expect(parts()).toEqual({ east: 'uid-a', two: 'uid-b' });
    expect(events).toEqual(['one replaced by east']);
  });

  it('in two steps, removing the old name first, stops the cleanup', async () => {
    const { edit, parts, events, fleet } = await start({ one: 'a', two: 'b' });
    await edit({ two: 'b' });
    expect(events).toEqual(['one departed']);
    const [old] = fleet.members.filter((member) => fleet.hasDeparted(member));
    if (!old) throw new Error('nothing to clean up');
    expect(fleet.mayBeCleanedUp(old)).toBe(true);
    await fleet.apply(configOf({ east: 'a', two: 'b' }));
    await edit({ east: 'a', two: 'b' });
    expect(parts()).toEqual({ east: 'uid-a', two: 'uid-b' });
    expect(fleet.mayBeCleanedUp(old)).toBe(false);
  });

  it('that is taken back changes nothing', async () => {
    const { edit, parts, events, api, fleet } = await start({ one: 'a', two: 'b' });
    const [one, two] = fleet.members;
    api('c').down();
    await edit({ two: 'c', three: 'c2' });
    await edit({ one: 'a', two: 'b' }, MINUTE);
    expect(parts()).toEqual({ one: 'uid-a', two: 'uid-b' });
    expect(fleet.members.filter((member) => fleet.isMember(member))).toEqual([one, two]);
    expect(events).toEqual(['three departed']);
    expect(fleet.successors).toEqual([]);
  });

  it('removes a member only when those that are not known yet have responded', async () => {
    const { edit, parts, events, api, clock } = await start({ one: 'a', two: 'b' });
    api('c').down();
    await edit({ two: 'b', three: 'c' }, MINUTE);
    expect(parts()).toMatchObject({ one: 'uid-a' });
    api('c').up();
    await clock.advance(MINUTE);
    expect(parts()).toEqual({ two: 'uid-b', three: 'uid-c' });
    expect(events).toEqual(['one departed']);
  });

  it('removes a member after five minutes if others cannot be reached', async () => {
    const { edit, parts, api, clock, fleet } = await start({ one: 'a', two: 'b' });
    api('c').down();
    await edit({ two: 'b', three: 'c' }, 4 * MINUTE);
    fleet.review();
    expect(parts()).toMatchObject({ one: 'uid-a' });
    await clock.advance(2 * MINUTE);
    fleet.review();
    expect(parts()).toEqual({ two: 'uid-b', three: undefined });
  });

  it('of the connection lets a rebuilt cluster take over, with a warning', async () => {
    const { edit, parts, logger, events } = await start({ one: 'a', two: 'b' });
    await edit({ one: 'c', two: 'b' });
    expect(parts()).toEqual({ one: 'uid-c', two: 'uid-b' });
    expect(events).toEqual(['one replaced by one']);
    expect(logger.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('is another cluster now') }),
    );
  });
});

it('rule 34: a cluster that was rebuilt behind the same address is followed', async () => {
  const { parts, api, clock, events } = await start({ one: 'a', two: 'b' });
  api('a').down();
  await clock.advance(MINUTE);
  api('a').uid = 'uid-new';
  api('a').up();
  await clock.advance(MINUTE);
  expect(parts()).toEqual({ one: 'uid-new', two: 'uid-b' });
  expect(events).toEqual(['one replaced by one']);
});

it('rule 34: a connection whose files changed is replaced', async () => {
  const { fleet, clock, events } = await start({ one: 'a', two: 'b' });
  const client = fleet.member('one')?.client;
  if (!client) throw new Error('not connected');
  Object.assign(client, { isOutdated: async () => true });
  await clock.advance(MINUTE);
  expect(events).toEqual(['one replaced by one']);
  expect(fleet.member('one')?.client).not.toBe(client);
});

describe('rule 52: the identity of a member', () => {
  const states = (fleet: Fleet) => Object.fromEntries(fleet.members.map(({ name, state }) => [name, state.phase]));

  it('is not lost to a member that claims it, whichever is listed or responds first', async () => {
    for (const slow of ['a', 'b']) {
      for (const members of [
        { honest: 'a', liar: 'b' },
        { liar: 'b', honest: 'a' },
      ]) {
        const { fleet, logger, clock } = await start(members, {
          prepare: (api, time) => {
            api('b').uid = 'uid-a';
            api('b').witness = 'other';
            api(slow).delay = () => time.sleep(300);
          },
        });
        await clock.advance(10 * SECOND);
        expect(states(fleet)).toMatchObject({ honest: 'ready' });
        expect(logger.lines).toContainEqual(
          expect.objectContaining({ level: 'warn', message: expect.stringContaining('its claim is false') }),
        );
      }
    }
  });

  it('of one cluster under two names belongs to the first in the file, whichever responds first', async () => {
    for (const slow of ['a', 'b']) {
      const { fleet, clock } = await start(
        { first: 'a', second: 'b' },
        {
          prepare: (api, time) => {
            for (const name of ['a', 'b']) Object.assign(api(name), { uid: 'uid-a', witness: 'same' });
            api(slow).delay = () => time.sleep(300);
          },
        },
      );
      await clock.advance(10 * SECOND);
      expect(states(fleet)).toEqual({ first: 'ready', second: 'refused' });
    }
  });

  it('is not claimed by a member that is listed first but comes later', async () => {
    const { fleet, clock, api } = await start(
      { first: 'a', second: 'b' },
      {
        prepare: (each) => {
          for (const name of ['a', 'b']) Object.assign(each(name), { uid: 'uid-a', witness: 'same' });
          each('a').down();
        },
      },
    );
    await clock.advance(10 * SECOND);
    api('a').up();
    await clock.advance(60 * SECOND);
    expect(states(fleet)).toEqual({ first: 'refused', second: 'ready' });
  });

  it('is the one that the file pins', async () => {
    const { fleet } = await start({ one: 'a', two: 'b' }, { pins: { one: 'uid-a', two: 'uid-x' } });
    expect(states(fleet)).toEqual({ one: 'ready', two: 'refused' });
    expect(fleet.member('two')?.state).toMatchObject({
      error: { code: 'CTM_MEMBER_IDENTITY', message: expect.stringContaining('has UID uid-b, and clusterId is uid-x') },
    });
  });

  it('cannot be claimed if the file pins it for another member', async () => {
    const { fleet } = await start(
      { liar: 'b', honest: 'a' },
      { pins: { honest: 'uid-a' }, prepare: (api) => Object.assign(api('b'), { uid: 'uid-a', witness: 'same' }) },
    );
    expect(states(fleet)).toEqual({ liar: 'refused', honest: 'ready' });
    expect(fleet.member('liar')?.state).toMatchObject({
      error: { code: 'CTM_MEMBER_IDENTITY', message: expect.stringContaining('pins for member "honest"') },
    });
  });

  it.each([undefined, '', 5, null, {}, 'a b'])('cannot be %j', async (uid) => {
    const { fleet } = await start({ one: 'a', two: 'b' }, { prepare: (api) => Object.assign(api('a'), { uid }) });
    expect(states(fleet)).toMatchObject({ two: 'ready' });
    expect(fleet.member('one')?.state).toMatchObject({ error: { code: 'CTM_MEMBER_IDENTITY' } });
  });
});
