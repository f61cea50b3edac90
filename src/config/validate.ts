/** Checks across fields of fleet.yaml, and across members. */
import { z } from 'zod';
import { overlaps, parseNetwork } from '../api/ip.ts';
import { accessOf, accessText } from './access.ts';
import { parseDuration } from './duration.ts';
import type { Report } from './problem-report.ts';
import { LEASE_DEFAULTS } from './schema.ts';
import {
  type DeclaredNetwork,
  lenientNamespaces,
  namespaceProblems,
  serviceNetworkProblems,
} from './validate-access.ts';

const word = z.string().optional().catch(undefined);
const words = z.array(z.string().catch('')).default([]).catch([]);
const named = z
  .array(z.looseObject({ name: word }).catch({ name: undefined }))
  .default([])
  .catch([]);

const member = z.looseObject({
  name: word,
  kubeconfig: word,
  context: word,
  clusterId: word,
  inCluster: z.boolean().optional().catch(undefined),
  podCIDRs: words,
  serviceCIDRs: words,
  nodeCIDRs: words,
  extraCIDRs: words,
  namespaces: named,
});
const lease = z.looseObject({ duration: word, renewDeadline: word, retryPeriod: word });
const spec = z.looseObject({
  lease: lease.prefault({}).catch({ duration: undefined, renewDeadline: undefined, retryPeriod: undefined }),
  namespaces: named,
  inventories: z.array(z.unknown()).default([]).catch([]),
  members: z.array(z.unknown()).default([]).catch([]),
});

/** Only the fields of the checks below. Nothing is rejected, so that a bad field does not hide problems of others. */
const lenient = z.looseObject({ spec });

type MemberFields = z.output<typeof member>;

/** Networks of endpoints; those of cluster IPs are private to each cluster. */
const ENDPOINT_NETWORKS = ['podCIDRs', 'nodeCIDRs', 'extraCIDRs'] as const;

type NetworkField = (typeof ENDPOINT_NETWORKS)[number] | 'serviceCIDRs';

interface NetworkOfField extends DeclaredNetwork {
  readonly field: NetworkField;
}

/** What is compared with every other member, prepared once per member. */
interface ComparedMember {
  readonly fields: MemberFields;
  readonly title: string;
  /** Equal for two members if and only if they are the same cluster. */
  readonly accessed: string;
  readonly networks: readonly NetworkOfField[];
}

function comparedMember(fields: MemberFields, at: number, file: string): ComparedMember {
  return {
    fields,
    title: title(fields, at),
    accessed: accessText(accessOf(fields, file)),
    networks: networksOf(fields, at, ENDPOINT_NETWORKS),
  };
}

/** The valid CIDRs in some fields of a member. */
function networksOf(from: MemberFields, at: number, fields: readonly NetworkField[]): NetworkOfField[] {
  return fields.flatMap((field) =>
    from[field].flatMap((cidr, index) => {
      const network = parseNetwork(cidr);
      const path = ['spec', 'members', at, field, index];
      return network ? [{ member: title(from, at), path, cidr, network, field }] : [];
    }),
  );
}

function title(from: MemberFields, index: number): string {
  return from.name === undefined ? `members[${index}]` : `member ${JSON.stringify(from.name)}`;
}

export function validateFields<T>(data: unknown, file: string, report: Report<T>): T[] {
  const parsed = lenient.safeParse(data);
  if (!parsed.success) return [];
  const { spec } = parsed.data;
  const members = spec.members.map((item) => member.safeParse(item).data ?? member.parse({}));
  const names = members.flatMap(({ name }) => name ?? []);
  const compared = members.map((one, at) => comparedMember(one, at, file));
  const endpointNetworks = compared.flatMap(({ networks }) => networks);
  const serviceNetworks = members.flatMap((one, at) => networksOf(one, at, ['serviceCIDRs']));
  return [
    ...leaseProblems(spec.lease, report),
    // Names of members that come from inventories are not known here.
    ...namespaceProblems(
      lenientNamespaces.parse(spec.namespaces),
      spec.inventories.length > 0 ? undefined : names,
      report,
    ),
    ...serviceNetworkProblems(endpointNetworks, serviceNetworks, report),
    ...repeatedNames(['spec', 'namespaces'], spec.namespaces, report),
    ...members.flatMap((one, index) => [
      ...repeatedNames(['spec', 'members', index, 'namespaces'], one.namespaces, report),
      ...accessProblems(one, index, report),
    ]),
    ...compared.flatMap((one, index) =>
      compared.slice(0, index).flatMap((other, at) => pairProblems([other, at], [one, index], report)),
    ),
  ];
}

