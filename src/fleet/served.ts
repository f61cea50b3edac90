/** How much of a member is served under a configuration. */
import { isDeepStrictEqual } from 'node:util';
import type { MemberConfig } from '../config/fleet-config.ts';
import type { Served } from '../core/edit-loss.ts';
import { isAutomatic } from '../core/import-manager.ts';
import { sourceSlice } from '../core/merge/source-slice.ts';
import type { Pace } from '../runtime/pace.ts';
import type { FleetAccess } from './fleet-access.ts';
import type { Member } from './member.ts';

/** Objects that are counted before other work gets its turn. */
const BATCH = 100;

/** What the cached objects of a member amount to if these settings apply. */
export async function servedUnder(
  member: Member,
  config: MemberConfig,
  access: FleetAccess,
  pace: Pace,
): Promise<Served> {
  const { cache, name } = member;
  let counted = 0;
  const turn = () => (++counted % BATCH === 0 ? pace.turn('bulk') : undefined);
  const allowed = new Set(cache.exported().filter((key) => !access.deniesExport(name, key)));
  const policy = member.addressPolicy(access.networks, config);
  const isCurrent = isDeepStrictEqual(policy, cache.addresses);
  let endpoints = 0;
  for (const kept of cache.slices.values()) {
    const wait = turn();
    if (wait) await wait;
    if (kept.kind !== 'source' || !allowed.has(kept.key)) continue;
    const slice = isCurrent ? kept.slice : sourceSlice(kept.reported, policy);
    if (!slice.managed && access.exportPolicy({ config, cache }, kept.key).slices === 'Managed') continue;
    endpoints += slice.endpoints.length;
  }
  let imports = 0;
  for (const imported of cache.imports.values()) {
    const wait = turn();
    if (wait) await wait;
    const namespace = imported.metadata.namespace ?? '';
    const isKept = !isAutomatic(imported) || access.importMode(config, namespace) === 'Automatic';
    if (isKept && access.importRefusal(name, namespace) === undefined) imports++;
  }
  return { endpoints, exports: allowed.size, imports };
}

/** What consumers hold of a member of which nothing is known. */
export function servedElsewhere(member: Member, consumers: readonly Member[]): Served {
  const counts = consumers.map(({ cache }) => {
    const slices = [...cache.slices.values()].flatMap((kept) =>
      kept.kind === 'derived' && kept.slice.source === member.name ? [kept] : [],
    );
    const endpoints = slices.reduce((sum, { slice }) => sum + slice.ready, 0);
    return { endpoints, exports: new Set(slices.map(({ key }) => key)).size };
  });
  const most = (kind: 'endpoints' | 'exports') => Math.max(0, ...counts.map((count) => count[kind]));
  return { endpoints: most('endpoints'), exports: most('exports'), imports: 0 };
}
