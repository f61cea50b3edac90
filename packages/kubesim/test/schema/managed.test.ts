import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/machinery/json.ts';
import { builtinSchema } from '../../src/schema/builtins.ts';
import { type Applied, applyConfiguration, applyConflict, trackUpdate } from '../../src/schema/managed.ts';

const CONFIG_MAP = builtinSchema('', 'v1', 'ConfigMap');
const SERVICE_ACCOUNT = builtinSchema('', 'v1', 'ServiceAccount');
const now = '2026-01-01T00:00:00Z';
const later = '2026-01-01T00:00:09Z';

interface Step {
  readonly live?: JsonObject;
  readonly manager: string;
  readonly data: JsonObject;
  readonly force?: boolean;
  readonly time?: string;
}

function apply({ live, manager, data, force = false, time = now }: Step): Applied {
  const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data };
  return applyConfiguration({
    ...(live && { live }),
    ...{ schema: CONFIG_MAP, applied, manager, apiVersion: 'v1', force, now: time },
  });
}

function applied(step: Step): JsonObject {
  const result = apply(step);
  if ('conflicts' in result) throw new Error(JSON.stringify(result.conflicts));
  return result.object;
}

function linesOf({ metadata }: JsonObject): readonly Json[] {
  const lines =
    typeof metadata === 'object' && metadata !== null && 'managedFields' in metadata && metadata.managedFields;
  return Array.isArray(lines) ? lines : [];
}

describe('applyConfiguration', () => {
  it('records field ownership', () => {
    const object = applied({
      live: applied({ manager: 'a', data: { x: '1' } }),
      manager: 'b',
      data: { y: '2' },
      time: later,
    });
    expect(object.data).toEqual({ x: '1', y: '2' });
    const line = { apiVersion: 'v1', fieldsType: 'FieldsV1', operation: 'Apply' };
    expect(linesOf(object)).toEqual([
      { ...line, manager: 'a', time: now, fieldsV1: { 'f:data': { 'f:x': {} } } },
      { ...line, manager: 'b', time: later, fieldsV1: { 'f:data': { 'f:y': {} } } },
    ]);
  });

  it('removes fields that its manager no longer applies, unless another manager owns them', () => {
    const first = applied({ manager: 'a', data: { x: '1', y: '1' } });
    const shared = applied({ live: first, manager: 'b', data: { x: '1' } });
    expect(applied({ live: shared, manager: 'a', data: {} }).data).toEqual({ x: '1' });
  });

  it("conflicts with another manager's value, and overrides it with force", () => {
    const live = applied({ manager: 'a', data: { x: '1', y: '1' } });
    const result = apply({ live, manager: 'b', data: { x: '2', y: '1' } });
    expect(result).toEqual({ conflicts: [{ manager: '"a"', field: '.data.x' }] });
    const forced = applied({ live, manager: 'b', data: { x: '2' }, force: true });
    expect(forced.data).toEqual({ x: '2', y: '1' });
    expect(linesOf(forced)).toMatchObject([{ fieldsV1: { 'f:data': { 'f:y': {} } } }, { manager: 'b' }]);
  });

  it('reports conflicts as the API server does', () => {
    const one = applyConflict([{ manager: '"a" using v1', field: '.data.x' }]);
    expect(one.message).toBe('Apply failed with 1 conflict: conflict with "a" using v1: .data.x');
    const two = applyConflict([
      { manager: '"b"', field: '.data.x' },
      { manager: '"a"', field: '.data.y' },
    ]);
    expect(two.message).toBe(
      'Apply failed with 2 conflicts: conflicts with "a":\n- .data.y\nconflicts with "b":\n- .data.x',
    );
    expect(two.toJSON()).toMatchObject({
      code: 409,
      reason: 'Conflict',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "b"', field: '.data.x' }, {}] },
    });
  });

  it('assigns earlier fields to a separate manager', () => {
    const live = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', uid: 'u' }, data: { x: '1' } };
    expect(apply({ live, manager: 'a', data: { x: '2' } })).toEqual({
      conflicts: [{ manager: '"before-first-apply" using v1', field: '.data.x' }],
    });
    expect(linesOf(applied({ live, manager: 'a', data: { y: '1' } }))).toMatchObject([
      { manager: 'a', operation: 'Apply' },
      { manager: 'before-first-apply', operation: 'Update', fieldsV1: { 'f:data': { '.': {}, 'f:x': {} } } },
    ]);
  });

  it('merges items by key, in the order of the configuration', () => {
    const items = (names: readonly string[], live: JsonObject | undefined, manager: string): JsonObject => {
      const secrets = names.map((name) => ({ name }));
      const result = applyConfiguration({
        ...(live && { live }),
        ...{ schema: SERVICE_ACCOUNT, applied: { apiVersion: 'v1', kind: 'ServiceAccount', secrets } },
        ...{ manager, apiVersion: 'v1', force: false, now },
      });
      if ('conflicts' in result) throw new Error(JSON.stringify(result.conflicts));
      return result.object;
    };
    const first = items(['x', 'y'], undefined, 'a');
    const second = items(['z', 'y'], first, 'b');
    expect(second.secrets).toEqual([{ name: 'x' }, { name: 'z' }, { name: 'y' }]);
    expect(items(['y'], second, 'a').secrets).toEqual([{ name: 'z' }, { name: 'y' }]);
  });

  it.each<[string, JsonObject, string]>([
    ['an unknown field', { data: {}, foo: 1 }, '.foo: field not declared in schema'],
    ['a wrong type', { immutable: 'x' }, '.immutable: expected boolean, got &{x}'],
    ['not a map', { data: ['x'] }, '.data: expected map, got &{[x]}'],
    [
      'the same item twice',
      { metadata: { finalizers: ['a', 'a'] } },
      '.metadata.finalizers: duplicate entries for key [="a"]',
    ],
  ])('refuses %s', (_name, fields, problem) => {
    const config = { apiVersion: 'v1', kind: 'ConfigMap', ...fields };
    const run = () =>
      applyConfiguration({ schema: CONFIG_MAP, applied: config, manager: 'a', apiVersion: 'v1', force: false, now });
    expect(run).toThrow(`failed to create typed patch object (/; /v1, Kind=ConfigMap): ${problem}`);
  });

  it('is idempotent for any existing object', () => {
    // Not empty, because applying an empty map claims the map itself, which is then removed.
    const data = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2'), { minKeys: 1 });
    const steps = fc.array(fc.record({ manager: fc.constantFrom('x', 'y', 'z'), data }), { maxLength: 6 });
    fc.assert(
      fc.property(steps, fc.record({ manager: fc.constantFrom('x', 'y'), data }), (before, last) => {
        let live: JsonObject | undefined;
        for (const step of before) live = applied({ ...(live && { live }), ...step, force: true });
        const once = applied({ ...(live && { live }), ...last, force: true });
        expect(applied({ live: once, ...last, force: true, time: later })).toEqual(once);
        expect(once.data ?? {}).toMatchObject(last.data);
      }),
    );
  });
});