function pairProblems<T>(
  [former, firstIndex]: readonly [ComparedMember, number],
  [latter, secondIndex]: readonly [ComparedMember, number],
  report: Report<T>,
): T[] {
  const found: T[] = [];
  const path = ['spec', 'members', secondIndex];
  const [first, second] = [former.fields, latter.fields];
  if (second.name !== undefined && second.name === first.name) {
    const message = `${JSON.stringify(second.name)} is also the name of members[${firstIndex}]; names must be unique`;
    found.push(report('CTM_MEMBER_DUPLICATE', [...path, 'name'], message));
  }
  if (second.clusterId !== undefined && second.clusterId === first.clusterId) {
    const message = `${latter.title} and ${former.title} have the same clusterId; a cluster can be only one member`;
    found.push(report('CTM_MEMBER_DUPLICATE', [...path, 'clusterId'], message));
  }
  if (latter.accessed === former.accessed) {
    const message = `${latter.title} and ${former.title} are the same cluster: ${latter.accessed}; each member needs its own kubeconfig or context`;
    found.push(report('CTM_MEMBER_DUPLICATE', path, message));
  }
  for (const mine of latter.networks) {
    for (const theirs of former.networks) {
      if (!overlaps(mine.network, theirs.network)) continue;
      const message = `${mine.cidr} of ${latter.title} overlaps ${theirs.cidr} (${theirs.field}) of ${former.title}; an address must belong to only one member`;
      found.push(report('CTM_CONFIG_OVERLAP', mine.path, message));
    }
  }
  return found;
}

function accessProblems<T>(one: MemberFields, index: number, report: Report<T>): T[] {
  if (!one.inCluster) return [];
  return (['kubeconfig', 'context'] as const)
    .filter((field) => one[field] !== undefined)
    .map((field) =>
      report(
        'CTM_CONFIG_INVALID',
        ['spec', 'members', index, field],
        'mutually exclusive with inCluster: true; remove one',
      ),
    );
}

function repeatedNames<T>(path: readonly (string | number)[], list: z.output<typeof named>, report: Report<T>): T[] {
  return list.flatMap(({ name }, index) => {
    const first = list.findIndex((other) => other.name === name);
    if (name === undefined || first === index) return [];
    const message = `${JSON.stringify(name)} is a duplicate of [${first}]; list each namespace once`;
    return [report('CTM_CONFIG_INVALID', [...path, index, 'name'], message)];
  });
}

/** client-go's leader election requires the same order, with its jitter factor of 1.2 on the retry period. */
const RETRY_JITTER = 1.2;

function leaseProblems<T>(fields: z.output<typeof lease>, report: Report<T>): T[] {
  const ms = (text: string | undefined, otherwise: string) => parseDuration(text ?? otherwise);
  const duration = ms(fields.duration, LEASE_DEFAULTS.duration);
  const renewDeadline = ms(fields.renewDeadline, LEASE_DEFAULTS.renewDeadline);
  const retryPeriod = ms(fields.retryPeriod, LEASE_DEFAULTS.retryPeriod);
  const found: T[] = [];
  const add = (field: string, message: string) =>
    found.push(report('CTM_CONFIG_INVALID', ['spec', 'lease', field], message));
  if (duration !== undefined && duration % 1000 !== 0) add('duration', 'must be whole seconds, as in the Lease object');
  if (duration !== undefined && renewDeadline !== undefined && renewDeadline >= duration) {
    add('renewDeadline', `must be shorter than duration, which is ${duration / 1000}s`);
  }
  if (renewDeadline !== undefined && retryPeriod !== undefined && retryPeriod * RETRY_JITTER >= renewDeadline) {
    add('retryPeriod', `times ${RETRY_JITTER} must be shorter than renewDeadline, which is ${renewDeadline / 1000}s`);
  }
  return found;
}
