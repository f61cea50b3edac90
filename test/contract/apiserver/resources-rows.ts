/**
 * Objects to create on both servers, with the same result or the same error. Chosen node ports are below 30086, which
 * kube-apiserver does not allocate by itself.
 */
import type { JsonObject } from '../../../src/api/json.ts';

/** An object, to be created in the collection of its resource. */
export interface Row {
  readonly title: string;
  /** Such as `/api/v1/services`; the namespace is inserted for namespaced resources. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly object: JsonObject;
}

const NAME = 'row';

function rows(
  resource: string,
  apiVersion: string,
  kind: string,
  cases: Readonly<Record<string, JsonObject>>,
  namespaced = true,
): readonly Row[] {
  return Object.entries(cases).map(([title, { metadata, ...fields }]) => ({
    title: `${kind}: ${title}`,
    resource,
    namespaced,
    object: { apiVersion, kind, metadata: { name: NAME, ...Object(metadata) }, ...fields },
  }));
}

function services(cases: Readonly<Record<string, JsonObject>>): readonly Row[] {
  const objects = Object.entries(cases).map(([title, spec]) => [title, { spec }] as const);
  return rows('/api/v1/services', 'v1', 'Service', Object.fromEntries(objects));
}

const WEB = [{ port: 80 }];

const serviceRows = services({
  'no ports': {},
  'no ports but headless': { clusterIP: 'None', selector: { app: 'web' } },
  'headless without selector': { clusterIP: 'None', ports: WEB },
  'headless without selector, one family': { clusterIP: 'None', ipFamilyPolicy: 'SingleStack' },
  'headless, IPv6': { clusterIP: 'None', selector: { app: 'web' }, ipFamilies: ['IPv6'] },
  'headless, both families preferred': {
    clusterIP: 'None',
    selector: { app: 'web' },
    ipFamilyPolicy: 'PreferDualStack',
  },
  'headless NodePort': { type: 'NodePort', clusterIP: 'None', ports: WEB },
  'headless LoadBalancer': { type: 'LoadBalancer', clusterIP: 'None', ports: WEB },
  'IPv6 only': { ports: WEB, ipFamilies: ['IPv6'] },
  'both families': { ports: WEB, ipFamilyPolicy: 'RequireDualStack' },
  'both families, IPv6 first': { ports: WEB, ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv6', 'IPv4'] },
  'two families without a policy': { ports: WEB, ipFamilies: ['IPv4', 'IPv6'] },
  'the same family twice': { ports: WEB, ipFamilies: ['IPv4', 'IPv4'], ipFamilyPolicy: 'RequireDualStack' },
  'an unknown family and policy': { ports: WEB, ipFamilies: ['IPv5'], ipFamilyPolicy: 'Both' },
  'malformed addresses': { ports: WEB, clusterIP: 'a', clusterIPs: ['a', 'b', 'c'] },
  'clusterIPs without clusterIP': { ports: WEB, clusterIPs: ['172.17.2.3'] },
  'clusterIP not the first of clusterIPs': { ports: WEB, clusterIP: '172.17.2.3', clusterIPs: ['172.17.2.4'] },
  'None together with an address': { ports: WEB, clusterIP: 'None', clusterIPs: ['None', '172.17.2.3'] },
  'two addresses of one family': { ports: WEB, clusterIP: '172.17.2.3', clusterIPs: ['172.17.2.3', '172.17.2.4'] },
  'an address of the other family': { ports: WEB, clusterIP: '172.17.2.3', ipFamilies: ['IPv6'] },
  'an address outside the range': { ports: WEB, clusterIP: '10.99.1.1' },
  'an IPv6 address outside the range': { ports: WEB, clusterIP: 'fd00:99::1' },
  'ports without names': { ports: [{ port: 80 }, { port: 81 }] },
  'a malformed port name': { ports: [{ name: 'A_b', port: 80 }] },
  'a port name with dots': { ports: [{ name: 'a.b', port: 80 }] },
  'one port name twice': {
    ports: [
      { name: 'a', port: 80 },
      { name: 'a', port: 81 },
    ],
  },
  'one port twice': {
    ports: [
      { name: 'a', port: 80 },
      { name: 'b', port: 80 },
    ],
  },
  'one number for two protocols': {
    ports: [
      { name: 'a', port: 53 },
      { name: 'b', port: 53, protocol: 'UDP' },
    ],
  },
  'port 0': { ports: [{ port: 0 }] },
  'port 65536': { ports: [{ port: 65_536 }] },
  'an unknown protocol': { ports: [{ port: 80, protocol: 'ICMP' }] },
  'a malformed target port': { ports: [{ port: 80, targetPort: 'The-Port--name-is-long' }] },
  'target port 70000': { ports: [{ port: 80, targetPort: 70_000 }] },
  'a malformed appProtocol': { ports: [{ port: 80, appProtocol: 'a b' }] },
  'an appProtocol of the domain form': { ports: [{ port: 80, appProtocol: 'example.com/wss' }] },
  'a node port of a ClusterIP': { ports: [{ port: 80, nodePort: 30_123 }] },
  'node ports': {
    type: 'NodePort',
    ports: [
      { name: 'a', port: 80 },
      { name: 'b', port: 443, targetPort: 'tls' },
    ],
  },
  'one node port twice': {
    type: 'NodePort',
    ports: [
      { name: 'a', port: 80, nodePort: 30_007 },
      { name: 'b', port: 81, nodePort: 30_007 },
    ],
  },
  'a load balancer': { type: 'LoadBalancer', ports: WEB, externalTrafficPolicy: 'Local' },
  'a load balancer without node ports': { type: 'LoadBalancer', ports: WEB, allocateLoadBalancerNodePorts: false },
  'an unknown external policy': { type: 'NodePort', ports: WEB, externalTrafficPolicy: 'Near' },
  'an external policy of a ClusterIP': { ports: WEB, externalTrafficPolicy: 'Local' },
  'an unused health check port': { ports: WEB, healthCheckNodePort: 30_111 },
  'fields of load balancers': {
    ports: WEB,
    allocateLoadBalancerNodePorts: true,
    loadBalancerClass: 'example.com/a',
    loadBalancerSourceRanges: ['10.0.0.0/8'],
  },
  'a malformed source range': { type: 'LoadBalancer', ports: WEB, loadBalancerSourceRanges: ['10.0.0.0'] },
  'a malformed selector': { ports: WEB, selector: { '-': '-' } },
  'session affinity': { ports: WEB, sessionAffinity: 'ClientIP' },
  'session affinity for a day': {
    ports: WEB,
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 86_400 } },
  },
  'session affinity for longer than a day': {
    ports: WEB,
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 86_401 } },
  },
  'headless session affinity': { ports: WEB, clusterIP: 'None', selector: { a: 'b' }, sessionAffinity: 'ClientIP' },
  'a configuration of no affinity': {
    ports: WEB,
    sessionAffinity: 'None',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } },
  },
  'an unknown affinity, type and policies': {
    ports: WEB,
    sessionAffinity: 'Cookie',
    type: 'Cluster',
    internalTrafficPolicy: 'Near',
    trafficDistribution: 'Near',
  },
  'traffic to the same zone': { ports: WEB, trafficDistribution: 'PreferSameZone' },
  'internal traffic stays local': { ports: WEB, internalTrafficPolicy: 'Local' },
  'external addresses': { ports: WEB, externalIPs: ['192.0.2.1', 'x', '127.0.0.1'] },
  'ExternalName without a name': { type: 'ExternalName' },
  'ExternalName with a malformed name': { type: 'ExternalName', externalName: 'a_b' },
  'ExternalName with a dot at its end': { type: 'ExternalName', externalName: 'example.com.' },
  'ExternalName with addresses': {
    type: 'ExternalName',
    externalName: 'example.com',
    clusterIP: '172.17.2.3',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
  },
  'fields that do not apply to headless Services': {
    ports: WEB,
    clusterIP: 'None',
    sessionAffinity: 'ClientIP',
    externalIPs: ['192.0.2.1'],
    loadBalancerIP: '192.0.2.2',
  },
  'an externalName without type ExternalName': { ports: WEB, externalName: 'example.com', externalIPs: ['010.0.0.1'] },
  'an ambiguous source range': {
    type: 'LoadBalancer',
    ports: WEB,
    loadBalancerSourceRanges: ['10.0.0.1/8', '2001:db8::1/64'],
  },
  'unready endpoints are published': { ports: WEB, publishNotReadyAddresses: true },
});

const serviceNameRows = rows('/api/v1/services', 'v1', 'Service', {
  'a deprecated annotation': {
    metadata: { annotations: { 'service.kubernetes.io/topology-aware-hints': 'auto' } },
    spec: { ports: WEB },
  },
  'a name that starts with a digit': { metadata: { name: '1row' }, spec: { ports: WEB } },
  'a name with a dot': { metadata: { name: 'a.b' }, spec: { ports: WEB } },
  'a name of 64 characters': { metadata: { name: 'a'.repeat(64) }, spec: { ports: WEB } },
  'malformed labels': { metadata: { labels: { 'a/b/c': 'x y' } }, spec: { ports: WEB } },
});

function slice(fields: JsonObject): JsonObject {
  return { addressType: 'IPv4', endpoints: [], ports: [], ...fields };
}

function addressed(addressType: string, ...addresses: readonly string[]): JsonObject {
  return slice({ addressType, endpoints: addresses.map((address) => ({ addresses: [address] })) });
}

const sliceRows = rows('/apis/discovery.k8s.io/v1/endpointslices', 'discovery.k8s.io/v1', 'EndpointSlice', {
  empty: slice({}),
  'no address type': slice({ addressType: '' }),
  'an unknown address type': slice({ addressType: 'IPv5' }),
  'malformed addresses': addressed('IPv4', 'x', '10.0.0.256', '10.0.0'),
  'leading zeros': addressed('IPv4', '010.0.0.1'),
  'IPv6 in a slice of IPv4': addressed('IPv4', '2001:db8::1'),
  'IPv4 in a slice of IPv6': addressed('IPv6', '10.0.0.1'),
  'IPv6 that is not canonical': addressed('IPv6', '2001:DB8::0001', '2001:db8:0:0::1', '::ffff:10.0.0.1'),
  'loopback and other special addresses': addressed(
    'IPv4',
    '127.0.0.1',
    '169.254.1.1',
    '224.0.0.1',
    '0.0.0.0',
    '239.1.1.1',
    '255.255.255.255',
  ),
  'loopback and other special addresses, IPv6': addressed('IPv6', '::1', 'fe80::1', 'ff02::1', '::', 'ff05::1'),
  'host names': addressed('FQDN', 'example.com', 'example', 'a_b.com', ''),
  'no addresses': slice({ endpoints: [{ addresses: [] }] }),
  'a topology of v1beta1': slice({ endpoints: [{ addresses: ['192.0.2.1'], deprecatedTopology: { a: 'b' } }] }),
  '101 addresses': slice({ endpoints: [{ addresses: Array.from({ length: 101 }, (_, i) => `10.0.0.${i + 1}`) }] }),
  '1001 endpoints': slice({ endpoints: Array.from({ length: 1001 }, () => ({ addresses: ['10.0.0.1'] })) }),
  'one port name twice': slice({ ports: [{ port: 80 }, { port: 81 }] }),
  'malformed ports': slice({ ports: [{ name: 'A', port: 80, protocol: 'ICMP', appProtocol: 'a b' }] }),
  'ports without a number': slice({ ports: [{ name: 'a' }] }),
  'malformed names': slice({
    endpoints: [{ addresses: ['10.0.0.1'], hostname: 'a.b', nodeName: 'A', zone: 'no zone' }],
  }),
  hints: slice({
    endpoints: [
      {
        addresses: ['10.0.0.1'],
        hints: { forZones: [{ name: 'a' }, { name: 'a' }, { name: 'b c' }], forNodes: [{ name: 'N' }, { name: 'N' }] },
      },
    ],
  }),
  'hints for nine zones': slice({
    endpoints: [
      { addresses: ['10.0.0.1'], hints: { forZones: Array.from({ length: 9 }, (_, i) => ({ name: `z${i}` })) } },
    ],
  }),
  conditions: slice({
    endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true, serving: true, terminating: false } }],
    ports: [{ name: 'http', port: 80, protocol: 'TCP', appProtocol: 'http' }],
  }),
});

const endpointsRows = rows('/api/v1/endpoints', 'v1', 'Endpoints', {
  empty: {},
  'no addresses': { subsets: [{ ports: [{ port: 80 }] }] },
  malformed: {
    subsets: [
      {
        addresses: [
          { ip: '127.0.0.1', hostname: 'a.b' },
          { ip: 'x', nodeName: 'A' },
        ],
        ports: [{ port: 0 }, { port: 80, protocol: 'ICMP', name: 'A' }],
      },
    ],
  },
  'ready and not ready': {
    subsets: [{ addresses: [{ ip: '10.0.0.1' }], notReadyAddresses: [{ ip: '10.0.0.2' }], ports: [{ port: 80 }] }],
  },
});

/** Of an unknown kind, so that the garbage collector does not delete its dependents. */
const OWNER = { apiVersion: 'nobody.example/v1', kind: 'Widget', name: 'w', uid: 'a', controller: true };

const dataRows = [
  ...rows('/api/v1/configmaps', 'v1', 'ConfigMap', {
    'malformed keys': { data: { '..x y': '' } },
    'a duplicate key': { data: { a: 'x' }, binaryData: { a: 'eA==' } },
    'too much data': { data: { a: 'x'.repeat(1024 * 1024 + 1) } },
    'a name in capitals': { metadata: { name: 'Row' } },
    'no name': { metadata: { name: '' } },
    'a duplicate owner': { metadata: { ownerReferences: [OWNER, { ...OWNER, uid: 'b', controller: false }, OWNER] } },
    'two controllers with the same uid': { metadata: { ownerReferences: [OWNER, { ...OWNER, name: 'other' }] } },
  }),
  ...rows('/api/v1/secrets', 'v1', 'Secret', {
    strings: { stringData: { a: 'x' }, data: { b: 'eA==' } },
    'malformed keys': { data: { 'a b': '' } },
    'TLS without its keys': { type: 'kubernetes.io/tls' },
    TLS: { type: 'kubernetes.io/tls', data: { 'tls.crt': '', 'tls.key': '' } },
    'a login without its keys': { type: 'kubernetes.io/basic-auth' },
    'an SSH key without it': { type: 'kubernetes.io/ssh-auth' },
    'registry credentials that are not JSON': {
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': Buffer.from('x').toString('base64') },
    },
    'registry credentials without their key': { type: 'kubernetes.io/dockercfg' },
    'a token without a service account': { type: 'kubernetes.io/service-account-token' },
    'a custom type': { type: 'example.com/a' },
  }),
  ...rows('/api/v1/serviceaccounts', 'v1', 'ServiceAccount', {
    plain: {},
    'a malformed name': { metadata: { name: 'a_b' } },
  }),
];

const leaseRows = rows('/apis/coordination.k8s.io/v1/leases', 'coordination.k8s.io/v1', 'Lease', {
  empty: {},
  'no time': { spec: { leaseDurationSeconds: 0 } },
  'negative values': { spec: { leaseTransitions: -1, leaseDurationSeconds: -1 } },
  'a preferred holder without a strategy': { spec: { preferredHolder: 'a' } },
  held: { spec: { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' } },
});

const namespaceRows = rows(
  '/api/v1/namespaces',
  'v1',
  'Namespace',
  {
    plain: { metadata: { name: 'row-namespace' } },
    'a name with a dot': { metadata: { name: 'a.b' } },
    'a name in capitals': { metadata: { name: 'Row' } },
    'a name of 64 characters': { metadata: { name: 'a'.repeat(64) } },
    'unknown finalizers': { metadata: { name: 'row-finalizers' }, spec: { finalizers: ['mine', 'example.com/mine'] } },
  },
  false,
);

const POD = { containers: [{ name: 'web', image: 'nginx' }] };

function pods(cases: Readonly<Record<string, JsonObject>>): readonly Row[] {
  const objects = Object.entries(cases).map(([title, spec]) => [title, { spec: { ...POD, ...spec } }] as const);
  return rows('/api/v1/pods', 'v1', 'Pod', Object.fromEntries(objects));
}

function container(fields: JsonObject): JsonObject {
  return { containers: [{ name: 'web', image: 'nginx:1.29', ...fields }] };
}

function spread(...constraints: readonly JsonObject[]): JsonObject {
  const plain = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' };
  return { topologySpreadConstraints: constraints.map((one) => ({ ...plain, ...one })) };
}

const podRows = pods({
  'duplicate variable and port': container({
    env: [
      { name: 'A', value: 'x' },
      { name: 'A', value: 'y' },
    ],
    ports: [{ containerPort: 80 }, { containerPort: 80 }],
  }),
  plain: {},
  'spread over a topology': spread({}, { whenUnsatisfiable: 'ScheduleAnyway' }),
  'spread without any fields': { topologySpreadConstraints: [{}] },
  'duplicate spread constraints': spread({}, {}),
  'spread with unknown values': spread({ whenUnsatisfiable: 'Never' }, { nodeAffinityPolicy: 'x', topologyKey: 'z' }),
  'spread with numbers below one': spread({ maxSkew: -1, minDomains: 0 }),
  'spread with minDomains, but not required': spread({ minDomains: 2, whenUnsatisfiable: 'ScheduleAnyway' }),
  'spread by a malformed selector': spread({
    labelSelector: { matchLabels: { A_: '-' }, matchExpressions: [{ key: 'a', operator: 'Like' }] },
  }),
  ...Object.fromEntries(
    [
      ...[{}, { nodeSelectorTerms: [] }, { nodeSelectorTerms: [{}] }],
      ...[
        { key: 'a', operator: 'In', values: ['b'] },
        { key: 'a', operator: 'In' },
        { key: '', operator: 'Exists', values: ['x'] },
        { key: 'a', operator: 'Like', values: ['b'] },
        { key: 'a', operator: 'Gt', values: ['1'] },
        { key: 'A_', operator: 'Lt', values: ['1', '-'] },
        { key: 'a', operator: 'NotIn', values: ['-b', 'c'] },
      ].map((one) => ({ nodeSelectorTerms: [{ matchExpressions: [one] }] })),
    ].map((needed) => [
      `on nodes by ${JSON.stringify(needed)}`,
      { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: needed } } },
    ]),
  ),
  'on preferred nodes only': {
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 0, preference: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
          { weight: 1, preference: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } },
        ],
      },
    },
  },
  'no containers': { containers: [] },
  'containers without name and image': { containers: [{ name: '', image: '' }] },
  'a malformed container name': { containers: [{ name: 'A_b', image: 'nginx' }] },
  'one container name twice': {
    containers: [
      { name: 'a', image: 'x' },
      { name: 'a', image: 'x' },
    ],
    initContainers: [{ name: 'a', image: 'x' }],
  },
  'images with tags and digests': {
    containers: [
      { name: 'a', image: 'registry.example.com:5000/team/app' },
      { name: 'b', image: 'app:latest' },
      { name: 'c', image: 'app:1' },
      { name: 'd', image: `app@sha256:${'a'.repeat(64)}` },
    ],
  },
  'an image with a space': container({ image: ' nginx' }),
  'malformed ports': container({
    ports: [{ containerPort: 0 }, { containerPort: 70_000, hostPort: -1, protocol: 'ICMP' }],
  }),
  'port names': container({
    ports: [
      { name: 'a', containerPort: 80 },
      { name: 'a', containerPort: 81 },
      { name: 'not-a-port-name-', containerPort: 82 },
    ],
  }),
  'one host port twice': container({
    ports: [
      { containerPort: 80, hostPort: 80 },
      { containerPort: 81, hostPort: 80 },
    ],
  }),
  environment: container({
    env: [
      { name: 'A', value: 'x' },
      { name: '' },
      { name: 'A=B', value: 'x' },
      { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'C', value: 'x', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } },
      { name: 'D', valueFrom: {} },
    ],
  }),
  ...Object.fromEntries(
    [
      ...['metadata.nam', 'metadata.labels', "metadata.labels['a']", "metadata.labels['A_']", "metadata.labels['']"],
      ...['metadata.labels[a]', "metadata.name['a']", "metadata.annotations['A/b']", "metadata.annotations['a b']"],
      ...['status.phase', 'spec.host', 'spec.schedulerName', 'status.hostIPs', 'spec.serviceAccountName'],
    ].map((fieldPath) => [
      `a variable of ${fieldPath}`,
      container({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath } } }] }),
    ]),
  ),
  'unknown policies': {
    restartPolicy: 'Sometimes',
    dnsPolicy: 'Other',
    ...container({ imagePullPolicy: 'Maybe' }),
  },
  'mounts of missing volumes': container({
    volumeMounts: [
      { name: 'a', mountPath: '/a' },
      { name: 'a', mountPath: '/a' },
      { name: '', mountPath: '' },
    ],
  }),
  volumes: {
    volumes: [
      { name: 'a' },
      { name: 'b', configMap: { name: 'c' } },
      { name: 'c', secret: { secretName: 's' } },
      { name: 'd', hostPath: { path: '/x' } },
      { name: 'e', projected: { sources: [{ configMap: { name: 'c' } }] } },
      { name: 'f', downwardAPI: { items: [{ path: 'n', fieldRef: { fieldPath: 'metadata.name' } }] } },
    ],
  },
  'malformed volumes': {
    volumes: [
      { name: 'A' },
      { name: 'b', emptyDir: {} },
      { name: 'b', emptyDir: {} },
      { name: 'c', configMap: { name: 'a' }, secret: { secretName: 'a' } },
      { name: 'd', secret: {} },
      { name: 'e', persistentVolumeClaim: { claimName: '' } },
    ],
  },
  resources: container({ resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } } }),
  'everything with limits': container({ resources: { limits: { cpu: '1', memory: '1Gi' } } }),
  ...Object.fromEntries(
    [0.5, 1, 2500, 1e-3, '0.5', '1000m', '1500m', '1e3', '1.5e-1', '.5'].map((cpu) => [
      `cpu: ${JSON.stringify(cpu)}`,
      container({ resources: { requests: { cpu } } }),
    ]),
  ),
  ...Object.fromEntries(
    ['1024Mi', '1024Ki', '0.5Gi', '1.5Ki', '1000Mi', '1048576', '1M', '1500k', '2000M', '0', '0Gi', 2 ** 30].map(
      (memory) => [`memory: ${JSON.stringify(memory)}`, container({ resources: { limits: { memory } } })],
    ),
  ),
  'more than the limit': container({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }),
  'an unknown resource': container({ resources: { limits: { foo: '1' } } }),
  probes: container({
    livenessProbe: { httpGet: { port: 'web' }, successThreshold: 2 },
    readinessProbe: { tcpSocket: { port: 80 }, terminationGracePeriodSeconds: 5 },
    startupProbe: { periodSeconds: -1 },
  }),
  'probes with defaults': container({
    livenessProbe: { grpc: { port: 80 } },
    readinessProbe: { httpGet: { port: 80 } },
    startupProbe: { exec: { command: ['true'] } },
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
  }),
  'two actions in one probe': container({ livenessProbe: { httpGet: { port: 80 }, tcpSocket: { port: 80 } } }),
  names: { hostname: 'a.b', subdomain: 'A', nodeName: 'N_', serviceAccountName: 'a_b' },
  'a service account': { serviceAccountName: 'robot' },
  'without cluster DNS': { dnsPolicy: 'None' },
  'custom DNS settings': {
    dnsPolicy: 'None',
    dnsConfig: {
      nameservers: ['10.0.0.1', 'x', '10.0.0.2', '10.0.0.3'],
      searches: ['a_b.com', '-', '.'],
      options: [{ name: '' }],
    },
  },
  tolerations: {
    tolerations: [
      { operator: 'Equal', value: 'a' },
      { key: 'a', operator: 'Exists', value: 'x' },
      { key: 'a b', operator: 'Like' },
      { key: 'a', effect: 'Never' },
      { key: 'a', operator: 'Exists', tolerationSeconds: 5 },
    ],
  },
  'tolerations with all fields': { tolerations: [{ operator: 'Exists' }] },
  'host names': { hostAliases: [{ ip: 'x', hostnames: ['A'] }] },
  'on the network of the host': { hostNetwork: true, ...container({ ports: [{ containerPort: 80 }] }) },
  'no time': { activeDeadlineSeconds: 0 },
  'a sidecar': {
    initContainers: [
      { name: 'a', image: 'x', restartPolicy: 'Always' },
      { name: 'b', image: 'x', restartPolicy: 'Never', livenessProbe: { tcpSocket: { port: 80 } } },
    ],
  },
});

