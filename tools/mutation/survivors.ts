/** Equivalent mutants, which no test can kill: survivors.yaml lists them with reasons. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** The first line of a mutant, before and after. */
const mutant = z.strictObject({ before: z.string(), after: z.string() });
export type Mutant = z.infer<typeof mutant>;

const entry = z.strictObject({ file: z.string(), reason: z.string().min(20), mutants: z.array(mutant).min(1) });
/** Mutants of one file, with the reason why they are equivalent. */
export type Equivalent = z.infer<typeof entry>;

export const SURVIVORS_FILE: string = join(import.meta.dirname, 'survivors.yaml');

export function readSurvivors(): readonly Equivalent[] {
  return z.array(entry).parse(parse(readFileSync(SURVIVORS_FILE, 'utf8')) ?? []);
}

/** A mutant in Stryker's results. Lines and columns count from 1. */
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

/** The first line of a mutant, before and after, even if the mutant spans several lines. */
export function showMutant(source: string, { replacement, location: { start, end } }: MutantReport): Mutant {
  const lines = source.split('\n');
  const before = lines[start.line - 1] ?? '';
  const rest = (lines[end.line - 1] ?? '').slice(end.column - 1);
  const after = `${before.slice(0, start.column - 1)}${replacement}${rest}`.split('\n')[0] ?? '';
  return { before: before.trim(), after: after.trim() };
}

export interface Difference {
  /** Mutants that survived and are not listed. */
  readonly unlisted: readonly (Mutant & { readonly file: string })[];
  /** Listed mutants that were killed, or that no longer exist. */
  readonly stale: readonly (Mutant & { readonly file: string })[];
}

/** Compares the mutants of a run with the entries for the files of that run. */
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
