/** Budgets of a list; `test/contract/reflector.test.ts` has everything else, on both API servers. */
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import { RESOURCES } from '../../../../src/api/resources.ts';
import { Reflector, type ReflectorLimits } from '../../../../src/kube/watch/reflector.ts';
import { Store } from '../../../../src/kube/watch/store.ts';
import { FakeApi } from '../../../support/fake-api.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { silent } from '../../../support/silent-log.ts';

const MINUTE = 60_000;

const aborts: AbortController[] = [];
afterEach(() => {
  for (const abort of aborts.splice(0)) abort.abort();
});

function object(name: string): JsonObject {
  return { metadata: { namespace: 'ns', name, resourceVersion: '1' } };
}

/** Follows three Services; each event has 100 bytes. Of the Services, those of `kept` are kept. */
async function start(limits: Partial<ReflectorLimits>, kept: readonly string[] = ['a', 'b', 'c']) {
  const api = new FakeApi();
  api.objects.set('services', ['a', 'b', 'c'].map(object));
  const clock = new ManualClock();
  const store = new Store<string>({
    slim: ({ metadata }) => kept.find((name) => name === Object(metadata).name),
    changed: () => {},
    logger: silent,
  });
  const resource = RESOURCES.services;
  const reflector = new Reflector({
    client: api.client(),
    resource,
    sink: store,
    logger: silent,
    clock,
    random: () => 0,
    limits,
  });
  const abort = new AbortController();
  aborts.push(abort);
  void reflector.run(abort.signal);
  await clock.advance(1_000);
  return { api, clock, store, reflector };
}

describe('a list', () => {
  it.each<[string, Partial<ReflectorLimits>]>([
    ['the list has more than 2 objects', { objects: 2 }],
    ['the list has more than 250 bytes', { listBytes: 250 }],
    ['the objects to be kept have more than 250 bytes', { keptBytes: 250 }],
  ])('ends over its budget, and starts over after five minutes: %s', async (problem, limits) => {
    const { api, clock, store, reflector } = await start(limits);
    const { state } = reflector;
    expect(state).toMatchObject({ phase: 'starting', error: { code: 'CTM_MEMBER_BUDGET' } });
    expect(String('error' in state && state.error)).toContain(problem);
    expect(store.synced).toBe(false);
    const tries = api.watched.length;
    api.objects.set('services', [object('a')]);
    reflector.wake(true);
    await clock.advance(4 * MINUTE);
    expect(api.watched.length).toBe(tries);
    await clock.advance(2 * MINUTE);
    expect(reflector.state).toEqual({ phase: 'watching' });
    expect([...store.names()]).toEqual(['ns/a']);
  });

  it('may have any number of objects that are not kept', async () => {
    const { reflector, store } = await start({ keptBytes: 150 }, ['b']);
    expect(reflector.state).toEqual({ phase: 'watching' });
    expect(store.bytes).toBe(100);
  });
});
