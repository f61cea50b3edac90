import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../../src/api/json.ts';
import { ownSlice, slimSlice } from '../../../../src/fleet/slim/slim-slice.ts';
import { Misfit } from '../../../../src/kube/watch/misfit.ts';

/** As the EndpointSlice controller of Kubernetes writes it. */
const SLICE: JsonObject = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: 'web-abcde',
    generateName: 'web-',
    namespace: 'ns',
    uid: '3c2f7a4e-0000-4000-8000-000000000000',
    resourceVersion: '184467440737095516',
    generation: 7,
    creationTimestamp: '2026-11-27T12:00:00Z',
    labels: {
      'kubernetes.io/service-name': 'web',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    },
    annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-11-27T12:00:00.123456789Z' },
    ownerReferences: [
      { apiVersion: 'v1', kind: 'Service', name: 'web', uid: 'u', controller: true, blockOwnerDeletion: true },
    ],
    managedFields: [],
  },
  addressType: 'IPv4',
  endpoints: [
    {
      addresses: ['10.1.0.1'],
      conditions: { ready: true, serving: true, terminating: false },
      hostname: 'web-0',
      nodeName: 'ip-10-0-0-1.eu-west-1.compute.internal',
      zone: 'eu-west-1a',
      hints: { forZones: [{ name: 'eu-west-1a' }], forNodes: [{ name: 'n' }] },
      targetRef: { kind: 'Pod', namespace: 'ns', name: 'web-0', uid: 'u' },
      deprecatedTopology: { a: 'b' },
    },
    { addresses: ['10.1.0.2'], conditions: { ready: null }, nodeName: null, zone: '' },
  ],
  ports: [
    { name: 'http', protocol: 'TCP', port: 8080, appProtocol: 'kubernetes.io/h2c' },
    { name: '', protocol: 'SCTP', port: null, appProtocol: null },
  ],
};

/** The slice with a value at a path: `endpoints.0.hostname`. */
function withValue(path: string, value: Json | undefined): JsonObject {
  const copy = JSON.parse(JSON.stringify(SLICE));
  const keys = path.split('.');
  let at = copy;
  for (const key of keys.slice(0, -1)) at = at[key];
  at[keys.at(-1) ?? ''] = value;
  return copy;
}

function misfitOf(object: JsonObject): Misfit {
  for (const slim of [slimSlice, ownSlice]) {
    try {
      slim(object);
    } catch (error) {
      if (error instanceof Misfit) return error;
      throw error;
    }
  }
  throw new Error('it fits');
}

