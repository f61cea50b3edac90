/**
 * `make bench`: compares the controller with a bare relay on real API servers. Prints a table of figures and writes
 * results to bench/results/.
 *
 * --rows a,b          measure only these rows; does not write to bench/results/
 * --quick             take fewer samples; does not write to bench/results/
 * --controller FILE   script to run as `catamaran` (default: dist/catamaran.js)
 * --profile DIR       write CPU profiles of the controllers
 * --json FILE         also write the figures to this file
 *
 * Exits with 0 even if a target is missed, and with 1 if a row could not be measured.
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
import { consolePages } from './rows/console-pages.ts';
import { cpu } from './rows/cpu.ts';
import { fill } from './rows/fill.ts';
import { hostile } from './rows/hostile.ts';
import { huge } from './rows/huge.ts';
import { fleet500, members } from './rows/members.ts';
import { merge } from './rows/merge.ts';
import { propagation } from './rows/propagation.ts';
import { restart } from './rows/restart.ts';
import { FULL, type Log, QUICK, type Scale } from './rows/scale.ts';
import { storm } from './rows/storm.ts';
import { writes } from './rows/writes.ts';

const RESULTS = fileURLToPath(new URL('results', import.meta.url));
const CONTROLLER = fileURLToPath(new URL('../dist/catamaran.js', import.meta.url));

type Row<T> = (bench: T, scale: Scale, log: Log) => Promise<readonly Figure[]>;

/** In table order. */
const ROWS: ReadonlyMap<string, Row<TestBed>> = new Map(
  Object.entries({ propagation, console: consolePages, cpu, writes, restart, fill, churn, huge }),
);
/** Rows that start their own clusters; measured last. */
const OWN_CLUSTERS: ReadonlyMap<string, Row<Bench>> = new Map(
  Object.entries({ merge, storm, hostile, members, fleet500 }),
);

function rowNames(text: string | undefined): readonly string[] {
  const all = [...ROWS.keys(), ...OWN_CLUSTERS.keys()];
  if (text === undefined) return all;
  const names = text.split(',');
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`row ${JSON.stringify(unknown)} not found; available: ${all.join(', ')}`);
  return names;
}

class Stopped extends Error {}

/** Aborts on SIGINT, SIGTERM and SIGHUP. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => controller.abort(new Stopped(`stopped by ${name}`)));
  }
  return controller.signal;
}

/** Measures rows in sequence. A row that fails is marked in the table, and the next one is measured. */
async function measure<T extends Bench>(
  rows: ReadonlyMap<string, Row<T>>,
  names: readonly string[],
  bench: T,
  scale: Scale,
  log: Log,
) {
  const figures: Figure[] = [];
  let failed = 0;
  for (const name of names) {
    const row = rows.get(name);
    if (!row) continue;
    log(name);
    try {
      figures.push(...(await row(bench, scale, (line) => log(`  ${line}`))));
    } catch (error) {
      bench.signal.throwIfAborted();
      failed += 1;
      console.error(error);
      figures.push(notMeasured(name, '', '', 'failed'));
    }
  }
  return { figures, failed };
}

/** Measures the rows on two real control planes, then those with their own clusters. */
async function measureAll(options: Omit<Bench, 'dir'>, names: readonly string[], scale: Scale, log: Log) {
  const figures: Figure[] = [];
  let failed = 0;
  if (names.some((name) => ROWS.has(name))) {
    log('starting two control planes');
    const testBed = await openTestBed(options);
    try {
      const measured = await measure(ROWS, names, testBed, scale, log);
      figures.push(...measured.figures);
      failed += measured.failed;
    } finally {
      await testBed.close();
    }
  }
  const dir = await mkdtemp(join(tmpdir(), 'catamaran-bench-'));
  try {
    await mkdir(join(dir, 'logs'));
    const measured = await measure(OWN_CLUSTERS, names, { ...options, dir }, scale, log);
    return { figures: [...figures, ...measured.figures], failed: failed + measured.failed };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function verdict(figures: readonly Figure[]): string {
  const missed = figures.filter(({ met }) => met === false);
  if (missed.length === 0) return 'All measured targets are met.';
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
  const log: Log = (line) => {
    console.log(`[${((performance.now() - started) / 1_000).toFixed(0).padStart(4)} s] ${line}`);
  };
  const profiles = values.profile === undefined ? undefined : resolve(values.profile);
  const options = { script: resolve(values.controller), profiles, signal };
  const { figures, failed } = await measureAll(options, names, values.quick ? QUICK : FULL, log);
  console.log(`\n${table(figures)}\n\n${machine()}\n${verdict(figures)}`);
  if (values.json !== undefined) await writeFile(resolve(values.json), jsonOf(figures));
  if (failed > 0) console.error(`${failed} rows could not be measured`);
  else if (!values.quick && values.rows === undefined) {
    await mkdir(RESULTS, { recursive: true });
    await writeFile(resolve(RESULTS, 'engine.json'), jsonOf(figures));
    await writeFile(resolve(RESULTS, 'engine.svg'), picture(figures, machine()));
    console.log('wrote bench/results/engine.json and engine.svg');
  }
  return failed > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Stopped ? error.message : error);
  process.exitCode = 1;
}
