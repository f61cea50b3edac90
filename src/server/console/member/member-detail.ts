/** One member, with its ranges, permissions and budget. */
import type { Fleet } from '../../../fleet/fleet.ts';
import type { Member } from '../../../fleet/member.ts';
import type { BudgetLine, MemberDetail, MemberSummary } from '../api-types.ts';
import type { Permissions } from './permissions.ts';

function largest(counts: Iterable<number>): number {
  let most = 0;
  for (const count of counts) if (count > most) most = count;
  return most;
}

function budgetOf({ config: { limits } }: Fleet, { cache }: Member): readonly BudgetLine[] {
  const perNamespace = new Map<string, number>();
  const perExport: number[] = [];
  for (const key of cache.exported()) {
    const namespace = key.slice(0, key.indexOf('/'));
    perNamespace.set(namespace, (perNamespace.get(namespace) ?? 0) + 1);
    perExport.push(cache.sourceSlices(key).reduce((sum, { endpoints }) => sum + endpoints.length, 0));
  }
  return [
    { what: 'exports', used: cache.exports.size, limit: limits.exportsPerMember },
    { what: 'exportsPerNamespace', used: largest(perNamespace.values()), limit: limits.exportsPerNamespace },
    { what: 'endpointsPerExport', used: largest(perExport), limit: limits.endpointsPerExport },
    { what: 'bytes', used: cache.exports.bytes, limit: limits.memberBytes },
  ];
}

/** What only users see who may see all namespaces. */
export async function memberDetail(
  fleet: Fleet,
  member: Member,
  summary: MemberSummary,
  permissions: Permissions,
): Promise<Omit<MemberDetail, 'revision'>> {
  const { config, identity } = member;
  return {
    ...summary,
    ranges: {
      pods: config.podCIDRs,
      services: config.serviceCIDRs,
      nodes: config.nodeCIDRs,
      others: config.extraCIDRs,
      ipFamilies: member.ipFamilies,
      accepts: config.addresses,
    },
    importMode: config.importMode ?? fleet.config.importMode,
    ...(identity && { clusterId: identity.uid }),
    permissions: await permissions.of(member),
    budget: budgetOf(fleet, member),
  };
}
