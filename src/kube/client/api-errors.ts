/**
 * Errors of requests to an API server, or on the way to it.
 *
 * Source: Kubernetes API conventions, "Response Status Kind".
 */
import type { JsonObject } from '../../api/json.ts';
import { asText, isJsonObject } from '../../api/json.ts';
import { CatamaranError, type ErrorCode } from '../../runtime/errors.ts';
import { redacted } from '../../runtime/redact.ts';
import { toError } from '../../runtime/thrown.ts';
import { visible } from '../../runtime/visible.ts';

/** One entry of `Status.details.causes`. */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** Identifies a request; every message starts with it. */
export interface RequestName {
  readonly cluster: string;
  /** get, list, watch, create, update, patch, delete. */
  readonly verb: string;
  /** `endpointslices.discovery.k8s.io`, `services/status`, or a path. */
  readonly resource: string;
  /** `namespace/name`, a namespace, a name, or empty. */
  readonly object: string;
}

/** Fields of an ApiError besides code and message. */
interface ApiErrorFields {
  readonly status?: number;
  readonly reason?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterMs?: number | undefined;
  readonly about?: string | undefined;
  readonly cause?: unknown;
}

/** Longest part of a server's message that an error quotes, in characters. */
const MAX_MESSAGE = 2_000;

/**
 * A refusal by an API server, or no usable response. Its message names cluster, verb, resource and object, in one line.
 */
export class ApiError extends CatamaranError {
  override readonly name = 'ApiError';
  /** HTTP status; 0 if there was no response. */
  readonly status: number;
  /** `Status.reason`: NotFound, AlreadyExists, Conflict, Expired, ...; empty if the response had none. */
  readonly reason: string;
  readonly causes: readonly StatusCause[];
  /** The server's Retry-After. */
  readonly retryAfterMs: number | undefined;
  /** `Status.details.name`: the object that the response is about; empty if it names none. */
  readonly about: string;

  constructor(code: ErrorCode, request: RequestName, message: string, fields: ApiErrorFields = {}) {
    const what = [request.verb, request.resource, request.object].filter((word) => word !== '').join(' ');
    const text = `cluster ${request.cluster}: ${what}: ${message.slice(0, MAX_MESSAGE)}`;
    super(code, visible(redacted(text)), { cause: fields.cause });
    this.status = fields.status ?? 0;
    this.reason = fields.reason ?? '';
    this.causes = fields.causes ?? [];
    this.retryAfterMs = fields.retryAfterMs;
    this.about = fields.about ?? '';
  }
}

/** A request that was not sent, or not retried, because its caller no longer wants it. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
}

function causesOf(status: JsonObject): readonly StatusCause[] {
  const causes = isJsonObject(status.details) && Array.isArray(status.details.causes) ? status.details.causes : [];
  return causes.filter(isJsonObject).map((cause) => ({
    reason: asText(cause.reason) ?? '',
    message: asText(cause.message) ?? '',
    field: asText(cause.field) ?? '',
  }));
}

/** The error for a Status object. `retryAfterMs`, from the headers, takes precedence over the one in `details`. */
export function statusError(request: RequestName, httpStatus: number, status: JsonObject, retryAfterMs?: number) {
  const code = typeof status.code === 'number' ? status.code : httpStatus;
  const reason = asText(status.reason) ?? '';
  const message = asText(status.message) ?? 'no message';
  const { retryAfterSeconds: seconds, name } = isJsonObject(status.details) ? status.details : {};
  return new ApiError('CTM_API_STATUS', request, `${code} ${reason}: ${message}`.replace(' :', ':'), {
    status: code,
    reason,
    causes: causesOf(status),
    retryAfterMs: retryAfterMs ?? (typeof seconds === 'number' && seconds > 0 ? seconds * 1_000 : undefined),
    about: asText(name),
  });
}

/** Codes of OpenSSL and node:tls for a server or client certificate that the other side does not accept. */
const TLS_CODES =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;
const TIMEOUT_CODES = /^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/;
const PROTOCOL_CODES = /^(HPE_|Z_|UND_ERR_(HEADERS_OVERFLOW|RES_|NOT_SUPPORTED))/;

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The first error in a chain of causes that has a code, or the outermost one. */
function rootOf(error: Error): Error {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return rootOf(error.errors[0]);
  return codeOf(error) === '' && error.cause instanceof Error ? rootOf(error.cause) : error;
}

/** The error for a request without a complete response. */
export function transportError(request: RequestName, cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  if (cause instanceof CatamaranError) return new ApiError(cause.code, request, cause.message, { cause });
  const error = rootOf(toError(cause));
  const code = codeOf(error);
  if (TLS_CODES.test(code)) return new ApiError('CTM_API_TLS', request, `${error.message} (${code})`, { cause });
  if (TIMEOUT_CODES.test(code)) return new ApiError('CTM_API_TIMEOUT', request, error.message, { cause });
  if (PROTOCOL_CODES.test(code)) return new ApiError('CTM_API_PROTOCOL', request, error.message, { cause });
  return new ApiError('CTM_API_UNREACHABLE', request, error.message, { cause });
}

/** Whether the server closed the connection before it responded. */
export function isSocketClosed(error: ApiError): boolean {
  if (error.status !== 0 || !(error.cause instanceof Error)) return false;
  return /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(codeOf(rootOf(error.cause)));
}

/** 404 from the API itself: the object, or its whole resource, does not exist. */
export function isNotFound(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 404 && error.reason === 'NotFound';
}

/**
 * 404 that names the object: the API server serves the resource, and the object does not exist. A 404 without a name
 * means nothing for the object: the resource may be temporarily unavailable, or a proxy may not know the path.
 */
export function isAbsent(error: unknown): error is ApiError {
  return isNotFound(error) && error.about !== '';
}

/** 409 on create. */
export function isAlreadyExists(error: unknown): error is ApiError {
  return error instanceof ApiError && error.reason === 'AlreadyExists';
}

/** 409: a precondition (resourceVersion, UID) failed, or a conflict of server-side apply. */
export function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 409 && error.reason !== 'AlreadyExists';
}

/** 410: the resourceVersion or continue token is too old; a new list is required. */
export function isGone(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.status === 410 || error.reason === 'Expired' || error.reason === 'Gone');
}

/** The requested version is ahead of the server, as after a restore of etcd from a backup. */
export function isTooNew(error: unknown): error is ApiError {
  return error instanceof ApiError && error.causes.some((cause) => cause.reason === 'ResourceVersionTooLarge');
}

/** 403, for any cause. */
export function isForbidden(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 403;
}

/** 403 on create because the namespace is being deleted. */
export function isNamespaceTerminating(error: unknown): error is ApiError {
  return isForbidden(error) && error.causes.some((cause) => cause.reason === 'NamespaceTerminating');
}

/** The API server responded with a 4xx status. */
export function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status >= 400 && error.status < 500;
}

/** There was no response: connection refused or reset, unknown host, TLS failure, timeout. */
export function isUnreachable(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 0;
}
