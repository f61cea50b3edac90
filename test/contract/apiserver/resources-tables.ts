/**
 * Objects whose table rows are compared. They must not be changed by controllers, which run on one of the servers only.
 */
import type { JsonObject } from '../../../src/api/json.ts';

/** An object in a table; `status` is merged into the stored status. */
export interface Shown {
  readonly title: string;
  readonly object: JsonObject;
  readonly status?: JsonObject;
}

/** The table of one resource. */
export interface Table {
  readonly kind: string;
  readonly resource: string;
  /** Whether the resource is cluster-scoped. */
  readonly cluster?: boolean;
  readonly objects: readonly Shown[];
}

type Case = JsonObject & { readonly shownStatus?: JsonObject };

function table(resource: string, apiVersion: string, kind: string, cases: Readonly<Record<string, Case>>): Table {
  const objects = Object.entries(cases).map(([title, { shownStatus, metadata, ...fields }], i) => ({
    title,
    object: { apiVersion, kind, metadata: { name: `${kind.toLowerCase()}-${i}`, ...Object(metadata) }, ...fields },
    ...(shownStatus && { status: shownStatus }),
  }));
  return { kind, resource, objects };
}

function columnsOnly(resource: string, kind: string): Table {
  return { kind, resource, cluster: true, objects: [] };
}

const SERVICES = table('/api/v1/services', 'v1', 'Service', {
  'two ports and a selector': {
    spec: {
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 443 },
      ],
      selector: { x: 'y', b: 'c' },
    },
  },
  headless: { spec: { clusterIP: 'None' } },
  'an external name': { spec: { type: 'ExternalName', externalName: 'a.b' } },
  'a node port': {
    spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30_010, protocol: 'UDP' }], externalIPs: ['192.0.2.9'] },
  },
  'a pending load balancer': { spec: { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30_011 }] } },
  'a load balancer': {
    spec: { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30_012 }], externalIPs: ['192.0.2.8'] },
    shownStatus: {
      loadBalancer: {
        ingress: [{ ip: '192.0.2.2' }, { hostname: 'a.very.long.name.example.com' }, { ip: '192.0.2.1' }],
      },
    },
  },
});

const SLICES = table('/apis/discovery.k8s.io/v1/endpointslices', 'discovery.k8s.io/v1', 'EndpointSlice', {
  'more than three of each': {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['192.0.2.1', '192.0.2.2'] }, { addresses: ['192.0.2.3'] }, { addresses: ['192.0.2.4'] }],
    ports: [{ port: 80 }, { name: 'b' }, { name: 'c', port: 1 }, { name: 'd', port: 2 }],
  },
  empty: { addressType: 'IPv6' },
  'a port without a number': { addressType: 'FQDN', endpoints: [{ addresses: ['a.b'] }], ports: [{ name: 'x' }] },
});

const ENDPOINTS = table('/api/v1/endpoints', 'v1', 'Endpoints', {
  'two subsets': {
    subsets: [
      {
        addresses: [{ ip: '192.0.2.1' }, { ip: '192.0.2.2' }],
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 81 },
        ],
      },
      { addresses: [{ ip: '2001:db8::1' }] },
    ],
  },
  IPv6: { subsets: [{ addresses: [{ ip: '2001:db8::1' }], ports: [{ port: 80 }] }] },
  empty: {},
  'none ready': { subsets: [{ notReadyAddresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }] },
});

/** No scheduler handles it, so nothing happens to it. */
const POD = {
  schedulerName: 'nobody',
  containers: [
    { name: 'a', image: 'x' },
    { name: 'b', image: 'y' },
  ],
};

function container(name: string, state: JsonObject, more: JsonObject = {}): JsonObject {
  return { name, state, ready: false, restartCount: 0, image: '', imageID: '', ...more };
}

const RUNNING = { running: { startedAt: '2026-01-01T00:00:00Z' } };