describe('trackUpdate', () => {
  const base = { schema: CONFIG_MAP, apiVersion: 'v1', now };
  const object = (data: JsonObject, managedFields?: readonly Json[]): JsonObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', ...(managedFields && { managedFields }) },
    data,
  });

  it('assigns new objects to their creator, and changed fields to the manager that changed them', () => {
    const created = trackUpdate({ ...base, updated: object({ x: '1', y: '1' }), manager: 'a' });
    expect(created).toMatchObject([{ manager: 'a', fieldsV1: { 'f:data': { '.': {}, 'f:x': {}, 'f:y': {} } } }]);
    const live = object({ x: '1', y: '1' }, created);
    const updated = object({ x: '2', y: '1' });
    expect(trackUpdate({ ...base, live, updated, manager: 'b', now: later })).toMatchObject([
      { manager: 'a', time: now, fieldsV1: { 'f:data': { '.': {}, 'f:y': {} } } },
      { manager: 'b', time: later, fieldsV1: { 'f:data': { 'f:x': {} } } },
    ]);
    expect(trackUpdate({ ...base, live, updated: live, manager: 'b', now: later })).toEqual(created);
  });

  it('distinguishes subresources', () => {
    const [line] = trackUpdate({ ...base, updated: object({ x: '1' }), manager: 'a', subresource: 'status' });
    expect(line).toMatchObject({ manager: 'a', subresource: 'status' });
  });

  it('removes all managers if the client sends none, and records none until an apply', () => {
    const live = object({ x: '1' }, trackUpdate({ ...base, updated: object({ x: '1' }), manager: 'a' }));
    expect(trackUpdate({ ...base, live, updated: object({ x: '1' }, []), manager: 'b' })).toEqual([]);
    expect(trackUpdate({ ...base, live, updated: object({ x: '1' }), given: [{}], manager: 'b' })).toEqual([]);
    expect(trackUpdate({ ...base, live: object({ x: '1' }), updated: object({ x: '2' }), manager: 'b' })).toEqual([]);
  });

  it('merges the oldest of more than ten updaters', () => {
    let live: JsonObject | undefined;
    let data: Record<string, string> = {};
    for (let i = 0; i < 14; i++) {
      data = { ...data, [`k${i}`]: '1' };
      const updated = object(data, live && linesOf(live));
      const time = `2026-01-01T00:00:${10 + i}Z`;
      live = object(data, trackUpdate({ ...base, ...(live && { live }), updated, now: time, manager: `m${i}` }));
    }
    if (!live) throw new Error('nothing was written');
    expect(linesOf(live)).toHaveLength(10);
    expect(linesOf(live)[0]).toMatchObject({ manager: 'ancient-changes', time: '2026-01-01T00:00:14Z' });
  });
});
