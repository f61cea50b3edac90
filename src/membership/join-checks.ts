/** Checks before anything is written: rights in both clusters, their clocks, and the address of the API server. */
import { MCS_GROUP } from '../api/multicluster.ts';
import { CONFIG_MAPS, RESOURCES, type Resource, SECRETS } from '../api/resources.ts';
import { localHost } from '../kube/kubeconfig/local-address.ts';
import { ErrorList, type Problem } from '../runtime/errors.ts';
import { clockOffset, missingRights, type NeededRight } from './access-review.ts';
import type { JoinOptions } from './join-options.ts';
import { CRDS_RESOURCE, DEPLOYMENTS, SERVICE_ACCOUNTS } from './membership-resources.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** Tokens are not valid before they are issued, by the clock of the API server that checks them. */
const CLOCK_WARNING_MS = 10_000;
const CLOCK_LIMIT_MS = 300_000;

function rbac(plural: string, kind: string, namespaced: boolean): Resource {
  return { group: RBAC, version: 'v1', plural, kind, namespaced };
}

const ROLES = [rbac('roles', 'Role', true), rbac('rolebindings', 'RoleBinding', true)];
const CLUSTER_ROLES = [
  rbac('clusterroles', 'ClusterRole', false),
  rbac('clusterrolebindings', 'ClusterRoleBinding', false),
];

function memberRights(namespace: string): readonly NeededRight[] {
  const create = (resource: Resource): NeededRight => ({ verb: 'create', resource });
  return [
    ...[CRDS_RESOURCE, RESOURCES.namespaces, ...CLUSTER_ROLES].map(create),
    ...[SERVICE_ACCOUNTS, ...ROLES].map((resource) => ({ ...create(resource), namespace })),
    { verb: 'create', resource: SERVICE_ACCOUNTS, subresource: 'token', namespace },
    { verb: 'list', resource: { ...RESOURCES.serviceExports, group: MCS_GROUP } },
  ];
}

function hubRights(namespace: string): readonly NeededRight[] {
  const here = (verb: string, resource: Resource): NeededRight => ({ verb, resource, namespace });
  return [
    here('get', DEPLOYMENTS),
    here('get', CONFIG_MAPS),
    ...['list', 'create', 'patch', 'delete'].map((verb) => here(verb, SECRETS)),
    ...ROLES.map((resource) => here('create', resource)),
  ];
}

/** Returns warnings. @throws CTM_MEMBERSHIP with everything that does not hold */
export async function checkJoin(options: JoinOptions): Promise<readonly string[]> {
  const { member, hub, namespace, server, clock, signal } = options;
  const [inMember, inHub, ...offsets] = await Promise.all([
    missingRights(member, memberRights(namespace), signal),
    missingRights(hub, hubRights(namespace), signal),
    clockOffset(member, clock, signal),
    clockOffset(hub, clock, signal),
  ]);
  const problems = [
    ...rightsProblem(member.cluster, inMember),
    ...rightsProblem(hub.cluster, inHub),
    ...serverProblem(server),
  ];
  const clocks = [member.cluster, hub.cluster].map((cluster, i) => [cluster, offsets[i]] as const);
  const skewed = clocks.flatMap(([cluster, offset]) =>
    offset !== undefined && Math.abs(offset) > CLOCK_WARNING_MS ? [[cluster, offset] as const] : [],
  );
  for (const [cluster, offset] of skewed.filter(([, each]) => Math.abs(each) > CLOCK_LIMIT_MS)) {
    problems.push(`${clockText(cluster, offset)}; correct it, since tokens would not be valid when they should be`);
  }
  if (problems.length > 0) {
    const list: Problem[] = problems.map((message) => ({ code: 'CTM_MEMBERSHIP', message }));
    throw new ErrorList('CTM_MEMBERSHIP', list);
  }
  return skewed.map(([cluster, offset]) => clockText(cluster, offset));
}

function clockText(cluster: string, offset: number): string {
  const seconds = Math.round(Math.abs(offset) / 1_000);
  return `the clock of ${cluster} is ${seconds} s ${offset > 0 ? 'ahead of' : 'behind'} this machine's`;
}

function rightsProblem(cluster: string, missing: readonly string[]): readonly string[] {
  if (missing.length === 0) return [];
  return [`the user of ${cluster} may not ${missing.join(', ')}; use a --context of an administrator`];
}

function serverProblem(server: string): readonly string[] {
  const url = new URL(server);
  const local = localHost(url);
  if (url.protocol !== 'https:') return [`--server: ${server} is not https; the controller connects only with https`];
  if (local === undefined) return [];
  return [`--server: ${server} ${local}; pass the address at which the hub reaches this API server`];
}
