/** Updates of objects that both servers have accepted. */
import type { JsonObject } from '../../../src/api/json.ts';

/** An object and an update of it. */
export interface Change {
  readonly title: string;
  readonly resource: string;
  readonly object: JsonObject;
  /** A merge patch. */
  readonly patch?: JsonObject;
  /** Top-level fields to replace as a whole, as in an update from a manifest. */
  readonly replace?: JsonObject;
  /** Whether to update the status subresource. */
  readonly status?: boolean;
}

type Step = Omit<Change, 'title' | 'resource' | 'object'>;
type Cases = Readonly<Record<string, readonly [object: JsonObject, step: Step]>>;

function changes(resource: string, apiVersion: string, kind: string, cases: Cases): readonly Change[] {
  return Object.entries(cases).map(([title, [object, step]], i) => ({
    title: `${kind}: ${title}`,
    resource,
    object: {
      apiVersion,
      kind,
      ...object,
      metadata: { name: `change-${kind.toLowerCase()}-${i}`, ...Object(object.metadata) },
    },
    ...step,
  }));
}

function specs(cases: Cases): Cases {
  const wrap = ([spec, { patch, replace, ...step }]: Cases[string]): Cases[string] => [
    { spec },
    step.status
      ? { ...step, ...(patch && { patch: { status: patch } }) }
      : { ...(patch && { patch: { spec: patch } }), ...(replace && { replace: { spec: replace } }) },
  ];
  return Object.fromEntries(Object.entries(cases).map(([title, one]) => [title, wrap(one)]));
}

const WEB = { ports: [{ name: 'a', port: 80 }] };
const BOTH = { ...WEB, ipFamilyPolicy: 'RequireDualStack' };
const HEADLESS = { ...WEB, clusterIP: 'None', selector: { a: 'b' } };
const NODE = { ...WEB, type: 'NodePort' };
const BALANCER = { ...WEB, type: 'LoadBalancer' };
const LOCAL = { ...BALANCER, externalTrafficPolicy: 'Local' };

const services = changes(
  '/api/v1/services',
  'v1',
  'Service',
  specs({
    'the manifest with another port': [WEB, { replace: { ports: [{ name: 'a', port: 81 }] } }],
    'to an external name': [WEB, { patch: { type: 'ExternalName', externalName: 'a.b' } }],
    'from an external name': [{ type: 'ExternalName', externalName: 'a.b' }, { replace: WEB }],
    'another address': [WEB, { patch: { clusterIP: '172.17.9.9' } }],
    'another address, in both fields': [WEB, { patch: { clusterIP: '172.17.9.9', clusterIPs: ['172.17.9.9'] } }],
    'no address': [WEB, { patch: { clusterIP: '', clusterIPs: null } }],
    'to headless': [WEB, { patch: { clusterIP: 'None', clusterIPs: ['None'] } }],
    'from headless': [HEADLESS, { patch: { clusterIP: '172.17.9.8', clusterIPs: ['172.17.9.8'] } }],
    'from headless, with the manifest': [HEADLESS, { replace: WEB }],
    'a second family is preferred': [WEB, { patch: { ipFamilyPolicy: 'PreferDualStack' } }],
    'a second family is required': [WEB, { patch: { ipFamilyPolicy: 'RequireDualStack' } }],
    'back to one family': [BOTH, { patch: { ipFamilyPolicy: 'SingleStack' } }],
    'one family fewer': [BOTH, { patch: { ipFamilies: ['IPv4'] } }],
    'the other family': [WEB, { patch: { ipFamilies: ['IPv6'] } }],
    'the families in the other order': [BOTH, { patch: { ipFamilies: ['IPv6', 'IPv4'] } }],
    'the other family, headless': [HEADLESS, { patch: { ipFamilies: ['IPv6'] } }],
    'both families, headless': [HEADLESS, { patch: { ipFamilyPolicy: 'RequireDualStack' } }],
    'to node ports': [WEB, { patch: { type: 'NodePort' } }],
    'from node ports': [NODE, { patch: { type: 'ClusterIP' } }],
    'from node ports, with the manifest': [NODE, { replace: WEB }],
    'one more port on the nodes': [
      NODE,
      { replace: { type: 'NodePort', ports: [...WEB.ports, { name: 'b', port: 81 }] } },
    ],
    'a node port out of range': [NODE, { replace: { type: 'NodePort', ports: [{ ...WEB.ports[0], nodePort: 80 }] } }],
    'no longer a load balancer': [LOCAL, { patch: { type: 'ClusterIP' } }],
    'from a load balancer to a name': [BALANCER, { patch: { type: 'ExternalName', externalName: 'a.b' } }],
    'traffic to all nodes': [LOCAL, { patch: { externalTrafficPolicy: 'Cluster' } }],
    'another health port': [LOCAL, { patch: { healthCheckNodePort: 30_999 } }],
    'another class of load balancers': [
      { ...BALANCER, loadBalancerClass: 'example.com/a' },
      { patch: { loadBalancerClass: 'example.com/b' } },
    ],
    'affinity removed': [{ ...WEB, sessionAffinity: 'ClientIP' }, { patch: { sessionAffinity: 'None' } }],
    'ports removed': [WEB, { patch: { ports: [] } }],
    'another affinity time': [
      { ...WEB, sessionAffinity: 'ClientIP' },
      { patch: { sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } } },
    ],
    'addresses of a load balancer': [
      BALANCER,
      { status: true, patch: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }, { hostname: 'a.b' }] } } },
    ],
    'malformed addresses of a load balancer': [
      BALANCER,
      { status: true, patch: { loadBalancer: { ingress: [{ ip: 'x' }, { hostname: 'a_b' }] } } },
    ],
    'addresses of no load balancer': [
      WEB,
      { status: true, patch: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } },
    ],
  }),
);

