/** Formatting of `--help`: options, defaults and examples. `docs/reference/cli.md` uses the same functions. */
import type { Option } from 'commander';

/** The default as users write it; undefined if there is none, or if the option is a switch that is off. */
export function defaultOf({ defaultValue, defaultValueDescription }: Option): string | undefined {
  if (defaultValueDescription !== undefined) return defaultValueDescription;
  return defaultValue === undefined || typeof defaultValue === 'boolean' ? undefined : String(defaultValue);
}

/** `output format: yaml, json (default: yaml)`. */
export function optionDescription(option: Option): string {
  const { description, argChoices, mandatory } = option;
  const choices = argChoices === undefined ? '' : `: ${argChoices.join(', ')}`;
  const preset = defaultOf(option);
  const note = mandatory ? ' (required)' : preset === undefined ? '' : ` (default: ${preset})`;
  return `${description}${choices}${note}`;
}

/** Text for the end of a command's help: command lines, each with an optional comment. */
export function examples(...lines: readonly (string | readonly [line: string, comment: string])[]): string {
  const width = Math.max(...lines.map((line) => (typeof line === 'string' ? 0 : line[0].length)));
  const shown = lines.map((line) => (typeof line === 'string' ? line : `${line[0].padEnd(width)}   ${line[1]}`));
  return `\nExamples:\n${shown.map((line) => `  ${line}\n`).join('')}`;
}
