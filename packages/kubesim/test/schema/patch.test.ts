import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/machinery/json.ts';
import { StatusError } from '../../src/machinery/status.ts';
import { builtinSchema } from '../../src/schema/builtins.ts';
import { jsonPatch, mergePatch, strategicMergePatch } from '../../src/schema/patch.ts';
import { anyObject, withoutNull } from '../support/arbitraries.ts';

const POD = builtinSchema('', 'v1', 'Pod');
const SERVICE = builtinSchema('', 'v1', 'Service');

function failure(run: () => unknown): { code: number; reason: string; message: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof StatusError) return { code: error.code, reason: error.reason, message: error.message };
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('mergePatch', () => {
  it.each<[JsonObject, JsonObject, JsonObject]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('RFC 7386, appendix A: %j with %j is %j', (value, patch, expected) => {
    expect(mergePatch(value, patch)).toEqual(expected);
  });

  it('returns a patch without nulls if it is applied to an empty object, and is idempotent', () => {
    fc.assert(
      fc.property(anyObject, anyObject, (value, patch) => {
        const once = mergePatch(value, patch);
        expect(mergePatch(once, patch)).toEqual(once);
        expect(mergePatch({}, withoutNull(patch))).toEqual(withoutNull(patch));
        expect(mergePatch(value, {})).toEqual(value);
      }),
    );
  });

  it.each<[Json, string]>([
    [[], 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}'],
    ['x', 'error decoding patch: json: cannot unmarshal string into Go value of type map[string]interface {}'],
  ])('refuses %j', (patch, message) => {
    expect(failure(() => mergePatch({}, patch))).toEqual({ code: 400, reason: 'BadRequest', message });
  });
});

describe('jsonPatch', () => {
  const config = { data: { a: '1' }, list: ['x', 'y'] };

  it.each<[string, Json, JsonObject]>([
    ['add', [{ op: 'add', path: '/data/b', value: '2' }], { data: { a: '1', b: '2' }, list: ['x', 'y'] }],
    ['append', [{ op: 'add', path: '/list/-', value: 'z' }], { data: { a: '1' }, list: ['x', 'y', 'z'] }],
    ['remove', [{ op: 'remove', path: '/data/a' }], { data: {}, list: ['x', 'y'] }],
    ['move', [{ op: 'move', from: '/data/a', path: '/data/c' }], { data: { c: '1' }, list: ['x', 'y'] }],
    ['an index from the end', [{ op: 'remove', path: '/list/-1' }], { data: { a: '1' }, list: ['x'] }],
    [
      'replace of nothing',
      [{ op: 'replace', path: '/data/z', value: '1' }],
      { data: { a: '1', z: '1' }, list: ['x', 'y'] },
    ],
    [
      'copy of nothing',
      [{ op: 'copy', from: '/data/z', path: '/data/b' }],
      { data: { a: '1', b: null }, list: ['x', 'y'] },
    ],
    ['a test for nothing', [{ op: 'test', path: '/data/z', value: null }], config],
    ['escapes', [{ op: 'add', path: '/data/a~1b~0c', value: '' }], { data: { a: '1', 'a/b~c': '' }, list: ['x', 'y'] }],
  ])('does %s', (_name, operations, expected) => {
    expect(jsonPatch(config, operations)).toEqual(expected);
    expect(config).toEqual({ data: { a: '1' }, list: ['x', 'y'] });
  });

  it.each<[string, Json]>([
    ['a test that fails', [{ op: 'test', path: '/data/a', value: '2' }]],
    ['remove of nothing', [{ op: 'remove', path: '/data/zz' }]],
    ['a missing parent', [{ op: 'add', path: '/foo/bar', value: '1' }]],
    ['an index out of bounds', [{ op: 'add', path: '/list/9', value: '1' }]],
    ['an unknown operation', [{ op: 'frob', path: '/data/a', value: '1' }]],
    ['no path', [{ op: 'add', value: '1' }]],
    ['the whole document', [{ op: 'add', path: '', value: '1' }]],
  ])('refuses %s', (_name, operations) => {
    const message = 'the server rejected our request due to an error in our request';
    expect(failure(() => jsonPatch(config, operations))).toEqual({ code: 422, reason: 'Invalid', message });
  });

  it('rejects a patch that is not a list', () => {
    const message = 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp';
    expect(failure(() => jsonPatch(config, {}))).toEqual({ code: 400, reason: 'BadRequest', message });
  });
});