const SLICE = { addressType: 'IPv4', endpoints: [{ addresses: ['192.0.2.1'] }], ports: [{ port: 80 }] };

const slices = changes('/apis/discovery.k8s.io/v1/endpointslices', 'discovery.k8s.io/v1', 'EndpointSlice', {
  'another address type': [SLICE, { patch: { addressType: 'IPv6' } }],
  'other endpoints': [SLICE, { patch: { endpoints: [{ addresses: ['192.0.2.2'] }] } }],
  'no ports': [SLICE, { patch: { ports: [] } }],
  'a topology of v1beta1': [
    SLICE,
    { patch: { endpoints: [{ addresses: ['192.0.2.1'], deprecatedTopology: { a: 'b' } }] } },
  ],
  labels: [SLICE, { patch: { metadata: { labels: { a: 'b' } } } }],
  annotations: [SLICE, { patch: { metadata: { annotations: { a: 'b' } } } }],
  nothing: [SLICE, { patch: {} }],
});

/** No scheduler handles it, so nothing happens to it. */
const POD = { schedulerName: 'nobody', containers: [{ name: 'a', image: 'x' }] };

const pods = changes(
  '/api/v1/pods',
  'v1',
  'Pod',
  specs({
    'another image': [POD, { patch: { containers: [{ name: 'a', image: 'y' }] } }],
    'one more container': [
      POD,
      {
        patch: {
          containers: [
            { name: 'a', image: 'x' },
            { name: 'b', image: 'x' },
          ],
        },
      },
    ],
    'a deadline': [POD, { patch: { activeDeadlineSeconds: 5 } }],
    'a later deadline': [{ ...POD, activeDeadlineSeconds: 5 }, { patch: { activeDeadlineSeconds: 6 } }],
    'deadline removed': [{ ...POD, activeDeadlineSeconds: 5 }, { patch: { activeDeadlineSeconds: null } }],
    'no tolerations': [POD, { patch: { tolerations: [] } }],
    'another toleration': [POD, { patch: { tolerations: [{ key: 'a', operator: 'Exists' }] } }],
    'a status': [POD, { status: true, patch: { phase: 'Running', podIP: '10.1.0.1', podIPs: [{ ip: '10.1.0.1' }] } }],
    'a malformed address': [POD, { status: true, patch: { podIPs: [{ ip: 'x' }] } }],
  }),
);

