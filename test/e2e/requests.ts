/** A client that sends requests all the time, whatever happens to API servers meanwhile: a pod of its own. */
import type { Cluster } from './lab.ts';
import { NETSHOOT } from './manifests.ts';

/** One request. Times are in ms since 1970, by the clock of the machine. */
export interface Request {
  readonly start: number;
  readonly end: number;
  /** What the server said; undefined where the request failed. */
  readonly reply: string | undefined;
  /** Why it failed. */
  readonly problem: string;
}

const PER_SECOND = 50;
const TIMEOUT_S = 5;
/** How long a request waits for its reply, in ms. */
export const REQUEST_TIMEOUT_MS = 1000 * TIMEOUT_S;

/** A pod that requests a URL 50 times a second, each time by a connection of its own, one after the other. */
export function requester(namespace: string, name: string, url: string): object {
  const curl = ['curl', '--silent', '--no-buffer', '--header', 'Connection: close', '--max-time', `${TIMEOUT_S}`];
  const told = String.raw`exit=%{exitcode} status=%{http_code} seconds=%{time_total} problem=%{errormsg}\n`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'client',
          image: NETSHOOT,
          command: [...curl, '--rate', `${PER_SECOND}/s`, '--write-out', told, `${url}/?[1-10000000]`],
        },
      ],
    },
  };
}

/** The requests of a pod that began at `since` or later and have ended. */
export async function requestsOf(
  cluster: Cluster,
  namespace: string,
  name: string,
  since: number,
): Promise<readonly Request[]> {
  // The pod that began one before may end it later.
  const from = new Date(since - REQUEST_TIMEOUT_MS).toISOString();
  const log = await cluster.kubectl('-n', namespace, 'logs', name, '--timestamps', `--since-time=${from}`);
  return parseRequests(log).filter(({ start }) => start >= since);
}

/** Reads a log: of each request the reply, where there is one, and curl's own line. */
export function parseRequests(log: string): readonly Request[] {
  const requests: Request[] = [];
  let reply: string | undefined;
  for (const line of log.split('\n')) {
    const [, time = '', text = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
    const told = /^exit=(\d+) status=(\d+) seconds=([\d.]+) problem=(.*)$/.exec(text);
    if (!told) {
      if (time !== '') reply = text;
      continue;
    }
    const [, exit, status, seconds, problem = ''] = told;
    const end = Date.parse(time);
    const isGood = exit === '0' && status === '200';
    requests.push({
      start: end - 1000 * Number(seconds),
      end,
      reply: isGood ? reply : undefined,
      problem: problem || `status ${status}`,
    });
    reply = undefined;
  }
  return requests;
}

export function failed(requests: readonly Request[]): readonly Request[] {
  return requests.filter(({ reply }) => reply === undefined);
}

/** The longest time between the ends of two replies, in ms. */
export function longestGap(requests: readonly Request[]): number {
  const ends = requests.filter(({ reply }) => reply !== undefined).map(({ end }) => end);
  return Math.max(0, ...ends.slice(1).map((end, i) => end - (ends[i] ?? end)));
}

/** Failures abroad that have none at home at about the same time: within `toleranceMs` before or after. */
export function excess(abroad: readonly Request[], home: readonly Request[], toleranceMs: number): readonly Request[] {
  const atHome = failed(home);
  return failed(abroad).filter(
    (one) => !atHome.some((other) => one.start <= other.end + toleranceMs && one.end >= other.start - toleranceMs),
  );
}

/** Requests, failures and the longest gap, in a line. */
export function summary(requests: readonly Request[]): string {
  const bad = failed(requests);
  const problems = [...new Set(bad.map(({ problem }) => problem))].join('; ');
  return `${requests.length} requests, ${bad.length} failed${problems && ` (${problems})`}, longest gap ${Math.round(longestGap(requests))} ms`;
}
