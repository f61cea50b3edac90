/** Output formats of commands. */
import { Option } from 'commander';
import { stringify } from 'yaml';

/** `table` and `wide` are for a terminal. */
export type OutputFormat = 'table' | 'wide' | 'json' | 'yaml';

/** `-o, --output`; the first format is the default. */
export function outputOption(formats: readonly [OutputFormat, ...OutputFormat[]], description = 'output format') {
  return new Option('-o, --output <format>', description).choices(formats).default(formats[0]);
}

/** A value as JSON or YAML, or the text for a terminal. */
export function rendered(value: unknown, format: OutputFormat, text: () => string): string {
  if (format === 'json') return `${JSON.stringify(value, null, 2)}\n`;
  return format === 'yaml' ? stringify(value) : text();
}
