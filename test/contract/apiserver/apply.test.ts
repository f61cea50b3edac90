/**
 * Server-side apply and managedFields: each step runs on both servers, and the resulting objects are compared in full.
 */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/api/json.ts';
import { both, objectOf, PATCHES } from './schemas.ts';

const servers = both();

type Step =
  | readonly [how: 'apply' | 'force' | 'create' | 'merge' | 'put', manager: string, fields: JsonObject]
  | readonly [how: 'status', manager: string, fields: JsonObject];

async function take(path: string, apiVersion: string, kind: string, steps: readonly Step[]): Promise<void> {
  await servers().send('DELETE', `${path}/x`);
  for (const [how, manager, fields] of steps) {
    const query = `?fieldManager=${manager}`;
    const whole = objectOf(apiVersion, kind, 'x', fields);
    const step =
      how === 'create'
        ? servers().send('POST', `${path}${query}`, { body: whole })
        : how === 'put'
          ? servers().send('PUT', `${path}/x${query}`, { body: whole })
          : how === 'merge'
            ? servers().send('PATCH', `${path}/x${query}`, { body: fields, type: PATCHES.merge })
            : how === 'status'
              ? servers().send('PATCH', `${path}/x/status${query}`, { body: whole, type: PATCHES.apply })
              : servers().send('PATCH', `${path}/x${query}&force=${how === 'force'}`, {
                  body: whole,
                  type: PATCHES.apply,
                });
    const { real, kubesim } = await step;
    expect(kubesim, `${how} by ${manager}: ${JSON.stringify(fields)}`).toEqual(real);
  }
}

const inNamespace = (root: string, plural: string): string => `${root}/namespaces/NAMESPACE/${plural}`;

const endpoint = (address: string): JsonObject => ({ addresses: [address], conditions: { ready: true } });