const TEMPLATE = { metadata: { labels: { app: 'web' } }, spec: POD };
const WORKLOAD = { selector: { matchLabels: { app: 'web' } }, template: TEMPLATE };

function workloads(kind: string, plural: string, cases: Readonly<Record<string, JsonObject>>): readonly Row[] {
  const objects = Object.entries(cases).map(([title, spec]) => [title, { spec: { ...WORKLOAD, ...spec } }] as const);
  return rows(`/apis/apps/v1/${plural}`, 'apps/v1', kind, Object.fromEntries(objects));
}

const COMMON: Readonly<Record<string, JsonObject>> = {
  plain: { replicas: 0 },
  'negative replicas': { replicas: -1, minReadySeconds: -1 },
  'no selector': { selector: null },
  'an empty selector': { selector: {} },
  'a selector with other labels': { selector: { matchLabels: { app: 'db' } } },
  'a template without labels': { template: { spec: POD } },
  'a malformed selector': { selector: { matchLabels: { 'a b': 'c d' } } },
  expressions: {
    selector: {
      matchExpressions: [
        { key: 'app', operator: 'In', values: ['web'] },
        { key: 'app', operator: 'In' },
        { key: 'app', operator: 'Exists', values: ['x'] },
      ],
    },
  },
  'a pod that terminates': {
    template: { ...TEMPLATE, spec: { ...POD, restartPolicy: 'Never', activeDeadlineSeconds: 5 } },
  },
  'no containers': { template: { metadata: { labels: { app: 'web' } }, spec: { containers: [] } } },
  'a malformed template': {
    template: { metadata: { labels: { app: 'web', x: 'a b' }, annotations: { 'a b': '' } }, spec: POD },
  },
};

