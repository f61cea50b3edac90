/** `make dist-twice`: makes the release of this commit in two fresh clones, and compares all files. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../paths.ts';

function sumsOf(directory: string, clone: string): readonly string[] {
  const path = join(directory, clone);
  execFileSync('git', ['clone', '--quiet', ROOT, path], { stdio: 'inherit' });
  execFileSync('make', ['dist'], { cwd: path, stdio: 'inherit' });
  return readFileSync(join(path, 'release', 'SHA256SUMS'), 'utf8')
    .trimEnd()
    .split('\n');
}

const directory = mkdtempSync(join(tmpdir(), 'catamaran-dist-'));
try {
  const [first, second] = [sumsOf(directory, 'first'), sumsOf(directory, 'a-longer-second')];
  const differing = first.filter((line) => !second.includes(line));
  for (const line of differing) console.error(`differs: ${line.split('  ')[1]}`);
  console.log(
    differing.length === 0 ? `equal: ${first.length} files` : `${differing.length} of ${first.length} differ`,
  );
  process.exitCode = differing.length === 0 && first.length === second.length ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
