/**
 * `make mutation`: mutation testing of src/core. Fails below the threshold, if a mutant survives that is not listed as
 * equivalent, or if a listed one does not survive. `node tools/tasks/mutation.ts [file…]`; with files, results of
 * earlier runs are reused for unchanged code.
 */
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stryker } from '@stryker-mutator/core';
import { compareSurvivors, readSurvivors, showMutant } from '../mutation/survivors.ts';

const CONFIG = fileURLToPath(new URL('../mutation/stryker.config.js', import.meta.url));

const CORE = fileURLToPath(new URL('../../src/core', import.meta.url));

const files = process.argv.slice(2);
const results = await new Stryker({
  configFile: CONFIG,
  ...(files.length > 0 && { mutate: files, incremental: true }),
}).runMutationTest();

// An incremental run also returns earlier results of other files, which may be outdated.
const requested = new Set(files.map((file) => resolve(file)));
const current = results.filter(({ fileName }) => requested.size === 0 || requested.has(resolve(fileName)));
const run = current.map((mutant) => ({
  file: relative(CORE, mutant.fileName),
  survived: mutant.status === 'Survived' || mutant.status === 'NoCoverage',
  ...showMutant(readFileSync(mutant.fileName, 'utf8'), mutant),
}));
const { unlisted, stale } = compareSurvivors(run, readSurvivors());
for (const { file, before, after } of unlisted)
  console.log(`${file}: survived and is not listed\n-   ${before}\n+   ${after}`);
for (const { file, before, after } of stale)
  console.log(`${file}: listed and did not survive\n-   ${before}\n+   ${after}`);
console.log(`${run.length} mutants, ${unlisted.length} unlisted survivors, ${stale.length} stale entries`);
if (unlisted.length > 0 || stale.length > 0) process.exitCode = 1;
