/** Errors of single fields, in the words of a Kubernetes API server. Source: Kubernetes, apimachinery, validation/field. */
import type { Json } from './json.ts';

/** Reasons as they stand in the causes of a Status. */
const REASONS = {
  Required: { reason: 'FieldValueRequired', words: 'Required value' },
  Invalid: { reason: 'FieldValueInvalid', words: 'Invalid value' },
  NotSupported: { reason: 'FieldValueNotSupported', words: 'Unsupported value' },
  Duplicate: { reason: 'FieldValueDuplicate', words: 'Duplicate value' },
  NotFound: { reason: 'FieldValueNotFound', words: 'Not found' },
  Forbidden: { reason: 'FieldValueForbidden', words: 'Forbidden' },
  TooLong: { reason: 'FieldValueTooLong', words: 'Too long' },
  TooMany: { reason: 'FieldValueTooMany', words: 'Too many' },
  TypeInvalid: { reason: 'FieldValueTypeInvalid', words: 'Invalid value' },
  Internal: { reason: 'InternalError', words: 'Internal error' },
} as const;

/** What is wrong with the field. */
export type FieldErrorType = keyof typeof REASONS;

/** One error of one field. */
export interface FieldError {
  readonly type: FieldErrorType;
  /** As in `spec.ports[0].port`; `metadata.labels` for a whole map. */
  readonly path: string;
  /** The bad value, where the words show it. */
  readonly value?: Json;
  /** Reason, as in `must be between 1 and 65535, inclusive`. */
  readonly detail: string;
}

/** A cause of a Status: `details.causes[]`. */
export type Cause = { readonly reason: string; readonly message: string; readonly field: string };

/** Types whose words do not show the value. */
const WITHOUT_VALUE: ReadonlySet<FieldErrorType> = new Set(['Required', 'Forbidden', 'TooLong', 'Internal']);

/** What the encoder of the API server writes as escapes, so that JSON can stand in HTML. */
const ESCAPED = /[<>&]/g;

function shown(value: Json | undefined): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return `${value}`;
  return JSON.stringify(value).replace(ESCAPED, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}

/** The error without its path, as in `Invalid value: 0: must be between 1 and 65535, inclusive`. */
export function fieldErrorBody(error: FieldError): string {
  const { words } = REASONS[error.type];
  const bare = WITHOUT_VALUE.has(error.type) || (error.type === 'TooMany' && error.value === undefined);
  const head = bare ? words : `${words}: ${shown(error.value)}`;
  return error.detail === '' ? head : `${head}: ${error.detail}`;
}

/** The error with its path. */
export function fieldErrorText(error: FieldError): string {
  return `${error.path}: ${fieldErrorBody(error)}`;
}

/** The error as a cause of a Status. */
export function causeOf(error: FieldError): Cause {
  return { reason: REASONS[error.type].reason, message: fieldErrorBody(error), field: error.path };
}

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
