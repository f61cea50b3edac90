/** Checks of who may do what: members in lists, namespaces with settings, and networks that must not overlap. */
import { z } from 'zod';
import { type Network, overlaps } from '../api/ip.ts';
import type { Report } from './problem-report.ts';
import { nearest } from './suggest.ts';

const EVERYBODY = '*';

const texts = z.array(z.string().catch('')).optional().catch(undefined);
const section = z.looseObject({ members: texts }).optional().catch(undefined);

/** Only the fields of the checks below; nothing is rejected. */
export const lenientNamespaces = z
  .array(z.looseObject({ import: section, export: section }).catch({ import: undefined, export: undefined }))
  .default([])
  .catch([]);

type Namespaces = z.output<typeof lenientNamespaces>;
type Path = readonly (string | number)[];

/**
 * Members in `import.members` and `export.members` have to exist, unless `members` is undefined, and an entry has to set
 * something.
 */
export function namespaceProblems<T>(
  namespaces: Namespaces,
  members: readonly string[] | undefined,
  report: Report<T>,
): T[] {
  return namespaces.flatMap((entry, index) => {
    const path = ['spec', 'namespaces', index];
    const sections = (['import', 'export'] as const).filter((name) => Object.keys(entry[name] ?? {}).length > 0);
    const isEmpty = sections.length === 0;
    const hint = 'sets nothing; use import.mode, import.members, export.members or export.slices';
    return [
      ...(isEmpty ? [report('CTM_CONFIG_INVALID', path, hint)] : []),
      ...sections.flatMap((name) => listProblems([...path, name, 'members'], entry[name]?.members, members, report)),
    ];
  });
}

function listProblems<T>(
  path: Path,
  list: readonly string[] | undefined,
  members: readonly string[] | undefined,
  report: Report<T>,
): T[] {
  return (list ?? []).flatMap((name, index) => {
    const problem = (message: string) => [report('CTM_CONFIG_INVALID', [...path, index], message)];
    const first = list?.indexOf(name) ?? index;
    if (name === '') return [];
    if (first !== index) return problem(`${JSON.stringify(name)} is a duplicate of [${first}]`);
    if (name === EVERYBODY) return list?.length === 1 ? [] : problem('"*" stands for all members; remove the others');
    if (!members || members.includes(name)) return [];
    const near = nearest(name, members);
    const advice = near === undefined ? `available: ${members.join(', ')}, or "*" for all` : `did you mean ${near}?`;
    return problem(`member ${JSON.stringify(name)} not found; ${advice}`);
  });
}

export interface DeclaredNetwork {
  readonly member: string;
  readonly path: Path;
  readonly cidr: string;
  readonly network: Network;
}

/** Endpoints cannot have addresses of any member's Service network, which stand for something else in each cluster. */
export function serviceNetworkProblems<T>(
  endpoints: readonly DeclaredNetwork[],
  services: readonly DeclaredNetwork[],
  report: Report<T>,
): T[] {
  return endpoints.flatMap(({ member, path, cidr, network }) => {
    const served = services.find((service) => overlaps(network, service.network));
    if (!served) return [];
    const message = `${cidr} of ${member} overlaps ${served.cidr} (serviceCIDRs) of ${served.member}; cluster IPs cannot be endpoints`;
    return [report('CTM_CONFIG_OVERLAP', path, message)];
  });
}
