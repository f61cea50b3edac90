/** Patches: results and exact error messages. */
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/api/json.ts';
import { both, objectOf, PATCHES } from './schemas.ts';

const servers = both();

interface Place {
  readonly path: string;
  readonly start: JsonObject;
}

const CONFIG: Place = {
  path: '/api/v1/namespaces/NAMESPACE/configmaps',
  start: objectOf('v1', 'ConfigMap', 'x', { data: { a: '1', b: '2' }, metadata: { finalizers: ['a/b', 'c/d'] } }),
};
const ACCOUNT: Place = {
  path: '/api/v1/namespaces/NAMESPACE/serviceaccounts',
  start: objectOf('v1', 'ServiceAccount', 'x', { secrets: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }),
};
const SERVICE: Place = {
  path: '/api/v1/namespaces/NAMESPACE/services',
  start: objectOf('v1', 'Service', 'x', {
    spec: {
      type: 'ExternalName',
      externalName: 'example.com',
      sessionAffinity: 'None',
      ports: [
        { name: 'a', port: 80, targetPort: 80 },
        { name: 'b', port: 81, targetPort: 81 },
      ],
    },
  }),
};

async function compare({ path, start }: Place, type: keyof typeof PATCHES, patch: Json): Promise<void> {
  await servers().send('DELETE', `${path}/x`);
  await servers().send('PATCH', `${path}/x`, { body: { metadata: { finalizers: null } }, type: PATCHES.merge });
  const made = await servers().send('POST', path, { body: start });
  expect(made.kubesim).toEqual(made.real);
  const { real, kubesim } = await servers().send('PATCH', `${path}/x`, { body: patch, type: PATCHES[type] });
  expect(kubesim).toEqual(real);
}

describe('a value of the wrong type', () => {
  const SECRET: Place = {
    path: CONFIG.path.replace('configmaps', 'secrets'),
    start: objectOf('v1', 'Secret', 'x', {}),
  };

  it.each<[Place, Json]>([
    [CONFIG, { data: { a: 1 } }],
    [CONFIG, { data: { a: 1.5 } }],
    [CONFIG, { data: { a: true } }],
    [CONFIG, { data: { a: { b: 'c' } } }],
    [CONFIG, { data: 'x' }],
    [CONFIG, { data: ['x'] }],
    [CONFIG, { immutable: 'yes' }],
    [CONFIG, { metadata: 'x' }],
    [CONFIG, { metadata: { labels: 5 } }],
    [CONFIG, { metadata: { finalizers: true } }],
    [CONFIG, { metadata: { finalizers: [1] } }],
    [CONFIG, { metadata: { deletionTimestamp: 'x' } }],
    [SERVICE, { spec: 'x' }],
    [SERVICE, { spec: { ports: 'x' } }],
    [SERVICE, { spec: { ports: [{ port: 'x' }] } }],
    [SERVICE, { spec: { ports: [{ port: 80.5 }] } }],
    [SERVICE, { spec: { ports: [{ port: 80, targetPort: true }] } }],
    [SERVICE, { spec: { ports: [{ port: 80, protocol: 7 }] } }],
    [SERVICE, { spec: { type: 7 } }],
    [SERVICE, { spec: { publishNotReadyAddresses: 1 } }],
    [SECRET, { data: { a: '!' } }],
    [SECRET, { data: { a: 1 } }],
  ])('in a strategic merge patch: %#', async (place, patch) => {
    await compare(place, 'strategic', patch);
  });

  /** The error contains the whole resulting object, whose members are in a different order. */
  async function compareAround(type: 'json' | 'merge', { path, start }: Place, patch: Json): Promise<void> {
    await servers().send('DELETE', `${path}/x`);
    await servers().send('POST', path, { body: start });
    const { real, kubesim } = await servers().send('PATCH', `${path}/x`, { body: patch, type: PATCHES[type] });
    const around = (answer: Json): Json =>
      JSON.parse(JSON.stringify(answer).replaceAll(/Invalid value: \\"\{.*?\}\\": /g, 'Invalid value: OBJECT: '));
    expect(around(real)).toMatchObject({ status: 422 });
    expect(around(kubesim)).toEqual(around(real));
  }

  it.each<[Place, Json]>([
    [CONFIG, { data: { a: 1 } }],
    [CONFIG, { immutable: 'yes' }],
    [SERVICE, { spec: 'x' }],
    [SERVICE, { spec: { ports: [{ port: 'x' }] } }],
    [SECRET, { data: { a: '!' } }],
  ])('in a merge patch: %#', async (place, patch) => {
    await compareAround('merge', place, patch);
  });

  it('in a JSON patch', async () => {
    await compareAround('json', CONFIG, [{ op: 'add', path: '/data/a', value: 1 }]);
  });
});

