/** The rights of each part, as rules of RBAC. A test compares those of the controller with the requests that it sends. */

/** A rule of a Role or ClusterRole. */
export type Rule = {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
};

const MCS = ['multicluster.x-k8s.io'];
const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'patch', 'delete'];

/** Of the controller, in each member. */
export const MEMBER_RULES: readonly Rule[] = [
  { apiGroups: MCS, resources: ['serviceexports'], verbs: READ },
  { apiGroups: MCS, resources: ['serviceimports'], verbs: [...READ, ...WRITE] },
  { apiGroups: MCS, resources: ['serviceexports/status', 'serviceimports/status'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['services'], verbs: [...READ, ...WRITE] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: [...READ, ...WRITE] },
  { apiGroups: [''], resources: ['namespaces'], verbs: READ },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  // The networks of the cluster, if the fleet file does not declare them.
  { apiGroups: [''], resources: ['nodes'], verbs: ['list'] },
  { apiGroups: ['networking.k8s.io'], resources: ['servicecidrs'], verbs: ['get', 'list'] },
];

/** Of the controller, in the namespace of the member's Lease. RBAC cannot restrict the name in a create. */
export function leaseRules<Name>(name: Name) {
  const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] } as const;
  return [
    { ...leases, verbs: ['create'] },
    { ...leases, resourceNames: [name], verbs: ['get', 'patch'] },
  ] as const;
}

/** Of the controller, in its own namespace. RBAC cannot restrict a list to labels. */
export const INVENTORY_RULES: readonly Rule[] = [{ apiGroups: [''], resources: ['secrets'], verbs: ['list', 'watch'] }];

/** Of the controller, in the namespace of its account in a member: it renews its own token. */
export function renewalRules(account: string): readonly Rule[] {
  return [{ apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: [account], verbs: ['create'] }];
}

/** Of the controller, in its own namespace: it stores the renewed token of one member. */
export function storeRules(secret: string): readonly Rule[] {
  return [{ apiGroups: [''], resources: ['secrets'], resourceNames: [secret], verbs: ['patch'] }];
}

/** Of the controller, in its cluster, if it serves the console: whose token it is, and what its user may do. */
export const CONSOLE_REVIEW_RULES: readonly Rule[] = [
  { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
];

/** Of the controller, in each member that users change in its console. It has those on imports. */
export const CONSOLE_CHANGE_RULES: readonly Rule[] = [
  { apiGroups: MCS, resources: ['serviceexports'], verbs: ['create', 'delete'] },
];

/** Of `catamaran dns`, in its cluster. */
export const DNS_RULES: readonly Rule[] = [
  { apiGroups: MCS, resources: ['serviceimports'], verbs: ['list', 'watch'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
];

/** Of `catamaran dns check` in a pod, in kube-system: the Corefile, and the Service of the cluster's DNS. */
export const DNS_CHECK_RULES: readonly Rule[] = [
  { apiGroups: [''], resources: ['configmaps'], resourceNames: ['coredns'], verbs: ['get'] },
  { apiGroups: [''], resources: ['services'], verbs: ['list'] },
];
