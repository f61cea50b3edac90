/** Follows a change until the DNS servers of a cluster serve the zone, and notices if they stop serving its own names. */
import type { Clock } from '../../runtime/clock.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { RCODE, rcodeName, TYPE } from '../wire/protocol.ts';
import type { DnsRoute } from './routes.ts';

export type Outcome =
  /** All servers answer for the zone. */
  | { readonly result: 'served' }
  /** A server that answered for the cluster's own names no longer does. */
  | { readonly result: 'broken'; readonly seen: string }
  /** Not all servers answer for the zone within the time. */
  | { readonly result: 'silent'; readonly seen: string };

export interface Supervision {
  /** The current servers: pods may come and go. */
  routes(): Promise<readonly DnsRoute[]>;
  readonly zone: string;
  /** A name of the cluster itself that must resolve. */
  readonly ownName: string;
  readonly waitMs: number;
  readonly clock: Clock;
  /** Stops waiting for the zone; the outcome is then `silent`. */
  readonly signal: AbortSignal;
}

const POLL_MS = 1000;
/** Failures in a row that count: a query may be lost, and a pod that terminates may still be listed. */
const FAILURES = 3;

/** Undefined if the name resolves; otherwise what was seen. */
export async function failureOf(route: DnsRoute, name: string, type: number): Promise<string | undefined> {
  try {
    const { rcode, answers } = await route.ask(name, type);
    if (rcode === RCODE.NOERROR && answers.length > 0) return undefined;
    return `${route.where} returned ${rcodeName(rcode)} with ${answers.length} records for ${name}`;
  } catch (error) {
    return `no response from ${route.where} for ${name} (${messageOf(error)})`;
  }
}

export async function supervise(options: Supervision): Promise<Outcome> {
  const { zone, ownName, waitMs, clock, signal } = options;
  const end = clock.now() + waitMs;
  let failures = 0;
  for (;;) {
    const routes = await options.routes();
    const own = await firstFailure(routes, ownName, TYPE.A);
    failures = own === undefined ? 0 : failures + 1;
    if (own !== undefined && failures >= FAILURES) return { result: 'broken', seen: own };
    const seen = (await firstFailure(routes, `dns-version.${zone}`, TYPE.TXT)) ?? (await firstUnsynced(routes, zone));
    if (seen === undefined && own === undefined) return { result: 'served' };
    if (clock.now() >= end || signal.aborted) return { result: 'silent', seen: own ?? seen ?? '' };
    await clock.sleep(POLL_MS, signal).catch(() => undefined);
  }
}

/**
 * CoreDNS serves `dns-version` before it has listed any import, but cannot know yet that a name does not exist. Resolves
 * to undefined if the server does.
 */
export async function unsyncedOf(route: DnsRoute, zone: string): Promise<string | undefined> {
  const name = `catamaran-dns-check.default.svc.${zone}`;
  try {
    const { rcode } = await route.ask(name, TYPE.A);
    if (rcode !== RCODE.SERVFAIL) return undefined;
    return `${route.where} returned ${rcodeName(rcode)} for ${name}, which does not exist: it is not synced`;
  } catch (error) {
    return `no response from ${route.where} for ${name} (${messageOf(error)})`;
  }
}

async function firstUnsynced(routes: readonly DnsRoute[], zone: string): Promise<string | undefined> {
  const failures = await Promise.all(routes.map((route) => unsyncedOf(route, zone)));
  return failures.find((failure) => failure !== undefined);
}

async function firstFailure(routes: readonly DnsRoute[], name: string, type: number): Promise<string | undefined> {
  if (routes.length === 0) return `no running DNS server found for ${name}`;
  const failures = await Promise.all(routes.map((route) => failureOf(route, name, type)));
  return failures.find((failure) => failure !== undefined);
}
