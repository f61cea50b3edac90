import { describe, expect, it } from 'vitest';
import type { ServiceKey } from '../../../src/api/meta.ts';
import { Reconciler } from '../../../src/controller/reconcile.ts';
import { type Result, requeueOf } from '../../../src/controller/result.ts';
import { Workqueue } from '../../../src/controller/workqueue.ts';
import type { Change } from '../../../src/core/change.ts';
import { merge } from '../../../src/core/merge/merge.ts';
import { aConsumer } from '../../support/core/sources.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

const KEY = 'ns/web';

function change(name: string, stage: 'grow' | 'status', patch: Change['why'] = 'x'): Change {
  return {
    member: 'cluster1',
    resource: stage === 'status' ? 'serviceImports' : 'endpointSlices',
    namespace: 'ns',
    name,
    stage,
    op: 'patch',
    why: 'it differs',
    precondition: { uid: 'uid', resourceVersion: String(Math.random()) },
    patch: { patch },
  };
}

/** The changes that are due, and the result of applying them. */
interface Scenario {
  plan: (refusal: string | undefined) => readonly Change[];
  apply: (changes: readonly Change[]) => Result;
}

const CONSUMER = aConsumer({ member: 'cluster1', namespace: 'ns', name: 'web' });

function open(scenario: Scenario) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const logger = new MemoryLogger();
  const reconciler = new Reconciler({
    view: () => ({ clusterset: merge([]), consumer: CONSUMER }),
    changes: ({ consumer }) => scenario.plan(consumer.refusal),
    apply: async (changes) => {
      await Promise.resolve();
      return scenario.apply(changes);
    },
    clock,
    logger,
    metrics: { reconciled: () => {} },
  });
  const queue = new Workqueue<ServiceKey>({ clock, random: () => 1, workers: 16 });
  const done = queue.run(async (key) => requeueOf(await reconciler.reconcile(key)), stop.signal);
  return {
    queue,
    clock,
    lines: logger.lines,
    async close() {
      stop.abort();
      await done;
    },
  };
}

/** Lets time pass in steps, so that work in between can run. */
async function elapse(clock: ManualClock, ms: number): Promise<void> {
  for (let step = 0; step < ms; step += 10) {
    await clock.advance(10);
  }
}

describe('a report that another client removes', () => {
  it('rule 37: is not written again', async () => {
    let writes = 0;
    const { queue, clock, lines, close } = open({
      plan: () => [{ ...change('web', 'status'), once: 'uid other' }],
      apply: () => {
        writes++;
        return { outcome: writes === 1 ? 'failed' : 'applied' };
      },
    });
    for (let pass = 0; pass < 50; pass++) {
      queue.add(KEY);
      await elapse(clock, 500);
    }
    expect(writes).toBe(2);
    expect(lines).toEqual([]);
    await close();
  });
});

describe('a write that is reverted', () => {
  it('by another controller, repeatedly, is repeated less and less often', async () => {
    let writes = 0;
    let due = false;
    const { queue, clock, lines, close } = open({
      plan: () => (due ? [change('slice', 'grow')] : []),
      apply: () => {
        writes++;
        due = false;
        // The other controller's write arrives by the watch, after this pass.
        setImmediate(() => {
          due = true;
          queue.add(KEY);
        });
        return { outcome: 'applied' };
      },
    });
    due = true;
    queue.add(KEY);
    await elapse(clock, 10_000);
    const first = writes;
    expect(first).toBeLessThan(40);
    expect(lines).toContainEqual({
      level: 'warn',
      message: 'writes are being reverted by another client',
      fields: expect.objectContaining({ service: KEY }),
    });
    await elapse(clock, 60_000);
    expect(writes - first).toBeLessThan(6);
    expect(writes).toBeGreaterThan(first);
    await close();
  });

  it('by the API server itself is repeated less and less often, too', async () => {
    let writes = 0;
    const { queue, clock, close } = open({
      plan: () => [change('slice', 'grow')],
      apply: () => {
        writes++;
        // The response enters the cache, which reports a change.
        queue.add(KEY);
        return { outcome: 'applied' };
      },
    });
    queue.add(KEY);
    await elapse(clock, 10_000);
    expect(writes).toBeLessThan(40);
    await close();
  });
});

it('a name that changes continuously is written continuously', async () => {
  let writes = 0;
  const { queue, clock, lines, close } = open({
    plan: () => [change('slice', 'grow', `change ${writes}`)],
    apply: () => {
      writes++;
      return { outcome: writes < 500 ? 'applied' : 'unchanged' };
    },
  });
  queue.add(KEY);
  await elapse(clock, 2_000);
  expect(writes).toBe(500);
  expect(lines.filter(({ level }) => level === 'warn')).toEqual([]);
  await close();
});

it('a failure is retried after its backoff, even if another write of the same plan caused a change', async () => {
  let tries = 0;
  const { queue, clock, close } = open({
    plan: () => [change('slice', 'grow'), change('other', 'grow')],
    apply: () => {
      tries++;
      queue.add(KEY);
      return { outcome: 'failed' };
    },
  });
  queue.add(KEY);
  await elapse(clock, 3_000);
  // After 50, 100, 200, 400, 800 and 1,600 ms.
  expect(tries).toBeLessThanOrEqual(7);
  await close();
});

it('a refusal is reported until the refused change is no longer due', async () => {
  const reported: string[] = ['ready'];
  let due = true;
  const { queue, clock, close } = open({
    plan: (refusal = 'ready') => [
      ...(due ? [change('slice', 'grow')] : []),
      ...(reported.at(-1) === refusal ? [] : [change('web', 'status', refusal)]),
    ],
    apply: (changes) => {
      if (changes.some(({ stage }) => stage === 'grow')) return { outcome: 'failed', refusal: 'quota exceeded' };
      reported.push(...changes.map((each) => (each.op === 'patch' ? String(each.patch.patch) : '')));
      return { outcome: 'applied' };
    },
  });
  queue.add(KEY);
  await elapse(clock, 1_000);
  expect(reported).toEqual(['ready', 'quota exceeded']);
  due = false;
  queue.add(KEY);
  await elapse(clock, 1_000);
  expect(reported).toEqual(['ready', 'quota exceeded', 'ready']);
  await close();
});
