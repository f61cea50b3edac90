/** A pod that continuously queries its cluster's DNS, and retries on SERVFAIL or without a response, as clients do. */
import type { Cluster } from './lab.ts';
import { NETSHOOT } from './manifests.ts';

/** Times are in ms since the epoch. */
export interface Lookup {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Response codes of the first and the last attempt; `NONE` without a response. */
  readonly first: string;
  readonly last: string;
}

/** The zone of a name that every cluster has: `kubernetes`. */
export const OWN_NAMES = 'default.svc.cluster.local';

/** The default of glibc. */
const TIMEOUT_S = 5;

/**
 * Looks up `known`, which is in the zone, and each time a new name that is neither in the zone nor in any cache.
 * Retries at once, and a last time after a second.
 */
export function asker(namespace: string, name: string, known: string, zone: string): object {
  const script = `
    ask() {
      dig +tries=1 +timeout=${TIMEOUT_S} +noall +comments "$1.${zone}" A | sed -n 's/.*status: \\([A-Z]*\\),.*/\\1/p'
    }
    for ((i = 0; ; i++)); do
      for name in ${known} new-$i; do
        start=$EPOCHREALTIME
        first=$(ask $name) last=$first
        for wait in 0 1; do
          case "$last" in NOERROR | NXDOMAIN) break ;; esac
          sleep $wait
          last=$(ask $name)
        done
        echo "$name $start $EPOCHREALTIME \${first:-NONE} \${last:-NONE}"
      done
      sleep 0.05
    done`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'asker', image: NETSHOOT, command: ['bash', '-c', script] }],
    },
  };
}

/** The completed lookups of an asker that started at `since` or later. */
export async function lookupsOf(
  cluster: Cluster,
  namespace: string,
  name: string,
  since: number,
): Promise<readonly Lookup[]> {
  const log = await cluster.kubectl('-n', namespace, 'logs', name, `--since-time=${new Date(since).toISOString()}`);
  return log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [asked = '', start, end, first = '', last = ''] = line.split(' ');
      return { name: asked, start: 1000 * Number(start), end: 1000 * Number(end), first, last };
    })
    .filter(({ start }) => start >= since);
}

/** Lookups whose last response code is wrong for their name. */
export function failed(lookups: readonly Lookup[]): readonly Lookup[] {
  return lookups.filter(({ name, last }) => last !== (name.startsWith('new-') ? 'NXDOMAIN' : 'NOERROR'));
}

/** The distinct errors of first attempts; `NONE` means a timeout. */
export function faults(lookups: readonly Lookup[]): readonly string[] {
  const bad = lookups.filter(({ first }) => first !== 'NOERROR' && first !== 'NXDOMAIN');
  return [...new Set(bad.map(({ first }) => first))].sort();
}

/** One line with the number of lookups, failures and retries, and the slowest. */
export function summary(lookups: readonly Lookup[]): string {
  const bad = failed(lookups);
  const times = bad.flatMap(({ start, end }) => [start, end]);
  const span = bad.length > 0 ? ` within ${Math.round(Math.max(...times) - Math.min(...times))} ms` : '';
  const again = lookups.filter(({ first, last }) => first !== last).length;
  const slowest = Math.round(Math.max(0, ...lookups.map(({ start, end }) => end - start)));
  const errors = faults(lookups).join(', ') || 'no errors';
  return `${lookups.length} lookups, ${bad.length} failed${span}, ${again} succeeded on a retry (${errors}), slowest ${slowest} ms`;
}
