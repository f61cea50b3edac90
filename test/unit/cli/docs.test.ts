import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { VARIABLES } from '../../../src/cli/environment.ts';
import { EXIT } from '../../../src/cli/exit.ts';
import { buildProgram } from '../../../src/cli/program.ts';
import { invoke, recordingContext } from '../../support/invoke.ts';

const ROOT = join(import.meta.dirname, '../../..');
const doc = readFileSync(join(ROOT, 'docs/reference/cli.md'), 'utf8');

/** Sections of the document by title. */
const sections = new Map(
  doc
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
);

/** Commands that do something, with their full names: those without subcommands, and `dns`, which has options too. */
function leaves(command: Command, name: string): [string, Command][] {
  return command.commands.flatMap((child): [string, Command][] => {
    const full = `${name} ${child.name()}`;
    const own: [string, Command][] = child.commands.length === 0 || child.options.length > 0 ? [[full, child]] : [];
    return [...own, ...leaves(child, full)];
  });
}

describe('docs/reference/cli.md', () => {
  const commands = leaves(buildProgram(recordingContext().context), 'catamaran');

  it('has every command and option, and its options are those that there are', () => {
    expect(commands.map(([name]) => name)).toContain('catamaran crds');
    for (const [name, command] of commands) {
      const documented = [...(sections.get(name) ?? '').matchAll(/^\| .*?`(?<flag>--[a-z-]+)/gm)];
      expect(sections.has(name), name).toBe(true);
      expect(documented.map(({ groups }) => groups?.flag)).toEqual(command.options.map((option) => option.long));
    }
  });

  it.each(commands.map(([name]) => [name]))('%s --help has examples, of commands that there are', async (name) => {
    const { code, stdout } = await invoke([...name.split(' ').slice(1), '--help']);
    const examples = stdout.split(/^Examples?:\n/m)[1] ?? '';
    expect(code).toBe(0);
    expect(examples).toContain(name);
    for (const [, words = ''] of examples.matchAll(/catamaran ((?:[a-z]+ )*[a-z]+)/g)) {
      const known = commands.some(([each]) => `catamaran ${words} `.startsWith(`${each} `));
      expect(known, words).toBe(true);
    }
  });

  it('has the exit codes', () => {
    const codes = [...(sections.get('Exit codes') ?? '').matchAll(/^\| (?<code>\d+) *\|/gm)];
    expect(codes.map(({ groups }) => Number(groups?.code))).toEqual(Object.values(EXIT));
  });

  it('has the variables that are read', () => {
    const documented = [...(sections.get('Environment') ?? '').matchAll(/^\| `(?<name>[A-Z_]+)` *\|/gm)];
    expect(documented.map(({ groups }) => groups?.name)).toEqual(Object.keys(VARIABLES));
  });
});
