import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pageFiles } from '../../../../src/cli/console/page-files.ts';

let directory: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'catamaran-page-')));
  mkdirSync(join(directory, 'dist', 'console'), { recursive: true });
  mkdirSync(join(directory, 'bin'));
  for (const file of ['catamaran.js', 'console/index.html']) writeFileSync(join(directory, 'dist', file), '');
});
afterEach(() => rmSync(directory, { recursive: true }));

const foundFrom = (script: string) => pageFiles({ program: ['node', script] });

it('is beside the bundle', () => {
  expect(foundFrom(join(directory, 'dist', 'catamaran.js'))).toBe(join(directory, 'dist', 'console'));
});

it('is beside the bundle to which the command is a link, as npm and the container image install it', () => {
  const command = join(directory, 'bin', 'catamaran');
  symlinkSync('../dist/catamaran.js', command);
  expect(foundFrom(command)).toBe(join(directory, 'dist', 'console'));
});

it('is that of dist for a script of a clone', () => {
  mkdirSync(join(directory, 'src', 'cli'), { recursive: true });
  const script = join(directory, 'src', 'cli', 'main.ts');
  writeFileSync(script, '');
  expect(foundFrom(script)).toBe(join(directory, 'dist', 'console'));
});