describe('JSON patch', () => {
  it.each<[Json]>([
    [[{ op: 'test', path: '/data/a', value: '2' }]],
    [[{ op: 'test', path: '/data/a', value: '1' }]],
    [[{ op: 'remove', path: '/data/zz' }]],
    [[{ op: 'replace', path: '/data/zz', value: '1' }]],
    [[{ op: 'add', path: '/foo/bar', value: '1' }]],
    [[{ op: 'frob', path: '/data/a', value: '1' }]],
    [[{ path: '/data/a', value: '1' }]],
    [[{ op: 'add', value: '1' }]],
    [{ op: 'add', path: '/data/a', value: '1' }],
    [[{ op: 'add', path: 'data/c', value: '1' }]],
    [[{ op: 'add', path: '', value: '1' }]],
    [[{ op: 'add', path: '/data/c' }]],
    [[{ op: 'move', from: '/data/a', path: '/data/c' }]],
    [[{ op: 'move', from: '/data/zz', path: '/data/c' }]],
    [[{ op: 'copy', from: '/data/a', path: '/data/c' }]],
    [[{ op: 'copy', from: '/data/zz', path: '/data/c' }]],
    [[{ op: 'copy', from: '/zz/zz', path: '/data/c' }]],
    [[{ op: 'test', path: '/data/zz', value: null }]],
    [[{ op: 'remove', path: '/metadata/finalizers/1' }]],
    [[{ op: 'remove', path: '/metadata/finalizers/-1' }]],
    [[{ op: 'remove', path: '/metadata/finalizers/5' }]],
    [[{ op: 'add', path: '/metadata/finalizers/-', value: 'e/f' }]],
    [[{ op: 'add', path: '/metadata/finalizers/0', value: 'e/f' }]],
    [[{ op: 'add', path: '/metadata/finalizers/9', value: 'e/f' }]],
    [[{ op: 'add', path: '/metadata/finalizers/x', value: 'e/f' }]],
    [[{ op: 'add', path: '/metadata/labels', value: { 'a/b': 'c' } }]],
    [[{ op: 'add', path: '/metadata/foo', value: 'x' }]],
    ['text'],
  ])('%j', async (operations) => {
    await compare(CONFIG, 'json', operations);
  });
});

describe('merge patch', () => {
  it.each<[Json]>([
    [{ data: { a: null, c: '3' } }],
    [{ data: null }],
    [{ metadata: { labels: { a: 'b' }, finalizers: ['e/f'] } }],
    [{ foo: { a: 5 } }],
    [{ metadata: { name: 'other' } }],
    [{ metadata: { uid: '00000000-0000-4000-8000-000000000000' } }],
    [{}],
    [[]],
    [5],
    ['text'],
  ])('%j', async (patch) => {
    await compare(CONFIG, 'merge', patch);
  });
});

describe('strategic merge patch', () => {
  it.each<[Json]>([
    [{ secrets: [{ name: 'b' }, { name: 'd' }] }],
    [{ secrets: [{ name: 'd' }, { name: 'a' }] }],
    [{ secrets: [{ name: 'b', $patch: 'delete' }] }],
    [{ secrets: [{ $patch: 'replace' }, { name: 'd' }] }],
    [{ '$setElementOrder/secrets': [{ name: 'c' }, { name: 'a' }] }],
    [{ '$setElementOrder/secrets': [{ name: 'd' }, { name: 'a' }], secrets: [{ name: 'd' }] }],
    [{ '$setElementOrder/secrets': [{ name: 'a' }, { name: 'd' }], secrets: [{ name: 'd' }, { name: 'a' }] }],
    [{ secrets: [{ namespace: 'x' }] }],
    [{ secrets: [{ $patch: 'foo', name: 'a' }] }],
    [{ secrets: [{ $patch: 'merge', name: 'a' }] }],
    [{ secrets: ['x'] }],
    [{ '$setElementOrder/secrets': 5 }],
    [{ secrets: null, metadata: { labels: { a: 'b' } } }],
    [{ metadata: { finalizers: ['x/y'] } }],
    [{ metadata: { labels: { a: 'b', $patch: 'replace' } } }],
    [[]],
    ['text'],
  ])('of a ServiceAccount: %j', async (patch) => {
    await compare(ACCOUNT, 'strategic', patch);
  });

  it.each<[Json]>([
    [{ spec: { ports: [{ port: 81, name: 'c' }] } }],
    [{ spec: { ports: [{ port: 82, name: 'c', targetPort: 5 }] } }],
    [{ spec: { $retainKeys: ['type', 'externalName', 'sessionAffinity'] } }],
    [{ spec: { $retainKeys: ['type'], ports: [] } }],
    [{ spec: { ports: [{ port: 80, $patch: 'delete' }] } }],
    [{ spec: { externalName: null } }],
  ])('of a Service: %j', async (patch) => {
    await compare(SERVICE, 'strategic', patch);
  });

  it.each<[Json]>([
    [{ metadata: { '$deleteFromPrimitiveList/finalizers': ['a/b'] } }],
    [{ metadata: { finalizers: ['e/f', 'a/b'] } }],
    [{ metadata: { '$setElementOrder/finalizers': ['c/d', 'a/b'] } }],
    [{ data: { a: null, c: '3' } }],
  ])('of a ConfigMap: %j', async (patch) => {
    await compare(CONFIG, 'strategic', patch);
  });
});
