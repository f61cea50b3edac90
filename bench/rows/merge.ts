/** CPU time of a controller for a change at one exporter if all members import the name. */
import type { ServiceKey } from '../../src/api/meta.ts';
import type { Bench } from '../harness/controller.ts';
import { openSharedNamespace, type SharedNamespace, type SharedNamespaceShape } from '../merge/shared-namespace.ts';
import { type Figure, reported } from '../report/figures.ts';
import { median } from '../report/statistics.ts';
import type { Log, Scale } from './scale.ts';

/** Discarded, since code is not compiled yet. */
const WARM_UP = 20;

/**
 * Measures in this process, without API servers: from a change in the cache to the plan of each consumer. Plans are not
 * written, so that every change causes the same work.
 */
export async function merge(bench: Bench, { merges, mergeRounds }: Scale, log: Log): Promise<readonly Figure[]> {
  const { members, names, exporters, endpoints } = merges;
  log(`${members} members share ${names} names, each exported by ${exporters} with ${endpoints} endpoints`);
  return [
    ...(await measureFleet({ ...merges, silentMember: false }, mergeRounds, bench.signal)),
    ...(await measureFleet({ ...merges, silentMember: true }, mergeRounds, bench.signal)),
  ];
}

async function measureFleet(
  shape: SharedNamespaceShape,
  mergeRounds: number,
  signal: AbortSignal,
): Promise<readonly Figure[]> {
  const shared = await openSharedNamespace(shape, signal);
  try {
    const endpoint = await measure(shared, mergeRounds, shared.changeEndpoint);
    const service = await measure(shared, mergeRounds, shared.changeService);
    const { members, exporters, silentMember } = shape;
    const another = silentMember ? ', another member is unreachable' : '';
    const row = `${members} members share a name of ${exporters} exporters${another}`;
    const note = (changes: number) => `median of ${mergeRounds} changes; ${changes} writes planned per change`;
    return [
      reported({
        row: `${row}: CPU per endpoint change`,
        unit: 'ms',
        catamaran: endpoint.ms,
        baseline: null,
        note: note(endpoint.changes),
      }),
      reported({
        row: `${row}: CPU per Service change`,
        unit: 'ms',
        catamaran: service.ms,
        baseline: null,
        note: note(service.changes),
      }),
    ];
  } finally {
    await shared.close();
  }
}

/** CPU ms of this process to plan all members after one change, and the number of planned changes. */
async function measure(
  { members, keys, plan }: SharedNamespace,
  rounds: number,
  change: (key: ServiceKey, serial: number) => Promise<void>,
): Promise<{ readonly ms: number; readonly changes: number }> {
  const samples: number[] = [];
  let changes = 0;
  for (let round = 0; round < WARM_UP + rounds; round++) {
    const key = keys[round % keys.length];
    if (key === undefined) throw new Error('no shared names');
    await change(key, Math.floor(round / keys.length));
    const before = process.cpuUsage();
    changes = members.reduce((sum, member) => sum + plan(member, key).length, 0);
    const { user, system } = process.cpuUsage(before);
    if (changes < members.length) throw new Error(`only ${changes} writes planned for ${members.length} members`);
    if (round >= WARM_UP) samples.push((user + system) / 1_000);
  }
  return { ms: median(samples), changes };
}
