/** Adds and removes the rule in the ClusterRole of CoreDNS that allows it to read ServiceImports. */
import type { JsonObject } from '../../api/json.ts';
import type { KubeObject } from '../../api/meta.ts';
import { MCS_GROUP } from '../../api/multicluster.ts';
import type { Resource } from '../../api/resources.ts';
import { isNotFound } from '../../kube/client/api-errors.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import type { CoreDnsNames } from './coredns-objects.ts';
import { diff } from './diff.ts';
import type { ObjectEdit } from './object-edit.ts';

const CLUSTER_ROLES: Resource = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'clusterroles',
  kind: 'ClusterRole',
  namespaced: false,
};

// A type, since an interface is not assignable to JsonObject.
type Rule = {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs?: readonly string[];
};

type ClusterRole = JsonObject & KubeObject & { readonly rules?: readonly Rule[] | null };

const ADDED: Rule = { apiGroups: [MCS_GROUP], resources: ['serviceimports'], verbs: ['list', 'watch'] };

/**
 * Returns undefined if nothing changes. Removes a rule only if it is exactly the one added here.
 *
 * @throws CTM_COREFILE if the ClusterRole does not exist and the rule is to be added.
 */
export async function editRole(
  client: KubeClient,
  { clusterRole: name }: CoreDnsNames,
  allowed: boolean,
): Promise<ObjectEdit | undefined> {
  const role = await readRole(client, name);
  if (!role) {
    if (!allowed) return undefined;
    const missing = `ClusterRole ${name} not found in cluster ${client.cluster}`;
    throw new CatamaranError('CTM_COREFILE', `${missing}: pass the ClusterRole of CoreDNS with --cluster-role`);
  }
  const before = role.rules ?? [];
  const after = allowed
    ? allowsImports(before)
      ? before
      : [...before, ADDED]
    : before.filter((rule) => !isAdded(rule));
  if (after.length === before.length) return undefined;
  const object: JsonObject = role;
  return {
    resource: CLUSTER_ROLES,
    title: `ClusterRole ${name}`,
    before: object,
    after: { ...object, rules: after },
    lines: diff(rulesText(before), rulesText(after)),
  };
}

async function readRole(client: KubeClient, name: string): Promise<ClusterRole | undefined> {
  try {
    return await client.get<ClusterRole>(CLUSTER_ROLES, { name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function allowsImports(rules: readonly Rule[]): boolean {
  const has = (list: readonly string[] | undefined, value: string) =>
    list?.some((each) => each === value || each === '*');
  return (ADDED.verbs ?? []).every((verb) =>
    rules.some(
      (rule) => has(rule.apiGroups, MCS_GROUP) && has(rule.resources, 'serviceimports') && has(rule.verbs, verb),
    ),
  );
}

function isAdded(rule: Rule): boolean {
  return JSON.stringify([rule.apiGroups, rule.resources, rule.verbs]) === JSON.stringify(Object.values(ADDED));
}

function rulesText(rules: readonly Rule[]): string {
  return rules.map((rule) => `${rule.apiGroups?.join()} ${rule.resources?.join()}: ${rule.verbs?.join()}`).join('\n');
}