describe('strategicMergePatch', () => {
  const service = {
    spec: {
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 81 },
      ],
      selector: { app: 'x' },
    },
  };
  const ports = (patch: JsonObject): Json | undefined => {
    const { spec } = strategicMergePatch(SERVICE, service, { spec: patch });
    return typeof spec === 'object' && spec !== null && 'ports' in spec ? spec.ports : undefined;
  };

  it('merges items with the same key', () => {
    expect(ports({ ports: [{ port: 81, name: 'c' }] })).toEqual([
      { name: 'a', port: 80 },
      { name: 'c', port: 81 },
    ]);
  });

  it('inserts new items in patch order, before items that only the server has', () => {
    expect(ports({ ports: [{ port: 82 }] })).toEqual([{ port: 82 }, { name: 'a', port: 80 }, { name: 'b', port: 81 }]);
  });

  it('orders by $setElementOrder', () => {
    expect(ports({ '$setElementOrder/ports': [{ port: 81 }, { port: 80 }] })).toEqual([
      { name: 'b', port: 81 },
      { name: 'a', port: 80 },
    ]);
  });

  it('deletes and replaces', () => {
    expect(ports({ ports: [{ $patch: 'delete', port: 80 }] })).toEqual([{ name: 'b', port: 81 }]);
    expect(ports({ ports: [{ $patch: 'replace' }, { port: 9 }] })).toEqual([{ port: 9 }]);
    expect(strategicMergePatch(SERVICE, service, { spec: { $patch: 'delete' } })).toEqual({ spec: {} });
    expect(
      strategicMergePatch(SERVICE, service, { spec: { selector: { $patch: 'replace', b: 'y' } } }).spec,
    ).toMatchObject({ selector: { b: 'y' } });
  });

  it('deletes from scalar lists', () => {
    const pod = { metadata: { finalizers: ['a/a', 'b/b', 'c/c'] } };
    expect(strategicMergePatch(POD, pod, { metadata: { '$deleteFromPrimitiveList/finalizers': ['b/b'] } })).toEqual({
      metadata: { finalizers: ['a/a', 'c/c'] },
    });
    expect(strategicMergePatch(POD, pod, { metadata: { finalizers: ['d/d'] } })).toEqual({
      metadata: { finalizers: ['d/d', 'a/a', 'b/b', 'c/c'] },
    });
  });

  it('keeps the members in $retainKeys', () => {
    const pod = { spec: { volumes: [{ name: 'v', emptyDir: {} }] } };
    const volumes = [{ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'c' } }];
    expect(strategicMergePatch(POD, pod, { spec: { volumes } })).toEqual({
      spec: { volumes: [{ name: 'v', configMap: { name: 'c' } }] },
    });
  });

  it('replaces lists without a merge strategy', () => {
    const pod = { spec: { containers: [{ name: 'c', args: ['a', 'b'] }] } };
    expect(strategicMergePatch(POD, pod, { spec: { containers: [{ name: 'c', args: ['x'] }] } })).toEqual({
      spec: { containers: [{ name: 'c', args: ['x'] }] },
    });
  });

  it.each<[JsonObject, number, string]>([
    [{ ports: [{ name: 'b' }] }, 500, 'map: map[name:b] does not contain declared merge key: port'],
    [{ ports: [{ $patch: 'foo', port: 80 }] }, 500, 'unknown patch type: foo in map: map[$patch:foo port:80]'],
    [{ $retainKeys: ['type'], ports: [] }, 400, 'invalid patch format of retainKeys'],
    [{ '$setElementOrder/ports': 5 }, 500, 'expected a []interface {}, but received a int64'],
  ])('refuses %j', (spec, code, message) => {
    expect(failure(() => strategicMergePatch(SERVICE, service, { spec }))).toMatchObject({ code, message });
  });

  it('changes nothing with an empty patch, and equals a merge patch if there are no lists', () => {
    const flat = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.stringMatching(/^[a-z]{0,2}$/));
    fc.assert(
      fc.property(
        flat,
        fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.option(fc.constant('x'))),
        (data, patch) => {
          expect(strategicMergePatch(SERVICE, { metadata: { labels: data } }, {})).toEqual({
            metadata: { labels: data },
          });
          const value = { metadata: { labels: data } };
          expect(strategicMergePatch(SERVICE, value, { metadata: { labels: patch } })).toEqual(
            mergePatch(value, { metadata: { labels: patch } }),
          );
        },
      ),
    );
  });
});
