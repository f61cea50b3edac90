/** What a change of one exporter costs a controller whose members all import the name. */
import type { ServiceKey } from '../../src/api/meta.ts';
import type { Bench } from '../harness/controller.ts';
import { openSharedNamespace, type SharedNamespace, type SharedNamespaceShape } from '../merge/shared-namespace.ts';
import { type Figure, reported } from '../report/figures.ts';
import { median } from '../report/statistics.ts';
import type { Say, Scale } from './scale.ts';

/** Left out: what code costs before it is compiled. */
const WARM_UP = 20;

/**
 * In this process, without API servers in what is measured: a change has reached the fleet's cache, and each consumer is
 * reconciled up to its plan. Nothing of the plan is written, so that every change finds the same work.
 */
export async function merge(bench: Bench, { merges, mergeRounds }: Scale, say: Say): Promise<readonly Figure[]> {
  const { members, names, exporters, endpoints } = merges;
  say(`${members} members share ${names} names, each exported by ${exporters} with ${endpoints} endpoints`);
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
    const another = silentMember ? ', another one is unknown' : '';
    const row = `${members} members share a name of ${exporters} exporters${another}`;
    const note = (changes: number) => `median of ${mergeRounds} changes; ${changes} writes planned for each`;
    return [
      reported({
        row: `${row}: CPU of an endpoint change`,
        unit: 'ms',
        ours: endpoint.ms,
        baseline: null,
        note: note(endpoint.changes),
      }),
      reported({
        row: `${row}: CPU of a Service change`,
        unit: 'ms',
        ours: service.ms,
        baseline: null,
        note: note(service.changes),
      }),
    ];
  } finally {
    await shared.close();
  }
}

/** CPU time of this process for the reconciles of all members after one change, and the changes that they plan. */
async function measure(
  { members, keys, plan }: SharedNamespace,
  rounds: number,
  change: (key: ServiceKey, serial: number) => Promise<void>,
): Promise<{ readonly ms: number; readonly changes: number }> {
  const samples: number[] = [];
  let changes = 0;
  for (let round = 0; round < WARM_UP + rounds; round++) {
    const key = keys[round % keys.length];
    if (key === undefined) throw new Error('no names are shared');
    await change(key, Math.floor(round / keys.length));
    const before = process.cpuUsage();
    changes = members.reduce((sum, member) => sum + plan(member, key).length, 0);
    const { user, system } = process.cpuUsage(before);
    if (changes < members.length) throw new Error(`${changes} writes are planned for ${members.length} members`);
    if (round >= WARM_UP) samples.push((user + system) / 1_000);
  }
  return { ms: median(samples), changes };
}
