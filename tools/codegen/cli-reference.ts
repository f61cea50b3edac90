/** Generated blocks of `docs/reference/cli.md`, from Commander's definitions and the tables of the CLI. */
import type { Argument, Command, Option } from 'commander';
import { readEnvironment, VARIABLES } from '../../src/cli/environment.ts';
import { EXIT, EXIT_MEANINGS } from '../../src/cli/exit.ts';
import { defaultOf } from '../../src/cli/help.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { markdownTable, sentence } from './markdown.ts';

/** The program, to read its definitions without running it. */
function describedProgram(): Command {
  const silent = { write: () => {} };
  return buildProgram({
    name: 'catamaran',
    environment: readEnvironment({}),
    program: ['catamaran'],
    call: 'catamaran',
    stdout: silent,
    stderr: silent,
    isTerminal: false,
    stdoutColors: false,
    stderrColors: false,
    readStdin: async () => '',
    signal: new AbortController().signal,
  });
}

/** Executable commands by full name: those without subcommands, and those with options as well. */
function commandsOf(parent: Command, prefix: string): [name: string, command: Command][] {
  return parent.commands.flatMap((command): [string, Command][] => {
    const name = `${prefix} ${command.name()}`;
    const own = command.commands.length === 0 || command.options.length > 0;
    return [...(own ? [[name, command] satisfies [string, Command]] : []), ...commandsOf(command, name)];
  });
}

function optionRow(option: Option): readonly string[] {
  const { flags, description, argChoices, mandatory } = option;
  const choices = argChoices === undefined ? '' : `: ${argChoices.map((choice) => `\`${choice}\``).join(', ')}`;
  return [`\`${flags}\``, sentence(`${description}${choices}`), mandatory ? 'required' : (defaultOf(option) ?? '')];
}

function argumentRow(argument: Argument): readonly string[] {
  return [`\`<${argument.name()}>\``, sentence(argument.description), argument.required ? 'required' : ''];
}

function commandBlock(name: string, command: Command): string {
  const shown = command.options.filter(({ hidden }) => !hidden);
  const rows = [...command.registeredArguments.map(argumentRow), ...shown.map(optionRow)];
  const words = [...command.registeredArguments.map((argument) => `<${argument.name()}>`)];
  const usage = `    ${[name, ...(shown.length > 0 ? ['[options]'] : []), ...words].join(' ')}`;
  const table = rows.length === 0 ? [] : [markdownTable(['Option', 'Meaning', 'Default'], rows)];
  return [sentence(command.description()), usage, ...table].join('\n\n');
}

/** Blocks by name, in the order of the document. */
export function cliBlocks(): ReadonlyMap<string, string> {
  const program = describedProgram();
  const exitNames: readonly (keyof typeof EXIT)[] = ['ok', 'failure', 'usage', 'stopped'];
  const exits = exitNames.map((name) => [String(EXIT[name]), sentence(EXIT_MEANINGS[name])]);
  const variables = Object.entries(VARIABLES).map(([name, meaning]) => [`\`${name}\``, sentence(meaning)]);
  return new Map([
    ...commandsOf(program, program.name()).map(([name, command]) => [name, commandBlock(name, command)] as const),
    ['exit codes', markdownTable(['Code', 'Meaning'], exits)],
    ['environment', markdownTable(['Variable', 'Meaning'], variables)],
  ]);
}
