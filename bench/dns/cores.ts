/** CPU pinning. */
import { readFile } from 'node:fs/promises';

/** Cores of the server and of dnsperf; undefined with fewer than two cores. */
export interface Cores {
  readonly server: number | undefined;
  readonly client: number | undefined;
}

/** The first two cores available to this process. */
export async function twoCores(): Promise<Cores> {
  const status = await readFile('/proc/self/status', 'utf8');
  const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(status)?.[1] ?? '';
  const cores = list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  const [server, client] = cores;
  return client === undefined ? { server: undefined, client: undefined } : { server, client };
}

/** Pins a command to a core. */
export function onCore(core: number | undefined, command: readonly string[]): readonly string[] {
  return core === undefined ? command : ['taskset', '--cpu-list', String(core), ...command];
}