const workloadRows = [
  ...workloads('Deployment', 'deployments', {
    ...COMMON,
    recreated: { strategy: { type: 'Recreate' } },
    'Recreate with rolling update settings': { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } },
    'an unknown strategy': { strategy: { type: 'Slowly' } },
    'no surge and none unavailable': { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
    'malformed percentages': { strategy: { rollingUpdate: { maxSurge: 'x', maxUnavailable: '101%' } } },
    'a deadline too short': { progressDeadlineSeconds: 5, minReadySeconds: 5 },
  }),
  ...workloads('ReplicaSet', 'replicasets', COMMON),
  ...workloads('StatefulSet', 'statefulsets', {
    ...COMMON,
    'a malformed service name': { serviceName: 'A.b' },
    parallel: { podManagementPolicy: 'Parallel', replicas: 2, serviceName: 'web' },
    'an unknown management policy': { podManagementPolicy: 'Random' },
    'an unknown update strategy': { updateStrategy: { type: 'Slowly' } },
    'rolling update settings with OnDelete': { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
    'a negative partition': { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: -1 } } },
    'an unknown retention': { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Sell' } },
    claims: {
      serviceName: 'web',
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'x', volumeMounts: [{ name: 'data', mountPath: '/data' }] }] },
      },
    },
    'claims without a spec': { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }] },
  }),
  ...rows('/apis/apps/v1/deployments', 'apps/v1', 'Deployment', {
    'a name with a dot': { metadata: { name: 'a.b' }, spec: WORKLOAD },
    'a duplicate container port': {
      spec: {
        ...WORKLOAD,
        template: { ...TEMPLATE, spec: container({ ports: [{ containerPort: 80 }, { containerPort: 80 }] }) },
      },
    },
  }),
  ...rows('/api/v1/pods', 'v1', 'Pod', { 'a name with a dot': { metadata: { name: 'a.b' }, spec: POD } }),
  ...rows('/apis/apps/v1/statefulsets', 'apps/v1', 'StatefulSet', {
    'a name with a dot': { metadata: { name: 'a.b' }, spec: WORKLOAD },
  }),
];

