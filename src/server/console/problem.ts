/** Errors of the API: a status, and a body that names the field that is wrong. */
import type { z } from 'zod';
import { ApiError } from '../../kube/client/api-errors.ts';
import { CatamaranError, type ErrorCode } from '../../runtime/errors.ts';
import type { ApiProblem } from './api-types.ts';

export type ProblemStatus = 400 | 401 | 403 | 404 | 409 | 413 | 415 | 429 | 500 | 502 | 503;

/** A request that is not answered as asked. */
export class RequestProblem extends CatamaranError {
  override readonly name = 'RequestProblem';
  readonly status: ProblemStatus;
  readonly field: string | undefined;

  constructor(status: ProblemStatus, code: ErrorCode, message: string, field?: string) {
    super(code, message);
    this.status = status;
    this.field = field;
  }
}

/** 404, also for what the user may not see. */
export function unknown(what: string): RequestProblem {
  return new RequestProblem(404, 'CTM_CONSOLE_UNKNOWN', `${what} not found`);
}

export function invalid(field: string, value: string, allowed: string): RequestProblem {
  const shown = JSON.stringify(value.slice(0, 100));
  return new RequestProblem(400, 'CTM_CONSOLE_INPUT', `${field}: ${shown} is invalid; allowed: ${allowed}`, field);
}

export function refused(message: string): RequestProblem {
  return new RequestProblem(403, 'CTM_CONSOLE_REFUSED', message);
}

/** The first problem of a body. */
export function invalidBody({ issues: [first] }: z.ZodError): RequestProblem {
  const field = first?.path.join('.') ?? '';
  const message = field === '' ? (first?.message ?? 'invalid') : `${field}: ${first?.message}`;
  return new RequestProblem(400, 'CTM_CONSOLE_INPUT', message, field);
}

const BY_CODE: Partial<Record<ErrorCode, ProblemStatus>> = {
  CTM_SHARING: 409,
  CTM_MEMBER_UNLISTED: 503,
  CTM_USAGE: 400,
  CTM_API_UNREACHABLE: 502,
  CTM_API_TLS: 502,
  CTM_API_TIMEOUT: 502,
  CTM_API_PROTOCOL: 502,
};

/** The response to an error; undefined for an internal one. */
export function problemOf(error: unknown): { readonly status: ProblemStatus; readonly body: ApiProblem } | undefined {
  if (!(error instanceof CatamaranError) || error.code === 'CTM_INTERNAL') return undefined;
  const { code, message } = error;
  if (error instanceof RequestProblem) {
    const { status, field } = error;
    return { status, body: { code, message, ...(field !== undefined && { field }) } };
  }
  // The user's rights in a member, or its admission, refuse the write.
  if (error instanceof ApiError && error.status === 403) return { status: 403, body: { code, message } };
  if (error instanceof ApiError && error.status === 409) return { status: 409, body: { code, message } };
  return { status: BY_CODE[code] ?? 502, body: { code, message } };
}
