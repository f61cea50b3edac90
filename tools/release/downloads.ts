/** Files from package registries, checked against pinned hashes and kept in `.cache/downloads`. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../paths.ts';

const CACHE = join(ROOT, '.cache', 'downloads');
const run = promisify(execFile);

/** The file with a SHA-256. @throws an Error if it is not available, or is another file. */
export async function download(url: string, sha256: string): Promise<Buffer> {
  return await cached(sha256, hexOf, async () => {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
    return Buffer.from(await response.arrayBuffer());
  });
}

/** The tarball of an npm package, by npm. `integrity` is that of the lock file. */
export async function npmTarball(name: string, version: string, integrity: string): Promise<Buffer> {
  return await cached(integrity, integrityOf, async (directory) => {
    const args = ['pack', `${name}@${version}`, '--silent', '--pack-destination', directory];
    const { stdout } = await run('npm', args, { cwd: directory });
    const path = join(directory, stdout.trim());
    const content = readFileSync(path);
    rmSync(path);
    return content;
  });
}

function hexOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** As in lock files of npm. */
function integrityOf(content: Buffer): string {
  return `sha512-${createHash('sha512').update(content).digest('base64')}`;
}

async function cached(
  hash: string,
  hashOf: (content: Buffer) => string,
  fetched: (directory: string) => Promise<Buffer>,
): Promise<Buffer> {
  mkdirSync(CACHE, { recursive: true });
  const path = join(CACHE, hash.replace(/\W/g, '_'));
  if (existsSync(path)) {
    const content = readFileSync(path);
    if (hashOf(content) === hash) return content;
  }
  const content = await fetched(CACHE);
  if (hashOf(content) !== hash) throw new Error(`a download has the hash ${hashOf(content)}, expected ${hash}`);
  writeFileSync(`${path}.${process.pid}`, content);
  renameSync(`${path}.${process.pid}`, path);
  return content;
}
