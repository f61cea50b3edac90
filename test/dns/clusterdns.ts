/** What kubeadm makes for CoreDNS, by the fields that matter. */
import type { JsonObject } from '../../src/api/meta.ts';

export const KUBEADM_COREFILE = `.:53 {
    errors
    health {
        lameduck 5s
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
`;

/** The ConfigMap and ClusterRole, under names of a test's own. */
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
