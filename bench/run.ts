/**
 * `make bench`: API servers, the controller, and a bare relay beside it. Prints the table of figures and writes it to
 * bench/results/.
 *
 * --rows a,b          only these rows; nothing is written to bench/results/
 * --quick             few samples; nothing is written to bench/results/
 * --controller FILE   script to run as `catamaran`; default dist/catamaran.js
 * --profile DIR       CPU profiles of the controllers
 * --json FILE         write the figures to this file as well
 *
 * Exit code 0 also where a target is missed; 1 where a row could not be measured.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Bench } from './harness/controller.ts';
import { openTestBed, type TestBed } from './harness/test-bed.ts';
import { type Figure, notMeasured } from './report/figures.ts';
import { picture } from './report/picture.ts';
import { machine, table } from './report/table.ts';
import { churn } from './rows/churn.ts';
import { cpu } from './rows/cpu.ts';
import { fill } from './rows/fill.ts';
import { huge } from './rows/huge.ts';
import { members } from './rows/members.ts';
import { merge } from './rows/merge.ts';
import { propagation } from './rows/propagation.ts';
import { restart } from './rows/restart.ts';
import { FULL, QUICK, type Say, type Scale } from './rows/scale.ts';
import { writes } from './rows/writes.ts';

const RESULTS = fileURLToPath(new URL('results', import.meta.url));
const CONTROLLER = fileURLToPath(new URL('../dist/catamaran.js', import.meta.url));

type Row<T> = (bench: T, scale: Scale, say: Say) => Promise<readonly Figure[]>;

/** In the order of the table. */
const ROWS: ReadonlyMap<string, Row<TestBed>> = new Map(
  Object.entries({ propagation, cpu, writes, restart, fill, churn, huge }),
);
/** Rows that bring their own clusters; after the others. */
const OWN_CLUSTERS: ReadonlyMap<string, Row<Bench>> = new Map(Object.entries({ merge, members }));

function rowNames(text: string | undefined): readonly string[] {
  const all = [...ROWS.keys(), ...OWN_CLUSTERS.keys()];
  if (text === undefined) return all;
  const asked = text.split(',');
  const unknown = asked.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`there is no row ${JSON.stringify(unknown)}: use ${all.join(', ')}`);
  return asked;
}

class Stopped extends Error {}

/** Aborts on the first signal that asks to stop. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => controller.abort(new Stopped(`stopped by ${name}`)));
  }
  return controller.signal;
}

/** Measures rows one after the other. One that fails stands in the table as such, and the next goes on. */
async function measure<T extends Bench>(
  rows: ReadonlyMap<string, Row<T>>,
  names: readonly string[],
  bench: T,
  scale: Scale,
  say: Say,
) {
  const figures: Figure[] = [];
  let failed = 0;
  for (const name of names) {
    const row = rows.get(name);
    if (!row) continue;
    say(name);
    try {
      figures.push(...(await row(bench, scale, (line) => say(`  ${line}`))));
    } catch (error) {
      bench.signal.throwIfAborted();
      failed += 1;
      console.error(error);
      figures.push(notMeasured(name, '', '', 'it failed'));
    }
  }
  return { figures, failed };
}

/** Measures on two real control planes, and then what brings its own clusters. */
async function measureAll(options: Omit<Bench, 'dir'>, names: readonly string[], scale: Scale, say: Say) {
  const figures: Figure[] = [];
  let failed = 0;
  if (names.some((name) => ROWS.has(name))) {
    say('starting two control planes');
    const testBed = await openTestBed(options);
    try {
      const measured = await measure(ROWS, names, testBed, scale, say);
      figures.push(...measured.figures);
      failed += measured.failed;
    } finally {
      await testBed.close();
    }
  }
  const dir = await mkdtemp(join(tmpdir(), 'catamaran-bench-'));
  try {
    await mkdir(join(dir, 'logs'));
    const measured = await measure(OWN_CLUSTERS, names, { ...options, dir }, scale, say);
    return { figures: [...figures, ...measured.figures], failed: failed + measured.failed };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function verdict(figures: readonly Figure[]): string {
  const missed = figures.filter(({ met }) => met === false);
  if (missed.length === 0) return 'Every target that was measured is met.';
  return `MISSED: ${missed.length} of ${figures.length} targets\n${missed.map(({ row }) => `  ${row}`).join('\n')}`;
}

function jsonOf(figures: readonly Figure[]): string {
  return `${JSON.stringify(figures, undefined, 2)}\n`;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string' },
      quick: { type: 'boolean', default: false },
      controller: { type: 'string', default: CONTROLLER },
      profile: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const names = rowNames(values.rows);
  const signal = stopSignal();
  const started = performance.now();
  const say: Say = (line) => {
    console.log(`[${((performance.now() - started) / 1_000).toFixed(0).padStart(4)} s] ${line}`);
  };
  const profiles = values.profile === undefined ? undefined : resolve(values.profile);
  const options = { script: resolve(values.controller), profiles, signal };
  const { figures, failed } = await measureAll(options, names, values.quick ? QUICK : FULL, say);
  console.log(`\n${table(figures)}\n\n${machine()}\n${verdict(figures)}`);
  if (values.json !== undefined) await writeFile(resolve(values.json), jsonOf(figures));
  if (failed > 0) console.error(`${failed} rows could not be measured`);
  else if (!values.quick && values.rows === undefined) {
    await mkdir(RESULTS, { recursive: true });
    await writeFile(resolve(RESULTS, 'engine.json'), jsonOf(figures));
    await writeFile(resolve(RESULTS, 'engine.svg'), picture(figures, machine()));
    console.log('written to bench/results/engine.json and engine.svg');
  }
  return failed > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Stopped ? error.message : error);
  process.exitCode = 1;
}
