/** Reads the parameters of requests; each error names the parameter, its value and what is allowed. */
import type { Context } from 'hono';
import { type ServiceKey, serviceKey } from '../../../api/meta.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import type { Member } from '../../../fleet/member.ts';
import { invalid, unknown } from '../problem.ts';
import { memberOf } from '../rows/member-summaries.ts';
import type { Scope } from '../scope.ts';

/** Longest name of an object, and more than a key has. */
const LONGEST = 600;

/** The Service that a path names. What is not visible is not found. */
export function keyInPath(context: Context, scope: Scope): ServiceKey {
  const { namespace = '', name = '' } = context.req.param();
  if (!scope.sees(namespace)) throw unknown('Service');
  return serviceKey(namespace, name);
}

export function parseKey(field: string, text: string): ServiceKey {
  const slash = text.indexOf('/');
  if (slash <= 0 || slash === text.length - 1 || text.length > LONGEST) throw invalid(field, text, 'NAMESPACE/NAME');
  return serviceKey(text.slice(0, slash), text.slice(slash + 1));
}

export function wholeNumberIn(context: Context, field: string, most: number, fallback: number): number {
  const text = context.req.query(field);
  if (text === undefined) return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw invalid(field, text, `whole numbers from 1 to ${most}`);
}

export function flagIn(context: Context, field: string): boolean {
  const text = context.req.query(field);
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw invalid(field, text, 'true, false');
}

/** @throws RequestProblem 404 if the fleet has no such member. */
export function memberNamed(fleet: Fleet, name: string): Member {
  const member = memberOf(fleet, name);
  if (!member) throw unknown('member');
  return member;
}
