/**
 * `make interop`: builds programs of other projects that read ServiceImports, runs them beside the controller on real
 * API servers, and prints what was shown. With `--write`, the table in docs/reference/interop.md is written, too.
 *
 * These programs listen on fixed ports of all addresses, so everything runs in a network namespace of its own. Needs
 * Linux, and root or user namespaces.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildInterop, INTEROP_BINARIES } from '../interop/binaries.ts';
import { RESULTS_FILE, readResults, table } from '../interop/results.ts';
import { ROOT } from '../paths.ts';

const PAGE = join(ROOT, 'docs/reference/interop.md');
const GENERATED = /(<!-- generated: interop -->\n)[\s\S]*(<!-- end -->)/;

function main(args: readonly string[]): boolean {
  for (const binary of INTEROP_BINARIES) {
    console.log(`building ${binary.name}; the first time takes minutes`);
    buildInterop(binary);
  }
  writeFileSync(RESULTS_FILE, '');
  const user = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const tests = 'ip link set lo up && exec vitest run --project interop';
  const { status } = spawnSync('unshare', [...user, '--net', '--', 'sh', '-c', tests], { cwd: ROOT, stdio: 'inherit' });
  const text = table(readResults());
  console.log(`\n${text}`);
  if (status !== 0) return false;
  if (args.includes('--write')) {
    writeFileSync(
      PAGE,
      readFileSync(PAGE, 'utf8').replace(GENERATED, (_, start, end) => `${start}\n${text}\n\n${end}`),
    );
  }
  return true;
}

try {
  if (!main(process.argv.slice(2))) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
