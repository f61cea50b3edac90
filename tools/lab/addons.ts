/** Cluster add-ons: DNS and storage classes. */
import { kubeadmCorefile } from 'kubesim/internal';
import { COREDNS_IMAGE } from './images.ts';
import type { ClusterLayout } from './layout.ts';

/** Storage classes used in the documents. */
const STORAGE_CLASSES = ['alicloud-disk-topology-alltype', 'standard'] as const;

/** A List for `kubectl apply`. */
export function addons(cluster: ClusterLayout): object {
  return { apiVersion: 'v1', kind: 'List', items: [...dns(cluster), ...storageClasses()] };
}

/** kube-controller-manager provisions the volumes: directories on the host, deleted with their claims. */
function storageClasses(): object[] {
  return STORAGE_CLASSES.map((name) => ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name,
      annotations: { 'storageclass.kubernetes.io/is-default-class': String(name === 'standard') },
    },
    provisioner: 'kubernetes.io/host-path',
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'Immediate',
  }));
}

/** CoreDNS with kubeadm's object names, which the commands in the documents use. */
function dns(cluster: ClusterLayout): object[] {
  const namespace = 'kube-system';
  const labels = { 'k8s-app': 'kube-dns' };
  const role = 'system:coredns';
  const read = ['list', 'watch'];
  const probe = (path: string, port: number): object => ({ httpGet: { path, port, scheme: 'HTTP' } });
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'coredns', namespace } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: role },
      rules: [
        { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: read },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: role },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name: 'coredns', namespace }],
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'coredns', namespace },
      data: { Corefile: kubeadmCorefile('cluster.local') },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kube-dns', namespace, labels },
      spec: {
        selector: labels,
        clusterIP: cluster.dnsAddresses[0],
        clusterIPs: cluster.dnsAddresses,
        ipFamilyPolicy: 'RequireDualStack',
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP' },
          { name: 'dns-tcp', port: 53, protocol: 'TCP' },
          { name: 'metrics', port: 9153, protocol: 'TCP' },
        ],
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'coredns', namespace, labels },
      spec: {
        replicas: 1,
        // A new pod serves before the old one is deleted.
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: 'coredns',
            dnsPolicy: 'Default',
            priorityClassName: 'system-cluster-critical',
            containers: [
              {
                name: 'coredns',
                image: COREDNS_IMAGE,
                args: ['-conf', '/etc/coredns/Corefile'],
                ports: [
                  { name: 'dns', containerPort: 53, protocol: 'UDP' },
                  { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
                  { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
                ],
                livenessProbe: { ...probe('/health', 8080), initialDelaySeconds: 10, timeoutSeconds: 5 },
                readinessProbe: { ...probe('/ready', 8181), periodSeconds: 1 },
                volumeMounts: [{ name: 'config', mountPath: '/etc/coredns', readOnly: true }],
              },
            ],
            volumes: [
              { name: 'config', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } },
            ],
          },
        },
      },
    },
  ];
}
