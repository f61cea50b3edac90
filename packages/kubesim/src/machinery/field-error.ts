/**
 * Field validation errors with the wording of the Kubernetes API server. Source: Kubernetes, apimachinery,
 * validation/field.
 */
import type { Json } from './json.ts';

/** Reasons in the causes of a Status. */
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

export type FieldErrorType = keyof typeof REASONS;

/** A validation error of one field. */
export interface FieldError {
  readonly type: FieldErrorType;
  /** Such as `spec.ports[0].port`, or `metadata.labels` for a whole map. */
  readonly path: string;
  /** The invalid value, if the message contains it. */
  readonly value?: Json;
  /** Such as `must be between 1 and 65535, inclusive`. */
  readonly detail: string;
}

/** A cause of a Status: `details.causes[]`. */
export type Cause = { readonly reason: string; readonly message: string; readonly field: string };

/** Types whose message does not contain the value. */
const WITHOUT_VALUE: ReadonlySet<FieldErrorType> = new Set(['Required', 'Forbidden', 'TooLong', 'Internal']);

/** Characters that Go's JSON encoder escapes, so that JSON can be embedded in HTML. */
const ESCAPED = /[<>&]/g;

function shown(value: Json | undefined): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return `${value}`;
  return JSON.stringify(value).replace(ESCAPED, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}

/** The error without its path, such as `Invalid value: 0: must be between 1 and 65535, inclusive`. */
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

export function required(path: string, detail = ''): FieldError {
  return { type: 'Required', path, detail };
}

export function invalid(path: string, value: Json | undefined, detail: string): FieldError {
  return { type: 'Invalid', path, value: value ?? null, detail };
}

/** One error per problem, in order. */
export function invalidFor(path: string, value: Json, problems: readonly string[]): readonly FieldError[] {
  return problems.map((problem) => invalid(path, value, problem));
}

/** A value that is not one of the supported values, which the message lists in the given order. */
export function notSupported(path: string, value: Json | undefined, supported: readonly string[]): FieldError {
  const detail = `supported values: ${supported.map((one) => JSON.stringify(one)).join(', ')}`;
  return { type: 'NotSupported', path, value: value ?? null, detail };
}

export function duplicate(path: string, value: Json | undefined): FieldError {
  return { type: 'Duplicate', path, value: value ?? null, detail: '' };
}

/** A reference to a missing object or item. */
export function missing(path: string, value: Json): FieldError {
  return { type: 'NotFound', path, value, detail: '' };
}

/** A field that must not be set, or must not change. */
export function forbidden(path: string, detail: string): FieldError {
  return { type: 'Forbidden', path, detail };
}

export function tooLong(path: string, limit: number): FieldError {
  return { type: 'TooLong', path, detail: `may not be more than ${limit} bytes` };
}

export function tooMany(path: string, actual: number, limit: number): FieldError {
  return { type: 'TooMany', path, value: actual, detail: `must have at most ${limit} items` };
}

export const IMMUTABLE = 'field is immutable';

export const NEGATIVE = 'must be greater than or equal to 0';
