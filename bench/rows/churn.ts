/** A steady stream of changes: whether they arrive, and how soon. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Lane, withComparison } from '../harness/comparison.ts';
import type { TestBed } from '../harness/test-bed.ts';
import { type Figure, figure } from '../report/figures.ts';
import { quantile } from '../report/statistics.ts';
import type { Say, Scale } from './scale.ts';

const LOAD = { namespace: 'churn', services: 100, slicesPerService: 1, endpoints: 10, headless: false };
const PER_SECOND = 100;
/** The lanes take turns of this length, in s: long enough for a queue to build up. */
const TURN_SECONDS = 10;
/** Slower than this and it was not the load that the row is about. */
const LEAST_RATE = 0.98;

/** Each lane has the whole rate in its turns, for the whole time in sum. */
export async function churn(testBed: TestBed, { churnSeconds }: Scale, say: Say): Promise<readonly Figure[]> {
  const taken = await withComparison(testBed, LOAD, {}, async ({ ours, relay }) => {
    const results = { ours: [] as (number | undefined)[], relay: [] as (number | undefined)[] };
    for (let done = 0; done < churnSeconds; done += TURN_SECONDS) {
      for (const name of done % (2 * TURN_SECONDS) === 0
        ? (['ours', 'relay'] as const)
        : (['relay', 'ours'] as const)) {
        results[name].push(...(await turn(name === 'ours' ? ours : relay)));
      }
      if ((done + TURN_SECONDS) % 60 === 0) say(`${done + TURN_SECONDS} of ${churnSeconds} s on each lane`);
    }
    return { ours: summary(results.ours), relay: summary(results.relay) };
  });
  const row = `${PER_SECOND} changes/s for ${churnSeconds < 60 ? `${churnSeconds} s` : `${churnSeconds / 60} min`}`;
  return [
    figure({
      row: `${row}: p99`,
      unit: 'ms',
      target: { atMost: 500 },
      ours: taken.ours.p99,
      baseline: taken.relay.p99,
    }),
    figure({
      row: `${row}: changes lost`,
      unit: 'changes',
      target: { atMost: 0 },
      ours: taken.ours.lost,
      baseline: taken.relay.lost,
      note: `of ${taken.ours.sent} changes`,
    }),
  ];
}

/** Sends changes by the clock for one turn, each slice in its turn, and waits for all of them. */
async function turn(lane: Lane): Promise<readonly (number | undefined)[]> {
  const count = TURN_SECONDS * PER_SECOND;
  const changes: Promise<number | undefined>[] = [];
  const started = performance.now();
  for (let i = 0; i < count; i++) {
    const wait = started + (i * 1_000) / PER_SECOND - performance.now();
    if (wait > 0) await delay(wait);
    const change = lane.change(i % LOAD.services);
    // Looked at when all have been sent; until then a failure is nobody's.
    change.catch(() => {});
    changes.push(change);
  }
  const rate = count / ((performance.now() - started) / 1_000);
  if (rate < LEAST_RATE * PER_SECOND)
    throw new Error(`only ${rate.toFixed(0)} changes/s could be sent: too busy a machine`);
  return await Promise.all(changes);
}

function summary(results: readonly (number | undefined)[]): { p99: number; lost: number; sent: number } {
  const arrived = results.filter((latency) => latency !== undefined);
  return { p99: quantile(arrived, 0.99), lost: results.length - arrived.length, sent: results.length };
}
