/** Initial objects of a new cluster. */
import type { ClusterSettings } from '../../machinery/cluster-settings.ts';
import { addressAt, familyOf } from '../address-ranges.ts';
import { DEFAULT_STORAGE_CLASS } from '../claims.ts';
import { nodeLease, nodeOf } from '../nodes.ts';
import type { Objects } from '../objects.ts';
import { dnsObjects, type Initial } from './cluster-dns.ts';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const;
const API_PORT = 6443;

const NAMESPACE_OBJECTS: readonly Initial[] = NAMESPACES.map((name) => ({
  resource: '/namespaces',
  object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
}));

/** The default storage class. Claims of any other class are bound, too. */
const STORAGE_CLASS: Initial = {
  resource: 'storage.k8s.io/storageclasses',
  object: {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name: DEFAULT_STORAGE_CLASS,
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: 'kubesim.catamaran.dev/none',
  },
};

/** The Service of the API server, with a node address as its endpoint, as in a control plane. */
function apiService({ serviceCIDRs, nodeCIDRs }: ClusterSettings): Initial[] {
  const [services = ''] = serviceCIDRs;
  const family = familyOf(services);
  const nodes = nodeCIDRs.find((cidr) => familyOf(cidr) === family) ?? nodeCIDRs[0] ?? '';
  const address = addressAt(nodes, 1);
  const metadata = { name: 'kubernetes', namespace: 'default' };
  const labels = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };
  const port = { name: 'https', port: API_PORT, protocol: 'TCP' };
  return [
    {
      resource: '/services',
      object: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { ...metadata, labels: { component: 'apiserver', provider: 'kubernetes' } },
        spec: {
          type: 'ClusterIP',
          clusterIP: addressAt(services, 1),
          ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: API_PORT }],
        },
      },
    },
    {
      resource: '/endpoints',
      object: {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { ...metadata, labels },
        subsets: [{ addresses: [{ ip: address }], ports: [port] }],
      },
    },
    {
      resource: 'discovery.k8s.io/endpointslices',
      object: {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
        addressType: family,
        endpoints: [{ addresses: [address], conditions: { ready: true, serving: true, terminating: false } }],
        ports: [port],
      },
    },
  ];
}

/** Creates the objects that kube-apiserver creates itself. */
export function bootstrapApi(objects: Objects): void {
  ensure(objects, [...NAMESPACE_OBJECTS, ...apiService(objects.settings)]);
}

/** Creates the missing objects of a complete cluster, including nodes, storage class and DNS. */
export function bootstrap(objects: Objects, nodes: number, now: number): void {
  const { settings } = objects;
  ensure(objects, [...NAMESPACE_OBJECTS, STORAGE_CLASS]);
  for (let number = 1; number <= nodes; number++) ensureNode(objects, number, nodes, now);
  ensure(objects, [...apiService(settings), ...dnsObjects(settings)]);
}

function ensure(objects: Objects, initial: readonly Initial[]): void {
  for (const { resource, object } of initial) objects.ensure(resource, object, object.metadata);
}

/** The status is dropped on create, so it is written separately. */
function ensureNode(objects: Objects, number: number, nodes: number, now: number): void {
  const wanted = nodeOf(objects.settings, number, nodes, now);
  const { name } = wanted.metadata;
  const node = objects.get('/nodes', undefined, name) ?? objects.create('/nodes', wanted);
  if (!node.status?.addresses) objects.updateStatus('/nodes', { ...node, status: wanted.status });
  const lease = nodeLease(name, now);
  objects.ensure('coordination.k8s.io/leases', lease, lease.metadata);
}
