/** A steady stream of changes: lost changes, and latency. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Lane, withComparison } from '../harness/comparison.ts';
import type { TestBed } from '../harness/test-bed.ts';
import { type Figure, figure } from '../report/figures.ts';
import { quantile } from '../report/statistics.ts';
import type { Log, Scale } from './scale.ts';

const LOAD = { namespace: 'churn', services: 100, slicesPerService: 1, endpoints: 10, headless: false };
const PER_SECOND = 100;
/** Length of a lane's turn; long enough for a queue to build up. */
const TURN_SECONDS = 10;
/** Minimum share of the rate; below it, the row is not valid. */
const MIN_RATE = 0.98;

/** The lanes take turns at the full rate, for `churnSeconds` each. */
export async function churn(testBed: TestBed, { churnSeconds }: Scale, log: Log): Promise<readonly Figure[]> {
  const taken = await withComparison(testBed, LOAD, {}, async ({ catamaran, relay }) => {
    const results = { catamaran: [] as (number | undefined)[], relay: [] as (number | undefined)[] };
    for (let done = 0; done < churnSeconds; done += TURN_SECONDS) {
      for (const name of done % (2 * TURN_SECONDS) === 0
        ? (['catamaran', 'relay'] as const)
        : (['relay', 'catamaran'] as const)) {
        results[name].push(...(await turn(name === 'catamaran' ? catamaran : relay)));
      }
      if ((done + TURN_SECONDS) % 60 === 0) log(`${done + TURN_SECONDS} of ${churnSeconds} s on each lane`);
    }
    return { catamaran: summary(results.catamaran), relay: summary(results.relay) };
  });
  const row = `${PER_SECOND} changes/s for ${churnSeconds < 60 ? `${churnSeconds} s` : `${churnSeconds / 60} min`}`;
  return [
    figure({
      row: `${row}: p99`,
      unit: 'ms',
      target: { atMost: 500 },
      catamaran: taken.catamaran.p99,
      baseline: taken.relay.p99,
    }),
    figure({
      row: `${row}: changes lost`,
      unit: 'changes',
      target: { atMost: 0 },
      catamaran: taken.catamaran.lost,
      baseline: taken.relay.lost,
      note: `of ${taken.catamaran.sent} changes`,
    }),
  ];
}

/** Sends changes at a fixed rate for one turn, to each slice in turn, and waits until all have arrived. */
async function turn(lane: Lane): Promise<readonly (number | undefined)[]> {
  const count = TURN_SECONDS * PER_SECOND;
  const changes: Promise<number | undefined>[] = [];
  const started = performance.now();
  for (let i = 0; i < count; i++) {
    const wait = started + (i * 1_000) / PER_SECOND - performance.now();
    if (wait > 0) await delay(wait);
    const change = lane.change(i % LOAD.services);
    // Awaited after all have been sent; until then, avoid an unhandled rejection.
    change.catch(() => {});
    changes.push(change);
  }
  const rate = count / ((performance.now() - started) / 1_000);
  if (rate < MIN_RATE * PER_SECOND)
    throw new Error(`could send only ${rate.toFixed(0)} changes/s; the machine is too busy`);
  return await Promise.all(changes);
}

function summary(results: readonly (number | undefined)[]): { p99: number; lost: number; sent: number } {
  const arrived = results.filter((latency) => latency !== undefined);
  return { p99: quantile(arrived, 0.99), lost: results.length - arrived.length, sent: results.length };
}
