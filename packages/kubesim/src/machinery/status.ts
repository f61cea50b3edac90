/** Failures as reported by the Kubernetes API server. Source: Kubernetes API conventions, "Response Status Kind". */

import { type Cause, causeOf, type FieldError, fieldErrorText } from './field-error.ts';
import type { JsonObject } from './json.ts';

/** The subject of a failure. As in Kubernetes, `kind` holds the plural for server errors. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

/** Omits empty strings, as Go does. */
function withoutEmpty(fields: Readonly<Record<string, string | number | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}

/** A failed request, with the status code and body of the response. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  /** HTTP status. */
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** The response body. */
  toJSON(): JsonObject {
    const { causes, ...rest } = this.details ?? {};
    const details = withoutEmpty(rest);
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason !== '' && { reason: this.reason }),
      ...(this.details && {
        details: { ...details, ...(causes && { causes: causes.map(withoutEmpty) }) },
      }),
      code: this.code,
    };
  }
}

/** The resource named by a StatusError: `services "web" not found`. */
export interface Named {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

function qualified({ group }: Named, word: string): string {
  return group === '' ? word : `${word}.${group}`;
}

/** 404 for an object. */
export function notFound(resource: Named, name: string): StatusError {
  const message = `${qualified(resource, resource.plural)} "${name}" not found`;
  return new StatusError(404, 'NotFound', message, { name, group: resource.group, kind: resource.plural });
}

/** 409 for a create. */
export function alreadyExists(resource: Named, name: string): StatusError {
  const message = `${qualified(resource, resource.plural)} "${name}" already exists`;
  return new StatusError(409, 'AlreadyExists', message, { name, group: resource.group, kind: resource.plural });
}

/** 409 for a write that lost a race. */
export function conflict(resource: Named, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(resource, resource.plural)} "${name}": ${why}`;
  return new StatusError(409, 'Conflict', message, { name, group: resource.group, kind: resource.plural });
}

/** 403. */
export function forbidden(resource: Named, name: string, why: string, causes?: readonly Cause[]): StatusError {
  const message = `${qualified(resource, resource.plural)} "${name}" is forbidden: ${why}`;
  const details = { name, group: resource.group, kind: resource.plural, ...(causes && { causes }) };
  return new StatusError(403, 'Forbidden', message, details);
}

/** 400. */
export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

/** 422 for invalid fields. A single error is appended as is, several in brackets. */
export function invalid(resource: Named, name: string, errors: readonly FieldError[]): StatusError {
  const texts = [...new Set(errors.map(fieldErrorText))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const message = `${qualified(resource, resource.kind)} "${name}" is invalid: ${list}`;
  const details = { name, group: resource.group, kind: resource.kind, causes: errors.map(causeOf) };
  return new StatusError(422, 'Invalid', message, details);
}
