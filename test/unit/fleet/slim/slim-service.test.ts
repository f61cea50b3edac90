import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../../src/api/json.ts';
import { namespacePhase, slimService } from '../../../../src/fleet/slim/slim-service.ts';

/** As an API server with every default set returns it. */
const SPEC: JsonObject = {
  type: 'LoadBalancer',
  allocateLoadBalancerNodePorts: true,
  clusterIP: '10.96.0.10',
  clusterIPs: ['10.96.0.10', 'fd00::a'],
  externalTrafficPolicy: 'Cluster',
  internalTrafficPolicy: 'Cluster',
  ipFamilies: ['IPv4', 'IPv6'],
  ipFamilyPolicy: 'PreferDualStack',
  ports: [
    { name: 'http', protocol: 'TCP', appProtocol: 'http', port: 80, targetPort: 'web', nodePort: 30_000 },
    { name: 'dns', protocol: 'UDP', port: 53, targetPort: 5353 },
  ],
  publishNotReadyAddresses: true,
  selector: { app: 'web' },
  sessionAffinity: 'ClientIP',
  sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
  trafficDistribution: 'PreferSameNode',
};

const service = (spec: Json | undefined, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'ns', uid: 'u', resourceVersion: '5', ...metadata },
  spec,
  status: { loadBalancer: {} },
});

const withField = (field: string, value: Json | undefined): JsonObject => service({ ...SPEC, [field]: value });

describe('the copy of a Service', () => {
  it('has everything that the engine reads', () => {
    const { allocateLoadBalancerNodePorts: _, externalTrafficPolicy: __, ports: ___, ...spec } = SPEC;
    expect(slimService(service(SPEC))).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'ns', uid: 'u', resourceVersion: '5' },
      spec: {
        ...spec,
        exposing: ['externalTrafficPolicy', 'allocateLoadBalancerNodePorts'],
        ports: [
          { name: 'http', protocol: 'TCP', appProtocol: 'http', port: 80, targetPort: 'web' },
          { name: 'dns', protocol: 'UDP', port: 53, targetPort: 5353 },
        ],
      },
    });
  });

  it.each<[string, Json | undefined]>([
    ['no spec', undefined],
    ['a headless Service without ports', { clusterIP: 'None', clusterIPs: ['None'], ports: null, selector: null }],
    ['an ExternalName', { type: 'ExternalName', externalName: 'example.org', sessionAffinity: 'None' }],
    ['a cluster IP that is not allocated yet', { clusterIP: '', ports: [{ port: 80, targetPort: 0 }] }],
    ['120 ports', { ports: Array.from({ length: 120 }, (_, index) => ({ name: `p-${index}`, port: index + 1 })) }],
  ])('exists for %s', (_, spec) => {
    expect(() => slimService(service(spec))).not.toThrow();
  });

  it.each<[string, Json | undefined, string]>([
    ['type', 'Other', 'spec.type: "Other" is not ClusterIP or NodePort or LoadBalancer or ExternalName'],
    ['clusterIP', '10.96.0.10; rm', 'spec.clusterIP: "10.96.0.10; rm" is not an IP address or None'],
    ['clusterIPs', ['10.96.0.10', 5], 'spec.clusterIPs[1]: a number is not an IP address or None'],
    ['ipFamilies', ['IPv4', 'IPv6', 'IPv4'], 'spec.ipFamilies: has 3 items, more than 2'],
    ['ipFamilies', ['IPv7'], 'spec.ipFamilies[0]: "IPv7" is not IPv4 or IPv6'],
    ['ports', 80, 'spec.ports: a number is not a list'],
    ['ports', [{ port: 0 }], 'spec.ports[0].port: 0 is not a whole number from 1 to 65535'],
    ['ports', [{}], 'spec.ports[0].port: nothing is not a whole number from 1 to 65535'],
    ['ports', [{ port: 1, targetPort: {} }], 'spec.ports[0].targetPort: an object is not a text'],
    ['ports', [{ port: 1, name: 5 }], 'spec.ports[0].name: a number is not a port name'],
    ['selector', { app: 1 }, 'spec.selector["app"]: a number is not a text'],
    ['sessionAffinity', true, 'spec.sessionAffinity: a boolean is not None or ClientIP'],
    [
      'sessionAffinityConfig',
      { clientIP: { timeoutSeconds: 0 } },
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds: 0 is not a whole number from 1 to 86400',
    ],
    ['internalTrafficPolicy', 'Global', 'spec.internalTrafficPolicy: "Global" is not Cluster or Local'],
    ['publishNotReadyAddresses', 1, 'spec.publishNotReadyAddresses: a number is not true or false'],
    ['trafficDistribution', ['x'], 'spec.trafficDistribution: a list is not a text'],
  ])('does not exist if spec.%s is %j', (field, value, message) => {
    expect(() => slimService(withField(field, value))).toThrow(message);
  });

  it('does not exist for a name that is not a DNS label, or of another kind', () => {
    expect(() => slimService(service(SPEC, { name: 'a.b' }))).toThrow('metadata.name: "a.b" is not a DNS label');
    expect(() => slimService({ ...service(SPEC), kind: 'Secret' })).toThrow('kind: "Secret" is not Service');
  });
});

it.each<[JsonObject, 'Active' | 'Terminating']>([
  [{ status: { phase: 'Active' } }, 'Active'],
  [{ status: { phase: 'Terminating' } }, 'Terminating'],
  [{ metadata: { name: 'ns', deletionTimestamp: '2026-11-27T12:00:00Z' } }, 'Terminating'],
  [{ metadata: { name: 'ns', deletionTimestamp: null }, status: 5 }, 'Active'],
])('the phase of a Namespace %j is %s', (fields, phase) => {
  expect(namespacePhase({ metadata: { name: 'ns' }, ...fields })).toBe(phase);
});

it('names the fields that expose a Service outside its cluster', () => {
  const spec = { externalIPs: ['192.0.2.1'], externalName: null, loadBalancerClass: 'x', ports: [{ port: 80 }] };
  expect(slimService(service(spec)).spec.exposing).toEqual(['externalIPs', 'loadBalancerClass']);
  expect(slimService(service({ ports: [{ port: 80 }] })).spec.exposing).toBeUndefined();
});
