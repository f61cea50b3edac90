import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { examples } from '../../../src/cli/help.ts';
import { buildProgram } from '../../../src/cli/program.ts';
import { invoke, recordingContext } from '../../support/invoke.ts';

/** Executable commands by full name: those without subcommands, and `dns`, which also has options. */
function leaves(command: Command, name: string): [string, Command][] {
  return command.commands.flatMap((child): [string, Command][] => {
    const full = `${name} ${child.name()}`;
    const own: [string, Command][] = child.commands.length === 0 || child.options.length > 0 ? [[full, child]] : [];
    return [...own, ...leaves(child, full)];
  });
}

describe('--help', () => {
  const commands = leaves(buildProgram(recordingContext().context), 'catamaran');

  it.each(commands.map(([name]) => [name]))('%s has examples, of existing commands', async (name) => {
    const { code, stdout } = await invoke([...name.split(' ').slice(1), '--help']);
    const text = stdout.split(/^Examples:\n/m)[1] ?? '';
    expect(code).toBe(0);
    expect(text).toContain(name);
    for (const [, words = ''] of text.matchAll(/catamaran ((?:[a-z]+ )*[a-z]+)/g)) {
      const known = commands.some(([each]) => `catamaran ${words} `.startsWith(`${each} `));
      expect(known, words).toBe(true);
    }
  });

  it.each(commands)('%s is a verb phrase, and its options are phrases', (_, command) => {
    const shown = command.options.filter(({ hidden }) => !hidden);
    for (const { description } of [...shown, ...command.registeredArguments]) {
      expect(description).not.toBe('');
      expect(description).not.toMatch(/\.$/);
    }
    expect(command.description()).toMatch(
      /^(add|apply|cut|delay|(un)?export|follow|import|install|print|remove|run|send|serve|show|st(art|op)|trace|undo|validate|withdraw|write) [^.]+$/,
    );
  });

  it.each([
    ['a default', ['crds'], '-o, --output <format>  output format: yaml, json (default: yaml)'],
    ['a default that is not a value', ['dns'], 'kubeconfig context (default: current context)'],
    ['that an option is required', ['config', 'check'], 'fleet file; - reads stdin (required)'],
    ['no default of a switch', ['sandbox', 'curl'], '--include             include response headers\n'],
  ])('shows %s', async (_, args, line) => {
    expect((await invoke([...args, '--help'])).stdout).toContain(line);
  });
});

describe('examples', () => {
  it('align comments', () => {
    expect(examples(['a', 'first'], 'b c', ['bcd', 'second'])).toBe(
      '\nExamples:\n  a     first\n  b c\n  bcd   second\n',
    );
  });
});