const PODS = table('/api/v1/pods', 'v1', 'Pod', {
  new: { spec: POD },
  'running, restarted once': {
    spec: { ...POD, readinessGates: [{ conditionType: 'example.com/a' }] },
    shownStatus: {
      phase: 'Running',
      podIP: '10.1.0.1',
      podIPs: [{ ip: '10.1.0.1' }],
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        container('a', RUNNING, { ready: true }),
        container('b', RUNNING, { ready: true, restartCount: 2 }),
      ],
    },
  },
  'being created': {
    spec: POD,
    shownStatus: {
      phase: 'Pending',
      containerStatuses: [container('a', { waiting: { reason: 'ContainerCreating' } })],
    },
  },
  done: {
    spec: POD,
    shownStatus: {
      phase: 'Succeeded',
      containerStatuses: [container('a', { terminated: { exitCode: 0, reason: 'Completed' } })],
    },
  },
  'failed with an exit code': {
    spec: POD,
    shownStatus: { phase: 'Failed', containerStatuses: [container('a', { terminated: { exitCode: 3 } })] },
  },
  'at its first init container': {
    spec: {
      ...POD,
      initContainers: [
        { name: 'i', image: 'x' },
        { name: 'j', image: 'x' },
      ],
    },
    shownStatus: { phase: 'Pending', initContainerStatuses: [container('i', { running: {} }, { restartCount: 1 })] },
  },
  'failed at an init container': {
    spec: { ...POD, initContainers: [{ name: 'i', image: 'x' }] },
    shownStatus: {
      phase: 'Pending',
      initContainerStatuses: [container('i', { terminated: { exitCode: 1, reason: 'Error' } })],
    },
  },
  'with a sidecar': {
    spec: { ...POD, initContainers: [{ name: 'i', image: 'x', restartPolicy: 'Always' }] },
    shownStatus: {
      phase: 'Running',
      initContainerStatuses: [container('i', RUNNING, { ready: true, started: true })],
      containerStatuses: [container('a', RUNNING, { ready: true }), container('b', RUNNING, { ready: true })],
    },
  },
  evicted: { spec: POD, shownStatus: { phase: 'Failed', reason: 'Evicted' } },
});

const WORKLOAD = {
  replicas: 0,
  selector: { matchLabels: { a: 'b' } },
  template: {
    metadata: { labels: { a: 'b' } },
    spec: {
      containers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'y' },
      ],
    },
  },
};

const DEPLOYMENTS = table('/apis/apps/v1/deployments', 'apps/v1', 'Deployment', {
  'no replicas': { spec: WORKLOAD },
  'a selector with expressions': {
    spec: {
      ...WORKLOAD,
      selector: {
        matchLabels: { a: 'b' },
        matchExpressions: [
          { key: 'a', operator: 'Exists' },
          { key: 'a', operator: 'In', values: ['c', 'b'] },
          { key: 'z', operator: 'DoesNotExist' },
          { key: 'q', operator: 'NotIn', values: ['1'] },
        ],
      },
    },
  },
});

const RBAC = 'rbac.authorization.k8s.io';

export const TABLES: readonly Table[] = [
  SERVICES,
  SLICES,
  ENDPOINTS,
  PODS,
  DEPLOYMENTS,
  table('/apis/apps/v1/replicasets', 'apps/v1', 'ReplicaSet', { 'no replicas': { spec: WORKLOAD } }),
  table('/apis/apps/v1/statefulsets', 'apps/v1', 'StatefulSet', { 'no replicas': { spec: WORKLOAD } }),
  table('/api/v1/configmaps', 'v1', 'ConfigMap', {
    'two kinds of data': { data: { a: 'b' }, binaryData: { c: 'eA==' } },
  }),
  table('/api/v1/secrets', 'v1', 'Secret', { strings: { stringData: { a: 'b' } } }),
  table('/api/v1/serviceaccounts', 'v1', 'ServiceAccount', { 'with a Secret': { secrets: [{ name: 'x' }] } }),
  table('/apis/coordination.k8s.io/v1/leases', 'coordination.k8s.io/v1', 'Lease', {
    held: { spec: { holderIdentity: 'x' } },
    free: {},
  }),
  table(`/apis/${RBAC}/v1/roles`, `${RBAC}/v1`, 'Role', { empty: { rules: [] } }),
  table(`/apis/${RBAC}/v1/rolebindings`, `${RBAC}/v1`, 'RoleBinding', {
    'many subjects': {
      roleRef: { kind: 'Role', name: 'a' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'User', name: 'v' },
        { kind: 'Group', name: 'g' },
        { kind: 'ServiceAccount', name: 's', namespace: 'n' },
      ],
    },
  }),
  table('/api/v1/persistentvolumeclaims', 'v1', 'PersistentVolumeClaim', {
    unbound: {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'none' },
    },
  }),
  columnsOnly('/api/v1/namespaces', 'Namespace'),
  columnsOnly('/api/v1/nodes', 'Node'),
  columnsOnly('/api/v1/persistentvolumes', 'PersistentVolume'),
  columnsOnly('/api/v1/events', 'Event'),
  columnsOnly('/apis/events.k8s.io/v1/events', 'events.k8s.io Event'),
  columnsOnly('/apis/storage.k8s.io/v1/storageclasses', 'StorageClass'),
  columnsOnly('/apis/networking.k8s.io/v1/servicecidrs', 'ServiceCIDR'),
  columnsOnly('/apis/apps/v1/controllerrevisions', 'ControllerRevision'),
  columnsOnly(`/apis/${RBAC}/v1/clusterroles`, 'ClusterRole'),
  columnsOnly(`/apis/${RBAC}/v1/clusterrolebindings`, 'ClusterRoleBinding'),
];
