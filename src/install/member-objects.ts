/** The account of the controller in a member, and its rights. */
import { accountOf, CLUSTER_SCOPED, CONTROLLER, metadata, roleRef } from './object-parts.ts';
import { leaseRules, MEMBER_RULES } from './role-rules.ts';
import { type TemplateObject, textOf } from './template.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';
const LEASE_NAMESPACE = { namespace: textOf('Values.lease.namespace') };

export const memberRights: readonly TemplateObject[] = [
  { apiVersion: RBAC, kind: 'ClusterRole', metadata: metadata(CONTROLLER, CLUSTER_SCOPED), rules: MEMBER_RULES },
  {
    apiVersion: RBAC,
    kind: 'ClusterRoleBinding',
    metadata: metadata(CONTROLLER, CLUSTER_SCOPED),
    roleRef: roleRef('ClusterRole', CONTROLLER),
    subjects: [accountOf(CONTROLLER)],
  },
  {
    apiVersion: RBAC,
    kind: 'Role',
    metadata: metadata(CONTROLLER, LEASE_NAMESPACE),
    rules: leaseRules(textOf('Values.lease.name')),
  },
  {
    apiVersion: RBAC,
    kind: 'RoleBinding',
    metadata: metadata(CONTROLLER, LEASE_NAMESPACE),
    roleRef: roleRef('Role', CONTROLLER),
    subjects: [accountOf(CONTROLLER)],
  },
];
