/** Short ways to say what is wrong with a field. Source: Kubernetes, apimachinery, validation/field. */

import type { FieldError } from './field-error.ts';
import type { Json } from './json.ts';

export type { FieldError } from './field-error.ts';

/** A field that must be given. */
export function required(path: string, detail = ''): FieldError {
  return { type: 'Required', path, detail };
}

/** A value that is malformed or out of bounds. */
export function invalid(path: string, value: Json | undefined, detail: string): FieldError {
  return { type: 'Invalid', path, value: value ?? null, detail };
}

/** One error for each problem, in the order of the problems. */
export function invalidFor(path: string, value: Json, problems: readonly string[]): readonly FieldError[] {
  return problems.map((problem) => invalid(path, value, problem));
}

/** A value that is none of those supported, which the words list in the given order. */
export function notSupported(path: string, value: Json | undefined, supported: readonly string[]): FieldError {
  const detail = `supported values: ${supported.map((one) => JSON.stringify(one)).join(', ')}`;
  return { type: 'NotSupported', path, value: value ?? null, detail };
}

/** A value that may be there once only. */
export function duplicate(path: string, value: Json | undefined): FieldError {
  return { type: 'Duplicate', path, value: value ?? null, detail: '' };
}

/** A reference to something that is not there. */
export function missing(path: string, value: Json): FieldError {
  return { type: 'NotFound', path, value, detail: '' };
}

/** A field that may not be set here, or not be changed. */
export function forbidden(path: string, detail: string): FieldError {
  return { type: 'Forbidden', path, detail };
}

/** A value of too many bytes. */
export function tooLong(path: string, limit: number): FieldError {
  return { type: 'TooLong', path, detail: `may not be more than ${limit} bytes` };
}

/** A list of too many items. */
export function tooMany(path: string, actual: number, limit: number): FieldError {
  return { type: 'TooMany', path, value: actual, detail: `must have at most ${limit} items` };
}

/** What is said of a field that may not change. */
export const IMMUTABLE = 'field is immutable';

/** What is said of a number below zero. */
export const NEGATIVE = 'must be greater than or equal to 0';
