/** `make fuzz`: `node --expose-gc test/unit/fuzz/run-fuzz.ts [TARGET [COUNT [SEED]]]`; without a target, all of them. */
import { inspect } from 'node:util';
import { fuzz } from '../../support/fuzz/fuzz.ts';
import { isTarget, TARGETS, type TargetName } from '../../support/fuzz/targets.ts';

const COUNT = 10_000_000;
/** Maximum growth of live memory, in bytes. */
const GROWTH_BYTES = 8 * 1024 * 1024;

const [wanted = '', count = COUNT, seed = Date.now() % 2 ** 31] = [
  process.argv[2],
  ...process.argv.slice(3).map(Number),
];
const { gc } = globalThis;
if (!gc) throw new Error('run with --expose-gc');
if (wanted !== '' && !isTarget(wanted)) throw new Error(`available: ${Object.keys(TARGETS).join(', ')}`);

async function run(name: TargetName): Promise<void> {
  const started = Date.now();
  const { failures, growth } = await fuzz(TARGETS[name].open(), { count, seed, collect: () => gc?.() });
  const seconds = (Date.now() - started) / 1_000;
  console.log(`${name}: ${count} inputs in ${seconds} s, ${failures.length} failures, memory grew by ${growth} bytes`);
  for (const failure of failures) {
    console.log(`\nmake fuzz TARGET=${name} COUNT=1 SEED=${failure.seed}`);
    console.log(`  ${inspect(failure.input.toString('latin1').slice(0, 500))}\n  ${inspect(failure.error)}`);
  }
  if (failures.length > 0 || growth > GROWTH_BYTES) process.exitCode = 1;
}

console.log(`seed ${seed}`);
for (const name of Object.keys(TARGETS)) if (isTarget(name) && (wanted === '' || wanted === name)) await run(name);
