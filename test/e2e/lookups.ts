/** A pod that asks its cluster's DNS all the time, and again where it gets no answer or SERVFAIL, as clients do. */
import type { Cluster } from './lab.ts';
import { NETSHOOT } from './manifests.ts';

/** One lookup. Times are in ms since 1970, by the clock of the machine. */
export interface Lookup {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Response code of the first answer, and of the one that counts; `NONE` where none came. */
  readonly first: string;
  readonly last: string;
}

/** As glibc has it. */
const TIMEOUT_S = 5;

/**
 * Asks for `known`, which is in the zone, and for a name that is not, another one each time: no cache has it. Asks again
 * at once, and a last time after a second.
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

/** The lookups of an asker that began at `since` or later and have ended. */
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

/** Lookups that did not end with what is true of their name. */
export function failed(lookups: readonly Lookup[]): readonly Lookup[] {
  return lookups.filter(({ name, last }) => last !== (name.startsWith('new-') ? 'NXDOMAIN' : 'NOERROR'));
}

/** What came in the place of first answers: `NONE` means that a client waited in vain. */
export function faults(lookups: readonly Lookup[]): readonly string[] {
  const bad = lookups.filter(({ first }) => first !== 'NOERROR' && first !== 'NXDOMAIN');
  return [...new Set(bad.map(({ first }) => first))].sort();
}

/** How many there were, what became of them and how long the slowest took, in a line. */
export function summary(lookups: readonly Lookup[]): string {
  const bad = failed(lookups);
  const times = bad.flatMap(({ start, end }) => [start, end]);
  const span = bad.length > 0 ? ` within ${Math.round(Math.max(...times) - Math.min(...times))} ms` : '';
  const again = lookups.filter(({ first, last }) => first !== last).length;
  const slowest = Math.round(Math.max(0, ...lookups.map(({ start, end }) => end - start)));
  const told = faults(lookups).join(', ') || 'no fault';
  return `${lookups.length} lookups, ${bad.length} failed${span}, ${again} right when asked again (${told}), the slowest ${slowest} ms`;
}
