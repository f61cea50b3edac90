/** The objects that kubeadm creates for CoreDNS, with the relevant fields. */

import { kubeadmCorefile } from 'kubesim/internal';
import type { JsonObject } from '../../../src/api/json.ts';

export const KUBEADM_COREFILE = kubeadmCorefile('cluster.local');

/** The ConfigMap and ClusterRole of CoreDNS. */
export function clusterDnsObjects(namespace: string, role: string, corefile = KUBEADM_COREFILE): JsonObject[] {
  const watch = ['list', 'watch'];
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'coredns' }, data: { Corefile: corefile } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: role },
      rules: [
        { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: watch },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: watch },
      ],
    },
  ];
}
