import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import {
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isNamespaceTerminating,
  isNotFound,
  isTooNew,
  isUnreachable,
  statusError,
  transportError,
} from '../../../../src/kube/client/api-errors.ts';

const request = { cluster: 'east', verb: 'create', resource: 'endpointslices.discovery.k8s.io', object: 'shop/web' };

function status(code: number, reason: string, message: string, details: JsonObject = {}): JsonObject {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details };
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

describe('messages', () => {
  it.each([
    [
      statusError(request, 409, status(409, 'AlreadyExists', 'endpointslices "web" already exists')),
      'cluster east: create endpointslices.discovery.k8s.io shop/web: 409 AlreadyExists: endpointslices "web" already exists',
    ],
    [
      statusError(request, 500, { kind: 'Status', message: 'etcd is unavailable' }),
      'cluster east: create endpointslices.discovery.k8s.io shop/web: 500: etcd is unavailable',
    ],
    [
      transportError(
        { ...request, verb: 'list', object: '' },
        coded('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.1:6443'),
      ),
      'cluster east: list endpointslices.discovery.k8s.io: connect ECONNREFUSED 10.0.0.1:6443',
    ],
    [
      transportError(request, coded('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate')),
      'cluster east: create endpointslices.discovery.k8s.io shop/web: self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT)',
    ],
  ])('%#: names cluster, verb, resource and object, and quotes the response', (error, message) => {
    expect(error.message).toBe(message);
  });

  it('truncates a huge message', () => {
    const error = statusError(request, 422, status(422, 'Invalid', 'x'.repeat(100_000)));
    expect(error.message.length).toBeLessThan(2_200);
  });
});

describe('codes', () => {
  it.each([
    ['ECONNREFUSED', 'CTM_API_UNREACHABLE'],
    ['ECONNRESET', 'CTM_API_UNREACHABLE'],
    ['EHOSTUNREACH', 'CTM_API_UNREACHABLE'],
    ['ENOTFOUND', 'CTM_API_UNREACHABLE'],
    ['UND_ERR_SOCKET', 'CTM_API_UNREACHABLE'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CTM_API_TLS'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'CTM_API_TLS'],
    ['CERT_HAS_EXPIRED', 'CTM_API_TLS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'CTM_API_TLS'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'CTM_API_TLS'],
    ['EPROTO', 'CTM_API_TLS'],
    ['ETIMEDOUT', 'CTM_API_TIMEOUT'],
    ['UND_ERR_CONNECT_TIMEOUT', 'CTM_API_TIMEOUT'],
    ['HPE_INVALID_CONSTANT', 'CTM_API_PROTOCOL'],
  ])('%s is %s', (code, expected) => {
    const error = transportError(request, new TypeError('fetch failed', { cause: coded(code, 'no luck') }));
    expect(error).toMatchObject({ code: expected, status: 0 });
    expect(isUnreachable(error)).toBe(true);
  });
});

describe('predicates', () => {
  const notFound = statusError(request, 404, status(404, 'NotFound', 'no'));
  const exists = statusError(request, 409, status(409, 'AlreadyExists', 'no'));
  const conflict = statusError(request, 409, status(409, 'Conflict', 'no'));
  const expired = statusError(request, 410, status(410, 'Expired', 'no'));
  const gone = statusError(request, 0, status(410, 'Gone', 'no'));
  const forbidden = statusError(request, 403, status(403, 'Forbidden', 'no'));
  const terminating = statusError(
    request,
    403,
    status(403, 'Forbidden', 'no', {
      causes: [{ reason: 'NamespaceTerminating', message: 'going', field: 'metadata' }],
    }),
  );
  const tooNew = statusError(
    request,
    504,
    status(504, 'Timeout', 'no', { causes: [{ reason: 'ResourceVersionTooLarge' }] }),
  );
  const all = { notFound, exists, conflict, expired, gone, forbidden, terminating, tooNew };

  it.each([
    [isNotFound, ['notFound']],
    [isAlreadyExists, ['exists']],
    [isConflict, ['conflict']],
    [isGone, ['expired', 'gone']],
    [isForbidden, ['forbidden', 'terminating']],
    [isNamespaceTerminating, ['terminating']],
    [isTooNew, ['tooNew']],
    [isUnreachable, []],
  ])('%o', (predicate, names) => {
    expect(
      Object.entries(all)
        .filter(([, error]) => predicate(error))
        .map(([name]) => name),
    ).toEqual(names);
    expect(predicate(new Error('another'))).toBe(false);
  });

  it('keep causes and Retry-After', () => {
    const error = statusError(request, 429, status(429, 'TooManyRequests', 'later', { retryAfterSeconds: 3 }));
    expect(error.retryAfterMs).toBe(3_000);
    expect(statusError(request, 429, status(429, 'TooManyRequests', 'later'), 500).retryAfterMs).toBe(500);
    expect(terminating.causes).toEqual([{ reason: 'NamespaceTerminating', message: 'going', field: 'metadata' }]);
  });
});
