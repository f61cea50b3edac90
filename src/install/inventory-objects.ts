/** The rights of the controller in its own namespace: it reads the Secrets that describe members. */
import { accountOf, CONTROLLER, metadata, roleRef } from './object-parts.ts';
import { INVENTORY_RULES } from './role-rules.ts';
import type { TemplateObject } from './template.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';
const INVENTORY = `${CONTROLLER}-inventory`;

export const inventoryRights: readonly TemplateObject[] = [
  { apiVersion: RBAC, kind: 'Role', metadata: metadata(INVENTORY), rules: INVENTORY_RULES },
  {
    apiVersion: RBAC,
    kind: 'RoleBinding',
    metadata: metadata(INVENTORY),
    roleRef: roleRef('Role', INVENTORY),
    subjects: [accountOf(CONTROLLER)],
  },
];
