/** Authentication and authorization. Requests with the token have full access, others only to public paths. */
import { timingSafeEqual } from 'node:crypto';
import { StatusError } from '../machinery/status.ts';
import type { ApiRequest } from './http.ts';
import type { Route } from './route.ts';

/** The user authenticated by the token. */
export const USER = { username: 'admin', groups: ['system:masters', 'system:authenticated'] } as const;

/** Paths that default RBAC roles allow for unauthenticated users. */
const PUBLIC: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz', '/version', '/version/']);

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Whether the request carries the token; false if it carries none.
 *
 * @throws StatusError 401 for a different token.
 */
export function isAuthenticated({ headers }: ApiRequest, token: string): boolean {
  const given = headers.authorization;
  if (given === undefined) return false;
  const [scheme = '', value = ''] = given.trim().split(/\s+/);
  if (scheme.toLowerCase() === 'bearer' && value !== '' && sameText(value, token)) return true;
  throw new StatusError(401, 'Unauthorized', 'Unauthorized');
}

/** @throws StatusError 403 with the message for unauthenticated requests. */
export function refuseAnonymous({ method }: ApiRequest, path: string, route: Route | undefined): void {
  if (PUBLIC.has(path) && method === 'GET') return;
  if (!route) {
    const verb = VERBS[method] ?? method.toLowerCase();
    throw new StatusError(403, 'Forbidden', `forbidden: User "system:anonymous" cannot ${verb} path "${path}"`, {});
  }
  const { target, subresource } = route;
  const { group, plural } = target.definition;
  const verb = VERBS[method] ?? (target.name === undefined ? 'list' : 'get');
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  const place = target.namespace === undefined ? 'at the cluster scope' : `in the namespace "${target.namespace}"`;
  const what = `${group === '' ? plural : `${plural}.${group}`}${target.name === undefined ? '' : ` "${target.name}"`}`;
  const who = `User "system:anonymous" cannot ${verb} resource "${resource}" in API group "${group}" ${place}`;
  throw new StatusError(403, 'Forbidden', `${what} is forbidden: ${who}`, {
    name: target.name ?? '',
    group,
    kind: plural,
  });
}
