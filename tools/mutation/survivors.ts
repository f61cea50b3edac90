/** Mutants that no test can kill, because the program with them does the same: survivors.yaml holds them with reasons. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** A mutant as a reader sees it: the line where it begins, before and after. */
const mutant = z.strictObject({ before: z.string(), after: z.string() });
export type Mutant = z.infer<typeof mutant>;

const entry = z.strictObject({ file: z.string(), reason: z.string().min(20), mutants: z.array(mutant).min(1) });
/** Mutants of one file with the reason why they are equivalent. */
export type Equivalent = z.infer<typeof entry>;

export const SURVIVORS_FILE: string = join(import.meta.dirname, 'survivors.yaml');

export function readSurvivors(): readonly Equivalent[] {
  return z.array(entry).parse(parse(readFileSync(SURVIVORS_FILE, 'utf8')) ?? []);
}

/** What Stryker reports of a mutant. Lines and columns count from 1. */
export interface MutantReport {
  readonly fileName: string;
  readonly replacement: string;
  readonly status: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

interface Position {
  readonly line: number;
  readonly column: number;
}

/** The line where a mutant begins, before and after; of a mutant that ends on a later line, its first line only. */
export function showMutant(source: string, { replacement, location: { start, end } }: MutantReport): Mutant {
  const lines = source.split('\n');
  const before = lines[start.line - 1] ?? '';
  const rest = (lines[end.line - 1] ?? '').slice(end.column - 1);
  const after = `${before.slice(0, start.column - 1)}${replacement}${rest}`.split('\n')[0] ?? '';
  return { before: before.trim(), after: after.trim() };
}

/** How a run differs from the list. */
export interface Difference {
  /** Mutants that survived and are not listed. */
  readonly unlisted: readonly (Mutant & { readonly file: string })[];
  /** Listed mutants that were killed, or that the source has no more. */
  readonly stale: readonly (Mutant & { readonly file: string })[];
}

/** Compares the mutants of a run with the list, as far as the run's files go. */
export function compareSurvivors(
  run: readonly (Mutant & { readonly file: string; readonly survived: boolean })[],
  listed: readonly Equivalent[],
): Difference {
  const key = ({ file, before, after }: Mutant & { readonly file: string }) => [file, before, after].join('\n');
  const files = new Set(run.map(({ file }) => file));
  const expected = listed
    .filter(({ file }) => files.has(file))
    .flatMap(({ file, mutants }) => mutants.map((mutant) => ({ file, ...mutant })));
  const survived = run.filter((mutant) => mutant.survived);
  const survivedKeys = new Set(survived.map(key));
  const expectedKeys = new Set(expected.map(key));
  return {
    unlisted: survived.filter((mutant) => !expectedKeys.has(key(mutant))),
    stale: expected.filter((mutant) => !survivedKeys.has(key(mutant))),
  };
}
