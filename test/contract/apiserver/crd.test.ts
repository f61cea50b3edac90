/** CustomResourceDefinitions: rejected ones and their messages, and the behavior of the resources that they define. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/api/json.ts';
import { CRDS, crdOf, newGroup } from './crd-schemas.ts';
import { both, objectOf, PATCHES, type Responses } from './schemas.ts';

const servers = both();
const group = newGroup();

const rooted = (openAPIV3Schema: JsonObject): JsonObject => ({ schema: { openAPIV3Schema } });
const field = (a: JsonObject): JsonObject => rooted({ type: 'object', properties: { a } });
const listOf = (items: JsonObject, more: JsonObject): JsonObject => field({ type: 'array', items, ...more });
const MAP = { 'x-kubernetes-list-type': 'map' };
const columns = [
  {},
  { name: 'a', type: 'foo', jsonPath: 'spec' },
  { name: 'b', type: 'string', format: 'q', jsonPath: '.spec' },
];

const VERSIONS: readonly JsonObject[] = [
  ...[{}, { name: '1v' }, { storage: false }, { schema: null }, { deprecationWarning: 'x' }],
  ...[{ subresources: { scale: {} } }, { additionalPrinterColumns: columns }],
  { subresources: { scale: { specReplicasPath: '.x', statusReplicasPath: 'status.x', labelSelectorPath: '.y' } } },
  ...[rooted({ type: 'string' }), rooted({}), rooted({ type: 'object', nullable: true })],
  rooted({ type: 'object', additionalProperties: { type: 'string' } }),
  ...[{}, { type: 'foo' }, { type: 'array' }, { type: 'array', items: {} }, { type: 'string', uniqueItems: true }].map(
    field,
  ),
  field({ type: 'object', properties: { b: { type: 'string' } }, additionalProperties: { type: 'string' } }),
  field({ type: 'string', id: 'x', $ref: 'y' }),
  listOf(
    { type: 'object', properties: { k: { type: 'string' } } },
    { ...MAP, 'x-kubernetes-list-map-keys': ['k', 'z'] },
  ),
  listOf({ type: 'string' }, MAP),
  listOf({ type: 'object' }, { 'x-kubernetes-list-type': 'set' }),
  listOf({ type: 'string' }, { 'x-kubernetes-list-type': 'foo' }),
  listOf({ type: 'string' }, { 'x-kubernetes-list-map-keys': ['a'] }),
  field({ type: 'string', 'x-kubernetes-list-type': 'set' }),
  field({ type: 'string', 'x-kubernetes-map-type': 'atomic' }),
  field({ type: 'object', 'x-kubernetes-map-type': 'foo' }),
  field({ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }),
  field({ type: 'object', anyOf: [{ type: 'string', properties: { b: { minimum: 1 } } }] }),
  field({ type: 'object', anyOf: [{ properties: { b: { minimum: 1 } } }] }),
  field({
    type: 'object',
    not: { properties: { metadata: { pattern: 'x' } }, description: 'x', default: 1, nullable: true },
  }),
  field({ 'x-kubernetes-int-or-string': true }),
  field({ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }),
  field({ 'x-kubernetes-embedded-resource': true }),
  field({ type: 'object', 'x-kubernetes-embedded-resource': true }),
  rooted({ type: 'object', properties: { metadata: { type: 'object', properties: { name: { type: 'string' } } } } }),
  rooted({ type: 'object', properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } } }),
  rooted({ type: 'object', properties: { metadata: { type: 'string' } } }),
  rooted({ type: 'object', properties: { kind: { type: 'string', default: 'x' } } }),
  field({ type: 'string', default: 5 }),
  field({ type: 'object', default: { x: 1 }, properties: { x: { type: 'string' } } }),
  field({ type: 'object', default: { y: 1 }, properties: { x: { type: 'string' } } }),
  field({ type: 'integer', minimum: 5, default: 1 }),
  field({ type: 'string', enum: ['a'], default: 'b' }),
  field({ type: 'string', enum: ['a'], default: 'a' }),
];

/**
 * The API server prints versions and schemas as Go values. Causes are compared without them, and the message not at
 * all.
 */
