/** The DNS objects of a cluster, named as by kubeadm; the actual resolution happens in `network`. */

import type { ClusterSettings } from '../../machinery/cluster-settings.ts';
import type { JsonObject } from '../../machinery/json.ts';
import type { ObjectKey } from '../../machinery/object.ts';
import type { ResourceName } from '../../machinery/resource-name.ts';
import { addressAt } from '../address-ranges.ts';

/** An initial object of a new cluster. */
export interface Initial {
  readonly resource: ResourceName;
  readonly object: JsonObject & { readonly metadata: JsonObject & ObjectKey };
}

const NAMESPACE = 'kube-system';
const LABELS = { 'k8s-app': 'kube-dns' } as const;
const ROLE = 'system:coredns';
/** The `multicluster` option is supported since 1.12.2. */
const IMAGE = 'registry.k8s.io/coredns/coredns:v1.14.0';
/** Index of the kube-dns address in the Service range. */
const DNS_ADDRESS = 10;

/** The Corefile written by kubeadm 1.34 for this cluster domain (kubeadm, CoreDNSConfigMap). */
export function kubeadmCorefile(domain: string): string {
  return `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes ${domain} in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success ${domain}
       disable denial ${domain}
    }
    loop
    reload
    loadbalance
}
`;
}

function rbac(): Initial[] {
  const rbacResource = (plural: string): ResourceName => `rbac.authorization.k8s.io/${plural}`;
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const verbs = ['list', 'watch'];
  return [
    {
      resource: rbacResource('clusterroles'),
      object: {
        apiVersion,
        kind: 'ClusterRole',
        metadata: { name: ROLE },
        rules: [
          { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs },
          { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
        ],
      },
    },
    {
      resource: rbacResource('clusterrolebindings'),
      object: {
        apiVersion,
        kind: 'ClusterRoleBinding',
        metadata: { name: ROLE },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: ROLE },
        subjects: [{ kind: 'ServiceAccount', name: 'coredns', namespace: NAMESPACE }],
      },
    },
  ];
}

function deployment(): Initial {
  const ports = [
    { containerPort: 53, name: 'dns', protocol: 'UDP' },
    { containerPort: 53, name: 'dns-tcp', protocol: 'TCP' },
    { containerPort: 9153, name: 'metrics', protocol: 'TCP' },
  ];
  const volumes = [
    { name: 'config-volume', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } },
  ];
  return {
    resource: 'apps/deployments',
    object: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'coredns', namespace: NAMESPACE, labels: LABELS },
      spec: {
        replicas: 1,
        selector: { matchLabels: LABELS },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
        template: {
          metadata: { labels: LABELS },
          spec: {
            serviceAccountName: 'coredns',
            dnsPolicy: 'Default',
            containers: [
              {
                name: 'coredns',
                image: IMAGE,
                args: ['-conf', '/etc/coredns/Corefile'],
                ports,
                volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
              },
            ],
            volumes,
          },
        },
      },
    },
  };
}

export function dnsObjects({ domain, serviceCIDRs }: ClusterSettings): Initial[] {
  const [primary = ''] = serviceCIDRs;
  const metadata = { name: 'coredns', namespace: NAMESPACE };
  return [
    ...rbac(),
    { resource: '/serviceaccounts', object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata } },
    {
      resource: '/configmaps',
      object: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { Corefile: kubeadmCorefile(domain) } },
    },
    {
      resource: '/services',
      object: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: {
          name: 'kube-dns',
          namespace: NAMESPACE,
          labels: { ...LABELS, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
        },
        spec: {
          clusterIP: addressAt(primary, DNS_ADDRESS),
          selector: LABELS,
          ports: [
            { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
            { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
            { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
          ],
        },
      },
    },
    deployment(),
  ];
}
