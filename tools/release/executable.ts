/**
 * One executable per platform, without Node.js to install: the binary of Node.js with the program in it (Node.js
 * documentation, "Single executable applications").
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'postject';
import { nodeFor, nodeVersion, type Platform } from './node-binary.ts';

const run = promisify(execFile);
/** Set by Node.js in its binaries; it shows whether a binary has a program. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const RESOURCE = 'NODE_SEA_BLOB';

/** `script` is the path of a CommonJS bundle. */
export async function makeExecutable(platform: Platform, script: string): Promise<Buffer> {
  const { binary } = await nodeFor(platform);
  const directory = await mkdtemp(join(tmpdir(), 'catamaran-executable-'));
  try {
    const path = join(directory, 'catamaran');
    await writeFile(path, binary, { mode: 0o755 });
    await inject(path, RESOURCE, await programBlob(script, directory), { sentinelFuse: FUSE });
    return await readFile(path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The program in the format of this Node.js, whose version has to be that of the executable. */
async function programBlob(script: string, directory: string): Promise<Buffer> {
  if (process.versions.node !== nodeVersion()) {
    throw new Error(
      `executables have Node.js ${nodeVersion()}, and are made with it; this is ${process.versions.node}`,
    );
  }
  const config = { main: 'catamaran.cjs', output: 'catamaran.blob', disableExperimentalSEAWarning: true };
  await writeFile(join(directory, config.main), await readFile(script));
  await writeFile(join(directory, 'sea.json'), JSON.stringify(config));
  // Relative paths: the blob contains that of the script.
  await run(process.execPath, ['--experimental-sea-config', 'sea.json'], { cwd: directory });
  return await readFile(join(directory, config.output));
}
