/** Completion scripts, in a real shell if there is one. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { invoke } from '../../support/invoke.ts';

/** What bash offers for the last word of a command line. */
async function offered(line: string): Promise<readonly string[]> {
  const { stdout: script } = await invoke(['completion', 'bash']);
  const words = line.split(' ');
  const set = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`;
  const source = `${script}\n${set}; _catamaran; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', source], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

it.each([
  ['catamaran exp', ['explain', 'export']],
  ['catamaran dns e', ['enable']],
  ['catamaran dns enable --mo', ['--mode']],
  ['catamaran dns enable --mode ', ['coredns', 'stub']],
  ['catamaran status -o js', ['json']],
  ['catamaran completion z', ['zsh']],
  ['catamaran status --config ', expect.not.arrayContaining(['json'])],
])('bash: %j', async (line, words) => {
  expect(await offered(line)).toEqual(words);
});

it.each([
  ['bash', '/bin/bash'],
  ['zsh', '/usr/bin/zsh'],
  ['fish', '/usr/bin/fish'],
] as const)('%s: all commands, and no syntax error if the shell is here', async (shell, path) => {
  const { code, stdout } = await invoke(['completion', shell]);
  expect(code).toBe(0);
  for (const word of ['unexport', 'sandbox', 'partition', 'verify']) expect(stdout).toContain(word);
  if (existsSync(path)) expect(() => execFileSync(path, ['-n'], { input: stdout })).not.toThrow();
});

it('another shell is refused, with those that are known', async () => {
  expect(await invoke(['completion', 'tcsh'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Allowed choices are bash, zsh, fish.'),
  });
});
