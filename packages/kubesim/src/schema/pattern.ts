/**
 * Regular expressions of schemas. They have the syntax of Go, and are matched in time linear to the text by the same
 * algorithm: anyone who may create a CRD chooses the expression, and with backtracking one of ten characters can take
 * hours.
 */
import { RE2JS } from 're2js';

/** Number of compiled expressions that are kept; compiling takes longer than matching. */
const KEPT = 256;
const compiled = new Map<string, RE2JS>();

function compile(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  const fresh = RE2JS.compile(pattern);
  if (compiled.size >= KEPT) compiled.clear();
  compiled.set(pattern, fresh);
  return fresh;
}

/** Go's message if the pattern is not an expression; undefined if it is. */
export function patternProblem(pattern: string): string | undefined {
  try {
    compile(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether a part of the text matches. A pattern that is not an expression matches everything. */
export function matchesPattern(pattern: string, text: string): boolean {
  return patternProblem(pattern) !== undefined || compile(pattern).matcher(text).find();
}
