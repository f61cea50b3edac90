/**
 * A ClusterRole and its binding that allow CoreDNS to read ServiceImports. They are objects of their own, so that an
 * upgrade that writes the ClusterRole of CoreDNS again takes nothing away, and that a rule which a user has added there
 * is never confused with this one.
 */
import type { JsonObject } from '../../api/json.ts';
import type { KubeObject } from '../../api/meta.ts';
import { MCS_GROUP } from '../../api/multicluster.ts';
import type { Resource } from '../../api/resources.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { readable } from '../../kube/client/readable.ts';
import { diff } from './diff.ts';
import type { ObjectEdit } from './object-edit.ts';

const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1', namespaced: false } as const;
const CLUSTER_ROLES: Resource = { ...RBAC, plural: 'clusterroles', kind: 'ClusterRole' };
const CLUSTER_ROLE_BINDINGS: Resource = { ...RBAC, plural: 'clusterrolebindings', kind: 'ClusterRoleBinding' };

/** Name of both objects. */
export const RIGHTS = 'catamaran-coredns';

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

// Types, since interfaces are not assignable to JsonObject.
type Subject = { readonly kind?: string; readonly namespace?: string; readonly name?: string };
type Binding = JsonObject & KubeObject & { readonly subjects?: readonly Subject[] | null };
type Role = JsonObject & KubeObject & { readonly rules?: readonly JsonObject[] | null };

const LABELS = { 'app.kubernetes.io/managed-by': 'catamaran' };
const RULE = { apiGroups: [MCS_GROUP], resources: ['serviceimports'], verbs: ['list', 'watch'] };
const ROLE_TEXT = `allows: list, watch serviceimports.${MCS_GROUP}`;

/** The objects for one service account, for a user who applies them. */
export function rightsOf({ namespace, name }: ServiceAccount): readonly [role: JsonObject, binding: JsonObject] {
  const metadata = { name: RIGHTS, labels: LABELS };
  return [
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata, rules: [RULE] },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC.group, kind: 'ClusterRole', name: RIGHTS },
      subjects: [{ kind: 'ServiceAccount', namespace, name }],
    },
  ];
}

/** Edits that grant the rights to a service account; empty if it has them by these objects. */
export async function grant(client: KubeClient, account: ServiceAccount): Promise<ObjectEdit[]> {
  const [role, binding] = await read(client);
  const [ownRole, ownBinding] = rightsOf(account);
  const edits: ObjectEdit[] = [];
  if (!role || !allows(role.rules ?? [])) {
    edits.push({
      resource: CLUSTER_ROLES,
      title: `ClusterRole ${RIGHTS}`,
      ...(role && { before: role }),
      after: ruled(role ?? ownRole),
      lines: [`+ ${ROLE_TEXT}`],
    });
  }
  const subjects = binding?.subjects ?? [];
  if (subjects.some((subject) => isAccount(subject, account))) return edits;
  const after = [...subjects, { kind: 'ServiceAccount', ...account }];
  edits.push({
    resource: CLUSTER_ROLE_BINDINGS,
    title: `ClusterRoleBinding ${RIGHTS}`,
    ...(binding && { before: binding }),
    after: binding ? subjected(binding, after) : ownBinding,
    lines: diff(subjectsText(subjects), subjectsText(after)),
  });
  return edits;
}

/** Edits that take the rights back; the objects are deleted with the last service account. */
export async function revoke(client: KubeClient, account: ServiceAccount): Promise<ObjectEdit[]> {
  const [role, binding] = await read(client);
  const subjects = binding?.subjects ?? [];
  const kept = subjects.filter((subject) => !isAccount(subject, account));
  const edits: ObjectEdit[] = [];
  if (binding && (kept.length < subjects.length || kept.length === 0)) {
    edits.push({
      resource: CLUSTER_ROLE_BINDINGS,
      title: `ClusterRoleBinding ${RIGHTS}`,
      before: binding,
      ...(kept.length > 0 && { after: subjected(binding, kept) }),
      lines: diff(subjectsText(subjects), subjectsText(kept)),
    });
  }
  if (role && kept.length === 0)
    edits.push({
      resource: CLUSTER_ROLES,
      title: `ClusterRole ${RIGHTS}`,
      before: role,
      lines: [`- ${ROLE_TEXT}`],
    });
  return edits;
}

/** Whether the rules are exactly the one that is needed, whatever the order of its fields. */
function allows(rules: readonly JsonObject[]): boolean {
  return rules.length === 1 && rules.every((rule) => textOf(rule) === textOf(RULE));
}

function textOf(rule: JsonObject): string {
  return JSON.stringify(Object.entries(rule).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function ruled(role: JsonObject): JsonObject {
  return { ...role, rules: [RULE] };
}

function subjected(binding: JsonObject, subjects: readonly Subject[]): JsonObject {
  return { ...binding, subjects };
}

async function read(client: KubeClient): Promise<[Role | undefined, Binding | undefined]> {
  return await Promise.all([
    readable(client.get<Role>(CLUSTER_ROLES, { name: RIGHTS })),
    readable(client.get<Binding>(CLUSTER_ROLE_BINDINGS, { name: RIGHTS })),
  ]);
}

function isAccount({ kind, namespace, name }: Subject, account: ServiceAccount): boolean {
  return kind === 'ServiceAccount' && namespace === account.namespace && name === account.name;
}

function subjectsText(subjects: readonly Subject[]): string {
  return subjects.map(({ namespace, name }) => `for the service account ${namespace}/${name}`).join('\n');
}