const RBAC = 'rbac.authorization.k8s.io';
const RULE = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };

const rbacRows = [
  ...rows(`/apis/${RBAC}/v1/roles`, `${RBAC}/v1`, 'Role', {
    plain: { rules: [RULE] },
    'a name with a colon': { metadata: { name: 'system:row' }, rules: [RULE] },
    'a name with a slash': { metadata: { name: 'a/b' }, rules: [RULE] },
    'rules without verbs, groups and resources': { rules: [{}, { verbs: ['get'] }] },
    'paths in a namespace': { rules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'], resources: ['pods'] }] },
  }),
  ...rows(
    `/apis/${RBAC}/v1/clusterroles`,
    `${RBAC}/v1`,
    'ClusterRole',
    {
      empty: {},
      'paths and resources': { rules: [{ ...RULE, nonResourceURLs: ['/healthz'] }] },
      'an empty aggregation': { aggregationRule: {} },
    },
    false,
  ),
  ...rows(`/apis/${RBAC}/v1/rolebindings`, `${RBAC}/v1`, 'RoleBinding', {
    plain: {
      roleRef: { kind: 'Role', name: 'a' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'ServiceAccount', name: 's' },
      ],
    },
    'a malformed reference': { roleRef: { apiGroup: 'x', kind: 'Rule', name: '' } },
    'malformed subjects': {
      roleRef: { kind: 'Role', name: 'a' },
      subjects: [
        { kind: 'Robot', name: 'x' },
        { kind: 'User', name: '' },
        { kind: 'ServiceAccount', name: 'A_', apiGroup: 'x' },
        { kind: 'Group', name: 'g', apiGroup: 'x' },
      ],
    },
  }),
  ...rows(
    `/apis/${RBAC}/v1/clusterrolebindings`,
    `${RBAC}/v1`,
    'ClusterRoleBinding',
    {
      'a role of a namespace': {
        roleRef: { kind: 'Role', name: 'a' },
        subjects: [{ kind: 'ServiceAccount', name: 's' }],
      },
    },
    false,
  ),
];

