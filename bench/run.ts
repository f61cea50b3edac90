/**
 * `make bench`: real API servers, the controller, and a bare relay beside it. Prints the table of figures and writes it to
 * bench/results/.
 *
 * --rows a,b          only these rows; nothing is written to bench/results/
 * --quick             few samples; nothing is written to bench/results/
 * --controller FILE   script to run as `catamaran`; default dist/catamaran.js
 * --profile DIR       CPU profiles of the controllers
 *
 * Exit code 0 also where a target is missed; 1 where a row could not be measured.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Figure, notMeasured } from './figures.ts';
import { type Lab, openLab } from './lab.ts';
import { picture } from './picture.ts';
import { churn } from './rows/churn.ts';
import { fill } from './rows/fill.ts';
import { huge } from './rows/huge.ts';
import { propagation } from './rows/propagation.ts';
import { restart } from './rows/restart.ts';
import { writes } from './rows/writes.ts';
import { FULL, QUICK, type Say, type Scale } from './scale.ts';
import { machine, table } from './table.ts';

const RESULTS = fileURLToPath(new URL('results', import.meta.url));
const CONTROLLER = fileURLToPath(new URL('../dist/catamaran.js', import.meta.url));

/** In the order of the table. */
const ROWS = { propagation, writes, restart, fill, churn, huge } satisfies Record<
  string,
  (lab: Lab, scale: Scale, say: Say) => Promise<readonly Figure[]>
>;
type RowName = keyof typeof ROWS;

const MEMORY = notMeasured(
  '100 members of 300 Services / 4,000 endpoints: memory a member',
  'MB',
  '<= 25 MB',
  'needs a hundred API servers: the sandbox will have them',
);

function isRowName(name: string): name is RowName {
  return Object.hasOwn(ROWS, name);
}

function rowNames(text: string | undefined): readonly RowName[] {
  if (text === undefined) return Object.keys(ROWS).filter(isRowName);
  return text.split(',').map((name) => {
    if (!isRowName(name))
      throw new Error(`there is no row ${JSON.stringify(name)}: use ${Object.keys(ROWS).join(', ')}`);
    return name;
  });
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
async function measure(lab: Lab, names: readonly RowName[], scale: Scale, say: Say) {
  const figures: Figure[] = [];
  let failed = 0;
  for (const name of names) {
    say(name);
    try {
      figures.push(...(await ROWS[name](lab, scale, (line) => say(`  ${line}`))));
    } catch (error) {
      lab.signal.throwIfAborted();
      failed += 1;
      console.error(error);
      figures.push(notMeasured(name, '', '', 'it failed'));
    }
  }
  return { figures: [...figures, MEMORY], failed };
}

function verdict(figures: readonly Figure[]): string {
  const missed = figures.filter(({ met }) => met === false);
  if (missed.length === 0) return 'Every target that was measured is met.';
  return `MISSED: ${missed.length} of ${figures.length} targets\n${missed.map(({ row }) => `  ${row}`).join('\n')}`;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string' },
      quick: { type: 'boolean', default: false },
      controller: { type: 'string', default: CONTROLLER },
      profile: { type: 'string' },
    },
  });
  const names = rowNames(values.rows);
  const signal = stopSignal();
  const started = performance.now();
  const say: Say = (line) => {
    console.log(`[${((performance.now() - started) / 1_000).toFixed(0).padStart(4)} s] ${line}`);
  };
  say('starting two control planes');
  const profiles = values.profile === undefined ? undefined : resolve(values.profile);
  const lab = await openLab({ script: resolve(values.controller), profiles, signal });
  try {
    const { figures, failed } = await measure(lab, names, values.quick ? QUICK : FULL, say);
    console.log(`\n${table(figures)}\n\n${machine()}\n${verdict(figures)}`);
    if (failed > 0) console.error(`${failed} rows could not be measured`);
    else if (!values.quick && values.rows === undefined) {
      await mkdir(RESULTS, { recursive: true });
      await writeFile(resolve(RESULTS, 'engine.json'), `${JSON.stringify(figures, undefined, 2)}\n`);
      await writeFile(resolve(RESULTS, 'engine.svg'), picture(figures, machine()));
      console.log('written to bench/results/engine.json and engine.svg');
    }
    return failed > 0 ? 1 : 0;
  } finally {
    await lab.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Stopped ? error.message : error);
  process.exitCode = 1;
}
