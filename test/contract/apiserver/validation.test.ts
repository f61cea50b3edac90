/** Validation errors: custom resources by schema, built-in ones by type. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/api/json.ts';
import { CRDS, crdOf, EVERY_RULE, newGroup } from './crd-schemas.ts';
import { both, objectOf } from './schemas.ts';

const servers = both();
const group = newGroup();
const WIDS = `/apis/${group}/v1/namespaces/NAMESPACE/wids`;

const ok = { a: 'A', b: 1 };

const SPECS: readonly Json[] = [
  ...[{}, { a: 'C', b: 11 }, { a: 'AAAA', b: 0 }, { a: '', b: 1 }, { a: 'A', b: 'x' }, { a: 5, b: 1.5 }],
  ...[{ a: null, b: null }, { a: true, b: [1], list: [[]], object: true }, [1], 5],
  ...[
    ...[{ even: 1 }, { even: 10 }, { even: 3 }, { number: 0.2 }, { number: 'x' }, { number: 1 }, { int32: 3e9 }],
    ...[
      { int64: 1e19 },
      { int64: 1.5 },
      { pattern: 'A' },
      ...['A', 'ABCDE', 'abcde', 'AB', 'ab'].map((word) => ({ word })),
      { list: [] },
      { list: ['aa', 'bb', 'cc'] },
      { list: ['a', 5] },
    ],
    ...[
      { list: 'x' },
      { list: { x: 1 } },
      { list: [null] },
      { set: ['x', 'x', 'y', 'x'] },
      { map: [{ k: 'x' }, { k: 'x' }, {}] },
    ],
    ...[
      { map: [{ k: 'x' }, 5] },
      { keys: [{ k: 'x' }, { k: 'x' }, { k: 'x', j: 2 }] },
      { port: 1.5 },
      { port: true },
      { port: 'x' },
    ],
    ...[{ labels: { x: 'y', z: 1, w: 2 } }, { labels: {} }, { labels: [] }, { labels: { x: null } }],
    ...[
      { time: 'x' },
      { time: '2026-01-01T00:00:00Z' },
      { date: '2020-13-01' },
      { date: '2020-12-01' },
      { ipv4: '1.2.3' },
    ],
    ...[
      { ipv4: '::1' },
      { ipv4: '1.2.3.4' },
      { ipv6: '1.2.3.4' },
      { ipv6: '::1' },
      { cidr: '1.2.3.4' },
      { cidr: '1.2.3.4/8' },
    ],
    ...[{ uri: 'x y' }, { uri: 'foo' }, { uri: 'https://a/b' }, { email: 'x' }, { email: 'a@b.c' }, { uuid: 'x' }],
    ...[
      { host: '-a_' },
      { host: 'a.b' },
      { byte: '!!' },
      { byte: 'aGk=' },
      { duration: 'x' },
      { duration: '5s' },
      { odd: 'x' },
    ],
    ...[{ nullable: null, object: null, bool: null, list: null }, { number2: 3 }, { bool: 'x' }, { bool: 1 }],
    ...[
      { object: 5 },
      { object: 's' },
      { object: [1] },
      { object: { x: {} } },
      { object: { z: 1 } },
      { open: { z: { y: 1 } } },
    ],
    ...[
      { one: {} },
      { one: { x: '', y: '' } },
      { one: { x: '' } },
      { any: {} },
      { all: {} },
      { not: { x: '' } },
      { not: {} },
    ],
    ...[{ embedded: {} }, { embedded: { apiVersion: 'v1', kind: 'x', metadata: { name: 'a' } } }, { unknown: 1 }],
    ...[{ defaulted: {} }, { defaulted: { q: 'x' } }],
  ].map((fields) => ({ ...ok, ...fields })),
];

describe('a custom resource', () => {
  beforeAll(async () => {
    const version = { schema: { openAPIV3Schema: EVERY_RULE } };
    const { real, kubesim } = await servers().send('POST', CRDS, { body: crdOf(group, version) });
    expect([real, kubesim]).toMatchObject([{ status: 201 }, { status: 201 }]);
    await servers().until(WIDS);
  });
  afterAll(() => servers().send('DELETE', `${CRDS}/wids.${group}`));

  const post = async (body: Json, query = '') => {
    const { real, kubesim } = await servers().send('POST', `${WIDS}?dryRun=All${query}`, { body });
    expect(kubesim).toEqual(real);
  };
  const wid = (fields: JsonObject): JsonObject => objectOf(`${group}/v1`, 'Wid', 'x', fields);

  it.each(SPECS.map((spec): [Json] => [spec]))('with spec %j', async (spec) => {
    await post(wid({ spec }));
  });

  it.each<[JsonObject]>([
    [{}],
    [{ spec: ok, status: { c: 1 } }],
    [{ spec: ok, foo: 1 }],
    [{ spec: { ...ok, foo: 1, object: { y: 1 } } }],
    [{ spec: ok, metadata: { labels: { a: 5 } } }],
    [{ spec: ok, metadata: { foo: 1 } }],
    [{ spec: ok, metadata: { finalizers: 'x' } }],
    [{ spec: ok, metadata: { name: 5 } }],
    [{ spec: ok, metadata: { name: 'A_' } }],
    [{ spec: ok, metadata: { creationTimestamp: 'x' } }],
  ])('strictly: %j', async (fields) => {
    await post(wid(fields), '&fieldValidation=Strict');
  });
});

const container = (fields: JsonObject): JsonObject => ({
  spec: { template: { spec: { containers: [{ name: 'c', ...fields }] } } },
});

/** Bodies with a value of the wrong type in one field. */
const WRONG_TYPES: readonly (readonly [
  path: string,
  apiVersion: string,
  kind: string,
  fields: readonly JsonObject[],
])[] = [
  [
    '/api/v1/namespaces/NAMESPACE/services',
    'v1',
    'Service',
    [
      ...['x', 1.5, 3e9].map((port) => ({ spec: { ports: [{ port }] } })),
      ...[true, 1.5, {}].map((targetPort) => ({ spec: { ports: [{ port: 80, targetPort }] } })),
      ...[{ a: 1 }, 'x', ['x']].map((ports) => ({ spec: { ports } })),
      ...[[1], 5].map((spec) => ({ spec })),
      ...[5, {}].map((type) => ({ spec: { type } })),
      ...[{ clusterIPs: [5] }, { ipFamilies: [5] }, { selector: { a: 5 } }, { selector: ['a'] }].map((spec) => ({
        spec,
      })),
      ...[{ publishNotReadyAddresses: 'x' }, { externalTrafficPolicy: 5 }, { ipFamilyPolicy: 5 }].map((spec) => ({
        spec,
      })),
      { spec: { sessionAffinityConfig: { clientIP: { timeoutSeconds: 'x' } } } },
      ...[{ labels: 5 }, { name: 5 }, { uid: 5 }, { creationTimestamp: 5 }, { creationTimestamp: 'x' }].map(
        (metadata) => ({
          metadata,
        }),
      ),
      ...[{ ownerReferences: [{ controller: 'x' }] }, { ownerReferences: { a: 1 } }, { generation: 'x' }].map(
        (metadata) => ({
          metadata,
        }),
      ),
    ],
  ],
  [
    '/api/v1/namespaces/NAMESPACE/configmaps',
    'v1',
    'ConfigMap',
    [{ data: { a: 5 } }, { data: 5 }, { binaryData: { a: '!!' } }, { binaryData: { a: 5 } }, { immutable: 'x' }],
  ],
  [
    '/api/v1/namespaces/NAMESPACE/secrets',
    'v1',
    'Secret',
    [{ data: { a: '!!' } }, { data: { a: 'YQ' } }, { type: 5 }, { stringData: { a: 1 } }],
  ],
  [
    '/apis/apps/v1/namespaces/NAMESPACE/deployments',
    'apps/v1',
    'Deployment',
    [
      ...[{ replicas: 'x' }, { selector: { matchLabels: { a: 1 } } }].map((spec) => ({ spec })),
      ...[{ name: 5 }, { ports: [{ containerPort: 'x' }] }, { env: [{ name: 'a', value: 5 }] }].map(container),
      ...[{ resources: { limits: { cpu: 'x' } } }, { resources: { limits: { cpu: true } } }].map(container),
      { spec: { template: { spec: { containers: 'x' } } } },
      { spec: { template: { spec: { volumes: [{ name: 'v', emptyDir: 'x' }] } } } },
      { spec: { template: { metadata: { labels: { a: 1 } } } } },
      { spec: { strategy: { rollingUpdate: { maxSurge: true } } } },
      { spec: { selector: { matchExpressions: [{ key: 'a', operator: 5 }] } } },
    ],
  ],
  [
    '/apis/discovery.k8s.io/v1/namespaces/NAMESPACE/endpointslices',
    'discovery.k8s.io/v1',
    'EndpointSlice',
    [
      ...[{ addresses: 'x' }, { conditions: { ready: 'x' } }, { targetRef: 5 }].map((one) => ({ endpoints: [one] })),
      ...[{ port: 'x' }, { protocol: 5 }].map((port) => ({ ports: [port] })),
      { addressType: 5 },
    ],
  ],
  [
    '/apis/coordination.k8s.io/v1/namespaces/NAMESPACE/leases',
    'coordination.k8s.io/v1',
    'Lease',
    [
      ...[
        { renewTime: 'x' },
        { renewTime: 5 },
        { renewTime: '2026-01-01T00:00:00Z' },
        { leaseDurationSeconds: 'x' },
      ].map((spec) => ({ spec })),
      { spec: { holderIdentity: 5 } },
    ],
  ],
  [
    '/apis/rbac.authorization.k8s.io/v1/namespaces/NAMESPACE/roles',
    'rbac.authorization.k8s.io/v1',
    'Role',
    [{ rules: [{ verbs: 'x' }] }, { rules: [{ verbs: [5] }] }],
  ],
  [
    CRDS,
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    [{ spec: { names: 5 } }, { spec: { versions: [{ name: 'v1', served: 'x' }] } }],
  ],
];

describe.each(WRONG_TYPES)('a value of the wrong type: %s', (path, apiVersion, kind, bodies) => {
  it.each(bodies.map((fields): [JsonObject] => [fields]))('%j', async (fields) => {
    const body = objectOf(apiVersion, kind, 'x', fields);
    const { real, kubesim } = await servers().send('POST', `${path}?dryRun=All`, { body });
    expect(kubesim).toEqual(real);
  });
});