describe('the copy of a slice', () => {
  it('has everything that the engine reads', () => {
    expect(slimSlice(SLICE)).toEqual({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'web-abcde',
        namespace: 'ns',
        uid: '3c2f7a4e-0000-4000-8000-000000000000',
        resourceVersion: '184467440737095516',
        generation: 7,
        creationTimestamp: '2026-11-27T12:00:00Z',
        labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' },
        annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-11-27T12:00:00.123456789Z' },
      },
      addressType: 'IPv4',
      endpoints: [
        {
          addresses: ['10.1.0.1'],
          conditions: { ready: true, serving: true, terminating: false },
          hostname: 'web-0',
          nodeName: 'ip-10-0-0-1.eu-west-1.compute.internal',
          zone: 'eu-west-1a',
        },
        { addresses: ['10.1.0.2'], conditions: {}, zone: '' },
      ],
      ports: [
        { name: 'http', protocol: 'TCP', port: 8080, appProtocol: 'kubernetes.io/h2c' },
        { name: '', protocol: 'SCTP' },
      ],
    });
    expect(ownSlice(SLICE).endpoints[0]?.hints).toEqual({ forZones: [{ name: 'eu-west-1a' }] });
  });

  it.each<[string, string, Json | undefined]>([
    ['no endpoints', 'endpoints', null],
    ['no ports', 'ports', undefined],
    ['1,000 endpoints', 'endpoints', Array.from({ length: 1_000 }, () => ({ addresses: ['10.1.0.1'] }))],
    ['100 addresses', 'endpoints.0.addresses', Array.from({ length: 100 }, () => '10.1.0.1')],
    ['300 ports', 'ports', Array.from({ length: 300 }, (_, index) => ({ name: `p-${index}`, port: index + 1 }))],
    ['domain names', 'addressType', 'FQDN'],
    ['an address that may not be announced: it is refused on its own', 'endpoints.0.addresses.0', '127.0.0.1'],
    [
      'a trigger time that is no time',
      'metadata.annotations',
      { 'endpoints.kubernetes.io/last-change-trigger-time': 'x' },
    ],
    ['annotations of another type', 'metadata.annotations', 5],
  ])('exists for a slice with %s', (_, path, value) => {
    expect(() => slimSlice(withValue(path, value))).not.toThrow();
  });

  it.each<[string, Json | undefined, string]>([
    ['kind', 'Service', 'kind: "Service" is not EndpointSlice'],
    ['addressType', undefined, 'addressType: nothing is not IPv4 or IPv6 or FQDN'],
    ['addressType', 'IPv5', 'addressType: "IPv5" is not IPv4 or IPv6 or FQDN'],
    ['endpoints', 'x', 'endpoints: "x" is not a list'],
    ['endpoints', Array(1_001).fill({ addresses: ['10.1.0.1'] }), 'endpoints: has 1001 items, more than 1000'],
    ['endpoints.0', null, 'endpoints[0]: null is not an object'],
    ['endpoints.0.addresses', 5, 'endpoints[0].addresses: a number is not a list'],
    ['endpoints.0.addresses', [], 'endpoints[0].addresses: has no item'],
    ['endpoints.0.addresses', Array(101).fill('10.1.0.1'), 'endpoints[0].addresses: has 101 items, more than 100'],
    ['endpoints.1.addresses', ['10.1.0.1', {}], 'endpoints[1].addresses[1]: an object is not a text'],
    ['endpoints.0.addresses.0', 'x'.repeat(254), 'endpoints[0].addresses[0]: has 254 characters, more than 253'],
    ['endpoints.0.conditions', [], 'endpoints[0].conditions: a list is not an object'],
    ['endpoints.0.conditions.ready', 'true', 'endpoints[0].conditions.ready: "true" is not true or false'],
    ['endpoints.0.hostname', 'BAD HOST', 'endpoints[0].hostname: "BAD HOST" is not a DNS label'],
    ['endpoints.0.hostname', '\u202E\u0007', 'endpoints[0].hostname: "\\u{202e}\\u0007" is not a DNS label'],
    ['endpoints.0.zone', 'a b', 'endpoints[0].zone: "a b" is not a zone'],
    ['ports', {}, 'ports: an object is not a list'],
    ['ports.0.port', 0, 'ports[0].port: 0 is not a whole number from 1 to 65535'],
    ['ports.0.port', 65_536, 'ports[0].port: 65536 is not a whole number from 1 to 65535'],
    ['ports.0.port', '80', 'ports[0].port: "80" is not a whole number from 1 to 65535'],
    ['ports.0.port', 80.5, 'ports[0].port: 80.5 is not a whole number from 1 to 65535'],
    ['ports.0.protocol', 'tcp', 'ports[0].protocol: "tcp" is not TCP or UDP or SCTP'],
    ['ports.0.name', 'HTTP', 'ports[0].name: "HTTP" is not a port name'],
    ['ports.0.appProtocol', '//', 'ports[0].appProtocol: "//" is not a protocol name'],
    ['ports.1.name', 'http', 'ports[1].name: is the name of another port'],
    ['metadata.creationTimestamp', 'yesterday', 'metadata.creationTimestamp: "yesterday" is not a time'],
    ['metadata.generation', -1, 'metadata.generation: -1 is not a whole number from 0 to 9007199254740991'],
    ['metadata.labels', { a: 1 }, 'metadata.labels["a"]: a number is not a text'],
    ['metadata.ownerReferences', [{ kind: 5 }], 'metadata.ownerReferences[0].apiVersion: nothing is not a text'],
    ['endpoints.0.hints', { forZones: [{}] }, 'endpoints[0].hints.forZones[0].name: null is not a zone'],
  ])('does not exist if %s is %j', (path, value, message) => {
    expect(misfitOf(withValue(path, value)).message).toBe(message);
  });

  it('does not exist for labels that would change a prototype', () => {
    const object = JSON.parse(JSON.stringify(SLICE).replace('"labels":{', '"labels":{"__proto__":"x",'));
    expect(misfitOf(object).message).toBe('metadata.labels["__proto__"]: is not a key');
  });

  it('ignores values nested as deep as they may be', () => {
    const deep: Json = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000));
    expect(() => slimSlice(withValue('endpoints.0.targetRef', deep))).not.toThrow();
    expect(misfitOf(withValue('endpoints.0.hostname', deep)).message).toBe(
      'endpoints[0].hostname: a list is not a DNS label',
    );
  });
});
