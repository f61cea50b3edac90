/** A pod that sends requests continuously, independent of API servers. */
import type { Cluster } from './lab.ts';
import { NETSHOOT } from './manifests.ts';

/** One request. Times are in ms since the epoch. */
export interface Request {
  readonly start: number;
  readonly end: number;
  /** Body of the response; undefined if the request failed. */
  readonly reply: string | undefined;
  /** Reason of a failure. */
  readonly problem: string;
}

const PER_SECOND = 50;
const TIMEOUT_S = 5;
/** Timeout of a request, in ms. */
export const REQUEST_TIMEOUT_MS = 1000 * TIMEOUT_S;

/** A pod that requests a URL 50 times per second, sequentially, with a connection per request. */
export function requester(namespace: string, name: string, url: string): object {
  const curl = ['curl', '--silent', '--no-buffer', '--header', 'Connection: close', '--max-time', `${TIMEOUT_S}`];
  const format = String.raw`exit=%{exitcode} status=%{http_code} seconds=%{time_total} problem=%{errormsg}\n`;
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
          command: [...curl, '--rate', `${PER_SECOND}/s`, '--write-out', format, `${url}/?[1-10000000]`],
        },
      ],
    },
  };
}

/** The completed requests of a pod that started at `since` or later. */
export async function requestsOf(
  cluster: Cluster,
  namespace: string,
  name: string,
  since: number,
): Promise<readonly Request[]> {
  // A request that started before may end later.
  const from = new Date(since - REQUEST_TIMEOUT_MS).toISOString();
  const log = await cluster.kubectl('-n', namespace, 'logs', name, '--timestamps', `--since-time=${from}`);
  return parseRequests(log).filter(({ start }) => start >= since);
}

/** Parses a log, which has for each request the response, if any, and curl's status line. */
export function parseRequests(log: string): readonly Request[] {
  const requests: Request[] = [];
  let reply: string | undefined;
  for (const line of log.split('\n')) {
    const [, time = '', text = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
    const summaryLine = /^exit=(\d+) status=(\d+) seconds=([\d.]+) problem=(.*)$/.exec(text);
    if (!summaryLine) {
      if (time !== '') reply = text;
      continue;
    }
    const [, exit, status, seconds, problem = ''] = summaryLine;
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

/** The longest time between the ends of two successful requests, in ms. */
export function longestGap(requests: readonly Request[]): number {
  const ends = requests.filter(({ reply }) => reply !== undefined).map(({ end }) => end);
  return Math.max(0, ...ends.slice(1).map((end, i) => end - (ends[i] ?? end)));
}

/** Failures in the consumer without a failure in the source at about the same time, within `toleranceMs`. */
export function excess(remote: readonly Request[], local: readonly Request[], toleranceMs: number): readonly Request[] {
  const localFailures = failed(local);
  return failed(remote).filter(
    (one) =>
      !localFailures.some((other) => one.start <= other.end + toleranceMs && one.end >= other.start - toleranceMs),
  );
}

/** Requests, failures and the longest gap, in one line. */
export function summary(requests: readonly Request[]): string {
  const bad = failed(requests);
  const problems = [...new Set(bad.map(({ problem }) => problem))].join('; ');
  return `${requests.length} requests, ${bad.length} failed${problems && ` (${problems})`}, longest gap ${Math.round(longestGap(requests))} ms`;
}