const storageRows = [
  ...rows('/api/v1/persistentvolumeclaims', 'v1', 'PersistentVolumeClaim', {
    plain: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    empty: {},
    'a size in bytes': { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: 65_536 } } } },
    'a malformed class and selector': {
      spec: {
        ...{ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        ...{ storageClassName: 'A_b', selector: { matchLabels: { a: '-b' }, matchExpressions: [{ key: '' }] } },
      },
    },
    'unknown modes': {
      spec: { accessModes: ['Sometimes'], volumeMode: 'Tape', resources: { requests: { storage: '0' } } },
    },
  }),
  ...rows(
    '/api/v1/persistentvolumes',
    'v1',
    'PersistentVolume',
    {
      plain: { spec: { accessModes: ['ReadWriteMany'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' } } },
      'no fields': { spec: {} },
    },
    false,
  ),
  ...rows(
    '/apis/storage.k8s.io/v1/storageclasses',
    'storage.k8s.io/v1',
    'StorageClass',
    {
      plain: { provisioner: 'example.com/a' },
      'no provisioner': { provisioner: '' },
      'unknown policies': { provisioner: 'a b', reclaimPolicy: 'Sell', volumeBindingMode: 'Soon' },
    },
    false,
  ),
  ...rows(
    '/apis/networking.k8s.io/v1/servicecidrs',
    'networking.k8s.io/v1',
    'ServiceCIDR',
    {
      'no ranges': { spec: { cidrs: [] } },
      'malformed ranges': { spec: { cidrs: ['10.0.0.1/8', 'x'] } },
      'two of one family': { spec: { cidrs: ['10.0.0.0/8', '11.0.0.0/8'] } },
    },
    false,
  ),
  ...rows(
    '/api/v1/nodes',
    'v1',
    'Node',
    {
      plain: { metadata: { name: 'row-node' }, status: { capacity: { cpu: '1' } } },
      'malformed ranges': { metadata: { name: 'row-node' }, spec: { podCIDRs: ['10.0.0.0/8', '11.0.0.0/8'] } },
    },
    false,
  ),
];

const event = (fields: JsonObject): JsonObject => ({
  involvedObject: { kind: 'Pod', name: 'p' },
  ...fields,
});

const eventRows = [
  ...rows('/api/v1/events', 'v1', 'Event', {
    'of another namespace': event({}),
    'of the new kind without its fields': event({ eventTime: '2026-01-01T00:00:00.000000Z' }),
  }),
  ...rows('/apis/events.k8s.io/v1/events', 'events.k8s.io/v1', 'Event', {
    'no fields': {},
    'old fields': {
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'a b',
      reportingInstance: 'x'.repeat(129),
      action: '',
      reason: 'r',
      type: 'Odd',
      note: 'x'.repeat(1025),
      deprecatedCount: 1,
      deprecatedSource: { component: 'c' },
      deprecatedFirstTimestamp: '2026-01-01T00:00:00Z',
      series: { count: 1, lastObservedTime: null },
    },
  }),
];

export const ROWS: readonly Row[] = [
  ...serviceRows,
  ...serviceNameRows,
  ...sliceRows,
  ...endpointsRows,
  ...dataRows,
  ...leaseRows,
  ...namespaceRows,
  ...podRows,
  ...workloadRows,
  ...rbacRows,
  ...storageRows,
  ...eventRows,
];
