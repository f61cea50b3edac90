/** The results of `make interop`: lines of JSON, and the table in the documents. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INTEROP_DIR } from './binaries.ts';

export const RESULTS_FILE: string = join(INTEROP_DIR, 'results.jsonl');

/** One thing that a consumer of imports was seen to do. */
export interface Shown {
  readonly consumer: string;
  readonly version: string;
  readonly shown: string;
}

export function readResults(): readonly Shown[] {
  const lines = readFileSync(RESULTS_FILE, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

/** A Markdown table with aligned columns, in the order of the rows. */
export function table(rows: readonly Shown[]): string {
  const cells = [['Consumer', 'Version', 'Shown'], ...rows.map((row) => [row.consumer, row.version, row.shown])];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}