describe('field ownership', () => {
  it('of a map: sharing, conflicts, force, removal', async () => {
    await take(inNamespace('/api/v1', 'configmaps'), 'v1', 'ConfigMap', [
      ['apply', 'a', { data: { x: '1', y: '1' } }],
      ['apply', 'a', { data: { x: '1', y: '1' } }],
      ['apply', 'b', { data: { x: '2' } }],
      ['apply', 'b', { data: { x: '1', z: '1' }, metadata: { labels: { l: '1' } } }],
      ['apply', 'a', { data: { y: '2' } }],
      ['apply', 'b', { data: { z: '1' } }],
      ['merge', 'c', { data: { z: '9', q: '1' } }],
      ['apply', 'b', { data: { z: '5', y: '6' } }],
      ['force', 'b', { data: { z: '5', y: '6' } }],
      ['apply', 'a', {}],
      ['apply', 'b', { data: {} }],
      ['apply', 'b', {}],
    ]);
  });

  it('of an object created without apply', async () => {
    await take(inNamespace('/api/v1', 'secrets'), 'v1', 'Secret', [
      ['create', 'a', { data: { x: 'MQ==' }, metadata: { labels: { a: 'b' }, annotations: { c: 'd' } } }],
      ['merge', 'b', { metadata: { finalizers: ['a/b', 'c/d'], labels: { x: '1' } } }],
      ['merge', 'b', { metadata: { finalizers: ['c/d'] } }],
      ['merge', 'a', { data: null }],
      ['merge', 'a', { metadata: { finalizers: null } }],
      ['merge', 'c', {}],
      ['put', 'd', { data: { y: 'MQ==' }, type: 'Opaque' }],
    ]);
  });

  it('after removal of managedFields', async () => {
    await take(inNamespace('/api/v1', 'configmaps'), 'v1', 'ConfigMap', [
      ['create', 'a', { data: { v: '1' } }],
      ['merge', 'q', { metadata: { managedFields: [] } }],
      ['merge', 'q', { data: { v: '1' } }],
      ['apply', 'a', { data: { x: '1' } }],
      ['apply', 'a', { data: { v: '2' } }],
      ['merge', 'z', { metadata: { managedFields: [{}] } }],
    ]);
  });

  it('of fields from client-side apply', async () => {
    const last = (data: JsonObject): JsonObject => {
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { annotations: {}, name: 'x' }, data };
      return { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(object) } };
    };
    await take(inNamespace('/api/v1', 'configmaps'), 'v1', 'ConfigMap', [
      ['create', 'kubectl-client-side-apply', { data: { a: '1', b: '1' }, metadata: last({ a: '1', b: '1' }) }],
      ['merge', 'other', { data: { b: '2' } }],
      ['apply', 'somebody', { data: { a: '2' } }],
      ['apply', 'kubectl', { data: { a: '2', b: '3' } }],
      ['apply', 'kubectl', { data: { a: '2' } }],
      ['apply', 'kubectl', { data: { c: '2' } }],
    ]);
  });

  it('of map lists: order, removal, duplicates', async () => {
    await take(inNamespace('/api/v1', 'serviceaccounts'), 'v1', 'ServiceAccount', [
      ['apply', 'a', { secrets: [{ name: 'x' }, { name: 'y' }], imagePullSecrets: [{ name: 'q' }] }],
      ['apply', 'b', { secrets: [{ name: 'z' }, { name: 'y' }] }],
      ['apply', 'a', { secrets: [{ name: 'x' }] }],
      ['apply', 'b', { secrets: [{ name: 'y' }, { name: 'x' }, { name: 'z' }] }],
      ['apply', 'a', { automountServiceAccountToken: false }],
      ['apply', 'b', { automountServiceAccountToken: true }],
      ['merge', 'm', { secrets: [{ name: 'w' }] }],
      ['apply', 'b', { secrets: [{ name: 'w' }, { name: 'z' }] }],
      ['apply', 'b', { secrets: [{ name: 'w' }, { name: 'w' }] }],
      ['apply', 'b', { secrets: [{}] }],
      ['apply', 'b', { foo: 1 }],
      ['apply', 'b', { metadata: { labels: { a: 5 } } }],
      ['apply', 'b', { secrets: { a: 5 } }],
      ['apply', 'b', { automountServiceAccountToken: 'x' }],
      ['apply', 'b', { metadata: { finalizers: ['a/a', 'a/a'] } }],
      ['apply', 'b', { metadata: { managedFields: [{}] } }],
    ]);
  });

  it('of atomic lists', async () => {
    const ports = (name: string) => [{ name, port: 80, protocol: 'TCP' }];
    await take(inNamespace('/apis/discovery.k8s.io/v1', 'endpointslices'), 'discovery.k8s.io/v1', 'EndpointSlice', [
      ['create', 'a', { addressType: 'IPv4', endpoints: [endpoint('10.0.0.1')] }],
      ['merge', 'b', { endpoints: [endpoint('10.0.0.2')], ports: ports('x') }],
      ['merge', 'c', { endpoints: [] }],
      ['merge', 'c', { ports: null }],
      ['apply', 'd', { addressType: 'IPv4', endpoints: [endpoint('10.0.0.3')], ports: ports('y') }],
      ['force', 'd', { addressType: 'IPv4', endpoints: [endpoint('10.0.0.3')], ports: ports('y') }],
      ['apply', 'd', { addressType: 'IPv4', endpoints: [endpoint('10.0.0.3')] }],
    ]);
  });

  it('of rules', async () => {
    const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
    await take(inNamespace('/apis/rbac.authorization.k8s.io/v1', 'roles'), 'rbac.authorization.k8s.io/v1', 'Role', [
      ['create', 'a', {}],
      ['merge', 'b', { rules: [rule] }],
      ['apply', 'c', { rules: [] }],
      ['force', 'c', { rules: [] }],
      ['apply', 'c', {}],
    ]);
  });

  // Controllers of the real cluster update Deployments, but not a pod of a node that does not exist.
  it('of nested lists', async () => {
    const pod = (image: string, more: JsonObject = {}): JsonObject => ({
      spec: {
        nodeName: 'nowhere',
        containers: [{ name: 'c', image, ports: [{ containerPort: 80 }], env: [{ name: 'E', value: 'v' }], ...more }],
      },
    });
    await take(inNamespace('/api/v1', 'pods'), 'v1', 'Pod', [
      ['apply', 'a', pod('i:1')],
      ['apply', 'a', pod('i:2')],
      ['apply', 'b', { spec: { containers: [{ name: 'c', image: 'i:3' }] } }],
      ['force', 'b', { spec: { containers: [{ name: 'c', image: 'i:3' }] } }],
      ['merge', 'c', { metadata: { labels: { a: 'b' } }, spec: { activeDeadlineSeconds: 100 } }],
      ['apply', 'b', { spec: { activeDeadlineSeconds: 99 } }],
    ]);
  });

  it('of a Deployment', async () => {
    const containers = [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }], env: [{ name: 'E', value: 'v' }] }];
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers } };
    await take(inNamespace('/apis/apps/v1', 'deployments'), 'apps/v1', 'Deployment', [
      ['apply', 'a', { spec: { replicas: 0, selector: { matchLabels: { a: 'b' } }, template } }],
    ]);
  });

  it('of a Service and its status', async () => {
    const ports = [{ port: 80, targetPort: 80 }];
    const spec = { type: 'ExternalName', externalName: 'example.com', sessionAffinity: 'None', ports };
    await take(inNamespace('/api/v1', 'services'), 'v1', 'Service', [
      ['create', 'a', { spec }],
      [
        'status',
        'b',
        {
          status: {
            conditions: [
              { type: 'T', status: 'True', reason: 'R', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
            ],
          },
        },
      ],
      ['apply', 'b', { metadata: { labels: { a: 'b' } } }],
      [
        'status',
        'c',
        {
          status: {
            conditions: [
              { type: 'T', status: 'False', reason: 'R', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
            ],
          },
        },
      ],
    ]);
  });
});
