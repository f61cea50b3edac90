/**
 * One executable per platform, without Node.js to install: the binary of Node.js with the program in it (Node.js
 * documentation, "Single executable applications").
 */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'postject';
import { nodeFor, nodeVersion, type Platform } from './node-binary.ts';

const run = promisify(execFile);
/** Set by Node.js in its binaries; it shows whether a binary has a program. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const RESOURCE = 'NODE_SEA_BLOB';
/** Prefix of the keys by which the program finds the files of the console's page. */
const ASSETS = 'console';

/** `script` is the path of a CommonJS bundle, and `page` the directory of the console's page. */
export async function makeExecutable(platform: Platform, script: string, page: string): Promise<Buffer> {
  const { binary } = await nodeFor(platform);
  const directory = await mkdtemp(join(tmpdir(), 'catamaran-executable-'));
  try {
    const path = join(directory, 'catamaran');
    await writeFile(path, binary, { mode: 0o755 });
    await inject(path, RESOURCE, await programBlob(script, page, directory), { sentinelFuse: FUSE });
    return await readFile(path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The program in the format of this Node.js, whose version has to be that of the executable. */
async function programBlob(script: string, page: string, directory: string): Promise<Buffer> {
  if (process.versions.node !== nodeVersion()) {
    throw new Error(
      `executables have Node.js ${nodeVersion()}, and are made with it; this is ${process.versions.node}`,
    );
  }
  const assets = readdirSync(page, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(page, join(entry.parentPath, entry.name)))
    .toSorted();
  const config = {
    main: 'catamaran.cjs',
    output: 'catamaran.blob',
    disableExperimentalSEAWarning: true,
    assets: Object.fromEntries(assets.map((path) => [`${ASSETS}/${path}`, `${ASSETS}/${path}`])),
  };
  await cp(page, join(directory, ASSETS), { recursive: true });
  await writeFile(join(directory, config.main), await readFile(script));
  await writeFile(join(directory, 'sea.json'), JSON.stringify(config));
  // Relative paths: the blob contains that of the script.
  await run(process.execPath, ['--experimental-sea-config', 'sea.json'], { cwd: directory });
  return await readFile(join(directory, config.output));
}
