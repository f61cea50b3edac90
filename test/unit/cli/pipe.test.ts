/** Pipes: a reader of the output that closes it early, as `head` does, and objects from stdin. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MAIN } from '../../support/invoke.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'catamaran-pipe-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it.each([
  ['crds', ['crds']],
  ['sandbox up', ['sandbox', 'up', '--state-dir', 'state']],
])('%s exits cleanly when its reader closes the pipe, and leaves no files', { timeout: 60_000 }, async (_, args) => {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  expect(await ended).toEqual([0, null]);
  expect(complaint).toBe('');
  expect(await readdir(dir)).toEqual([]);
});

it('sandbox apply reads stdin for -', async () => {
  const args = ['sandbox', 'apply', '--state-dir', 'state', '--to', 'cluster1', '-f', '-'];
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: dir });
  child.stdin.end('kind: Pod\n---\nkind: Pod\n');
  const [complaint] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect(complaint).toMatch(/^error: \[CTM_SANDBOX_MANIFEST\] stdin, document 1: apiVersion: [^\n]*\n$/);
});

it.runIf(existsSync('/dev/full'))('a full disk is one line, not a stack trace', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [MAIN, 'crds'], { cwd: dir, stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  const ended = once(child, 'exit');
  const complaint = child.stderr && (await text(child.stderr));
  expect(complaint).toBe('error: [CTM_OUTPUT] stdout: ENOSPC: no space left on device, write\n');
  expect(await ended).toEqual([1, null]);
});