function withoutGoValues(response: Json): Json {
  const text = JSON.stringify(response, (key, value) =>
    key === 'message' && /^\S+ "\S+" is invalid/.test(value) ? '' : value,
  );
  return JSON.parse(
    text.replaceAll(/Invalid value: (?:\{|\[\]|\[\{).*?: (only \[|must have|must contain)/g, 'VALUE: $1'),
  );
}

function expectSame({ real, kubesim }: Responses): void {
  expect(withoutGoValues(kubesim)).toEqual(withoutGoValues(real));
}

/** The resources of a group version by name, regardless of their order and that of their verbs. */
function resourcesIn(response: Json): Json {
  const text = JSON.stringify(response, (key, value) => {
    if (key === 'storageVersionHash') return undefined;
    if (key === 'verbs') return value.toSorted();
    return key === 'resources' ? Object.fromEntries(value.map((one: { name: string }) => [one.name, one])) : value;
  });
  return JSON.parse(text);
}

/** Without the managedFields of the status: on the real server, a controller writes it moments later. */
function statusOf({ real, kubesim }: Responses): readonly (readonly [Json | undefined, Json | undefined])[] {
  const part = (response: Json): readonly [Json | undefined, Json | undefined] => {
    const body = typeof response === 'object' && response !== null && 'body' in response ? response.body : undefined;
    return typeof body === 'object' && body !== null && 'spec' in body && 'status' in body
      ? [body.spec, body.status]
      : [undefined, undefined];
  };
  return [part(real), part(kubesim)];
}

describe('a CRD', () => {
  const post = async (body: JsonObject): Promise<Responses> =>
    await servers().send('POST', `${CRDS}?dryRun=All`, { body });

  it.each(VERSIONS.map((version): [JsonObject] => [version]))('with a version of %j', async (version) => {
    const response = await post(crdOf(group, version));
    // The status of a new CRD differs: the real server's controller has not processed it yet.
    if (JSON.stringify(response.real).startsWith('{"status":201'))
      expect(response.kubesim).toMatchObject({ status: 201 });
    else expectSame(response);
  });

  it.each<[JsonObject]>([
    ...[{ group: '' }, { group: 'foo' }, { group: 'A_.b' }, { scope: 'X' }, { scope: '' }, { versions: [] }].map(
      (spec): [JsonObject] => [spec],
    ),
    ...[
      { plural: 'A_', kind: 'Wid' },
      { plural: 'wids', kind: '' },
      { plural: 'wids', kind: 'A_b' },
      { plural: 'wids', kind: 'Wid', listKind: 'Wid' },
      { plural: 'wids', kind: 'Wid', shortNames: ['A'], categories: ['B_'] },
    ].map((names): [JsonObject] => [{ names }]),
    [{ conversion: { strategy: 'X' } }],
  ])('with %j', async (spec) => {
    expectSame(await post(crdOf(group, {}, spec)));
  });

  it('with another name', async () => {
    expectSame(await post({ ...crdOf(group), metadata: { name: 'x' } }));
  });
});

describe('the resource of a CRD', () => {
  const path = (version = 'v1'): string => `/apis/${group}/${version}/namespaces/NAMESPACE/wids`;
  const wid = (fields: JsonObject, version = 'v1'): JsonObject => objectOf(`${group}/${version}`, 'Wid', 'x', fields);
  const same = ({ real, kubesim }: Responses): void => expect(kubesim).toEqual(real);
  const schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          replicas: { type: 'integer', default: 1 },
          type: { type: 'string' },
          items: {
            ...{ type: 'array', ...MAP, 'x-kubernetes-list-map-keys': ['k'] },
            items: { type: 'object', required: ['k'], properties: { k: { type: 'string' }, v: { type: 'string' } } },
          },
          open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
      status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' } } },
    },
  };
  const part = {
    schema: { openAPIV3Schema: schema },
    selectableFields: [{ jsonPath: '.spec.type' }, { jsonPath: '.spec.replicas' }],
    subresources: {
      status: {},
      scale: {
        ...{ specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
        labelSelectorPath: '.status.selector',
      },
    },
    additionalPrinterColumns: [
      { name: 'Type', type: 'string', jsonPath: '.spec.type', description: 'what it is' },
      { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
      { name: 'Items', type: 'string', jsonPath: '.spec.items[*].k', priority: 1 },
      { name: 'B', type: 'string', jsonPath: '.spec.items[?(@.k=="b")].v' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
  };
  const names = { plural: 'wids', kind: 'Wid', shortNames: [`w${group.slice(0, 9)}`], categories: ['all'] };
  const versions = [
    { name: 'v1', served: true, storage: true, ...part },
    { name: 'v1beta1', served: true, storage: false, ...part },
    { name: 'v2', served: false, storage: false, ...part },
  ];

  beforeAll(async () => {
    await servers().send('POST', CRDS, { body: crdOf(group, {}, { names, versions }) });
    await servers().until(path());
  });
  afterAll(() => servers().send('DELETE', `${CRDS}/wids.${group}`));

  it('becomes established', async () => {
    const [real, kubesim] = statusOf(await servers().send('GET', `${CRDS}/wids.${group}`));
    expect(kubesim).toEqual(real);
  });

  it('is in discovery', async () => {
    same(await servers().send('GET', `/apis/${group}`));
    for (const version of ['v1', 'v1beta1']) {
      const { real, kubesim } = await servers().send('GET', `/apis/${group}/${version}`);
      expect(resourcesIn(kubesim)).toEqual(resourcesIn(real));
    }
  });

  it('can be written, patched, applied and read in each version', async () => {
    const items = [{ k: 'a' }, { k: 'b', v: '1' }];
    same(
      await servers().send('POST', path(), { body: wid({ spec: { type: 't', items, no: 1, open: { x: { y: 1 } } } }) }),
    );
    same(await servers().send('GET', `${path('v1beta1')}/x`));
    const apply = async (manager: string, spec: JsonObject, query = '', version = 'v1') =>
      same(
        await servers().send('PATCH', `${path(version)}/x?fieldManager=${manager}${query}`, {
          body: wid({ spec }, version),
          type: PATCHES.apply,
        }),
      );
    await apply('m', {
      items: [
        { k: 'c', v: '1' },
        { k: 'b', v: '2' },
      ],
    });
    await apply(
      'm',
      {
        items: [
          { k: 'c', v: '1' },
          { k: 'b', v: '2' },
        ],
        open: { z: { y: 1 } },
      },
      '&force=true',
    );
    await apply('m', { items: [{ k: 'c', v: '1' }] }, '', 'v1beta1');
    await apply('n', { open: { z: { y: 2 } } });
    await apply('n', { none: 1 });
    await apply('n', { items: [{ v: '1' }] });
    await apply('n', { replicas: 'x' });
    const merge = { body: { spec: { type: null, replicas: 3 } }, type: PATCHES.merge };
    same(await servers().send('PATCH', `${path()}/x`, merge));
    same(await servers().send('PATCH', `${path()}/x`, { body: { spec: { replicas: 'x' } }, type: PATCHES.merge }));
    same(await servers().send('PATCH', `${path()}/x`, { body: {}, type: PATCHES.strategic }));
    same(await servers().send('PUT', `${path()}/x`, { body: wid({ spec: { type: 'u' } }) }));
    same(
      await servers().send('PATCH', `${path()}/x/status`, {
        body: { status: { replicas: 2, selector: 'a=b' } },
        type: PATCHES.merge,
      }),
    );
    same(await servers().send('GET', `${path()}/x/scale`));
    same(await servers().send('PATCH', `${path()}/x/scale`, { body: { spec: { replicas: 5 } }, type: PATCHES.merge }));
    same(await servers().send('GET', `${path()}/x`));
    same(await servers().send('DELETE', `${path()}/x`));
  });

  it('can be read as a table', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const items = [{ k: 'a' }, { k: 'b', v: '1' }];
    same(await servers().send('POST', path(), { body: wid({ spec: { type: 't', items } }) }));
    const { real, kubesim } = await servers().send('GET', path(), { headers: { accept } });
    // Descriptions of common columns are specific to kubesim, and a second may have passed.
    const shown = (response: Json): Json =>
      JSON.parse(
        JSON.stringify(response)
          .replaceAll(/("name":"Name",.*?"description":")[^"]*/g, '$1')
          .replaceAll(/"\d+s"/g, '"AGE"'),
      );
    expect(shown(kubesim)).toEqual(shown(real));
  });

  it("can be selected by the CRD's selectable fields", async () => {
    const { real } = await servers().send('POST', path(), { body: wid({ spec: { type: 't' } }) });
    expect(Object(real).status).toBeOneOf([201, 409]);
    await servers().send('POST', path(), { body: objectOf(`${group}/v1`, 'Wid', 'second', { spec: { replicas: 3 } }) });
    for (const selector of [
      'spec.type=t',
      'spec.type!=t',
      'spec.type=',
      'spec.replicas=1',
      'spec.replicas!=1,metadata.name=second',
      'spec.size=1',
      'spec=1',
    ])
      same(await servers().send('GET', `${path()}?fieldSelector=${encodeURIComponent(selector)}`));
  });
});