const TEMPLATE = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'x' }] } };
/** No replicas, so that controllers do nothing. */
const WORKLOAD = { replicas: 0, selector: { matchLabels: { a: 'b' } }, template: TEMPLATE };

const workloads = [
  ['Deployment', 'deployments'],
  ['ReplicaSet', 'replicasets'],
  ['StatefulSet', 'statefulsets'],
].flatMap(([kind = '', plural = '']) =>
  changes(
    `/apis/apps/v1/${plural}`,
    'apps/v1',
    kind,
    specs({
      'another selector': [
        WORKLOAD,
        { patch: { selector: { matchLabels: { a: 'c' } }, template: { metadata: { labels: { a: 'c' } } } } },
      ],
      'a selector that selects nothing': [WORKLOAD, { patch: { selector: { matchLabels: { a: 'c' } } } }],
      'negative replicas': [WORKLOAD, { patch: { replicas: -1 } }],
      'more ready than total replicas': [
        WORKLOAD,
        { status: true, patch: { replicas: 1, readyReplicas: 2, availableReplicas: 3 } },
      ],
      'negative count': [WORKLOAD, { status: true, patch: { replicas: -1 } }],
    }),
  ),
);

const sets = changes(
  '/apis/apps/v1/statefulsets',
  'apps/v1',
  'StatefulSet',
  specs({
    'another service': [{ ...WORKLOAD, serviceName: 'a' }, { patch: { serviceName: 'b' } }],
    'another management policy': [WORKLOAD, { patch: { podManagementPolicy: 'Parallel' } }],
  }),
).map((change, i) => ({ ...change, object: { ...change.object, metadata: { name: `change-set-${i}` } } }));

/** Of an unknown kind, so that the garbage collector does not delete its dependents. */
const OWNER = { apiVersion: 'nobody.example/v1', kind: 'Widget', name: 'w', uid: 'a', controller: true };

const data = [
  ...changes('/api/v1/configmaps', 'v1', 'ConfigMap', {
    'other data of an immutable one': [{ immutable: true, data: { a: 'b' } }, { patch: { data: { a: 'c' } } }],
    'no longer immutable': [{ immutable: true, data: { a: 'b' } }, { patch: { immutable: false } }],
    'data removed': [{ data: { a: 'b' } }, { patch: { data: null } }],
    'a duplicate owner': [{}, { patch: { metadata: { ownerReferences: [OWNER, OWNER] } } }],
  }),
  ...changes('/api/v1/secrets', 'v1', 'Secret', {
    'another type': [{}, { patch: { type: 'example.com/a' } }],
    'no type': [{ type: 'example.com/a' }, { patch: { type: null } }],
    strings: [{ data: { a: 'eA==' } }, { patch: { stringData: { a: 'y', b: 'z' } } }],
    'strings of an immutable one': [{ immutable: true, data: { a: 'eA==' } }, { patch: { stringData: { b: 'z' } } }],
  }),
  ...changes('/apis/rbac.authorization.k8s.io/v1/rolebindings', 'rbac.authorization.k8s.io/v1', 'RoleBinding', {
    'another role': [{ roleRef: { kind: 'Role', name: 'a' } }, { patch: { roleRef: { name: 'b' } } }],
    'other subjects': [
      { roleRef: { kind: 'Role', name: 'a' } },
      { patch: { subjects: [{ kind: 'User', name: 'u' }] } },
    ],
  }),
  ...changes('/apis/coordination.k8s.io/v1/leases', 'coordination.k8s.io/v1', 'Lease', {
    'another holder': [
      { spec: { holderIdentity: 'a' } },
      { patch: { spec: { holderIdentity: 'b', leaseTransitions: 1 } } },
    ],
    'no time': [{ spec: { leaseDurationSeconds: 5 } }, { patch: { spec: { leaseDurationSeconds: 0 } } }],
  }),
];

export const CHANGES: readonly Change[] = [...services, ...slices, ...pods, ...workloads, ...sets, ...data];
