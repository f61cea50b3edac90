import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import { Store } from '../../../../src/kube/watch/store.ts';
import { silent } from '../../../support/silent-log.ts';

function object(name: string, resourceVersion: number, value = 'kept'): JsonObject {
  return { metadata: { namespace: 'ns', name, resourceVersion: String(resourceVersion) }, value };
}

function tableOf() {
  const changes: string[] = [];
  const table = new Store<string>({
    slim: (json) => {
      if (json.value === 'broken') throw new TypeError('cannot be read');
      return typeof json.value === 'string' && json.value !== 'boring' ? json.value : undefined;
    },
    changed: (name, before, after) => changes.push(`${name}: ${before ?? '-'} > ${after ?? '-'}`),
    logger: silent,
  });
  return { table, changes };
}

describe('a store', () => {
  it('is synced only when a full list has ended', () => {
    const { table } = tableOf();
    table.listStarted();
    table.upserted(object('a', 1));
    expect(table.synced).toBe(false);
    table.listed('1');
    expect(table.synced).toBe(true);
  });

  it('drops objects of no interest, even if they were of interest before', () => {
    const { table, changes } = tableOf();
    table.upserted(object('a', 1, 'boring'));
    expect(table.size).toBe(0);
    table.upserted(object('a', 2));
    table.upserted(object('a', 3, 'boring'));
    expect(changes).toEqual(['ns/a: - > kept', 'ns/a: kept > -']);
  });

  it('removes objects that were not in a full list', () => {
    const { table, changes } = tableOf();
    for (const name of ['a', 'b']) table.upserted(object(name, 1));
    changes.length = 0;
    table.listStarted();
    table.upserted(object('a', 1));
    table.listed('5');
    expect(changes).toEqual(['ns/b: kept > -']);
  });

  it('removes nothing for an incomplete list', () => {
    const { table, changes } = tableOf();
    for (const name of ['a', 'b']) table.upserted(object(name, 1));
    changes.length = 0;
    table.listStarted();
    table.upserted(object('a', 1));
    table.listStarted();
    table.upserted(object('a', 1));
    table.upserted(object('b', 1));
    table.listed('5');
    expect(changes).toEqual([]);
  });

  it('keeps its own write that is newer than the full list', () => {
    const { table } = tableOf();
    table.listStarted();
    table.wrote(object('mine', 9));
    table.listed('5');
    expect(table.get('ns/mine')).toBe('kept');
  });

  it('never replaces a newer version with an older one', () => {
    const { table, changes } = tableOf();
    table.wrote(object('a', 9, 'new'));
    table.upserted(object('a', 8, 'old'));
    table.removed(object('a', 8));
    table.deleted('ns/a', '8');
    expect(table.get('ns/a')).toBe('new');
    expect(changes).toEqual(['ns/a: - > new']);
    table.removed(object('a', 10));
    expect(table.get('ns/a')).toBeUndefined();
  });

  it('reports no change for the same version', () => {
    const { table, changes } = tableOf();
    table.upserted(object('a', 1));
    table.upserted(object('a', 1));
    expect(changes).toHaveLength(1);
  });

  it('does not restore by a fetch an object that the watch removed meanwhile', async () => {
    const { table } = tableOf();
    await table.fetch(async () => {
      table.removed(object('a', 5));
      return [object('a', 4), object('b', 4), object('c', 6)];
    });
    expect([table.get('ns/a'), table.get('ns/b'), table.get('ns/c')]).toEqual([undefined, 'kept', 'kept']);
    await table.fetch(async () => [object('a', 4)]);
    expect(table.get('ns/a')).toBe('kept');
  });

  it('sets a malformed object aside, without its last good copy', () => {
    const { table, changes } = tableOf();
    table.upserted(object('a', 1));
    table.upserted(object('a', 2, 'broken'));
    table.upserted(object('b', 2));
    expect([table.get('ns/a'), table.get('ns/b')]).toEqual([undefined, 'kept']);
    expect(table.misfit('ns/a')?.message).toContain('cannot be read');
    expect([table.size, table.setAside]).toEqual([1, 1]);
    expect(changes).toEqual(['ns/a: - > kept', 'ns/a: kept > -', 'ns/b: - > kept']);
  });

  it('replaces an object that was set aside by a later version, not by an earlier one', () => {
    const { table, changes } = tableOf();
    table.upserted(object('a', 2, 'broken'));
    table.upserted(object('a', 1));
    expect(table.get('ns/a')).toBeUndefined();
    table.upserted(object('a', 3));
    expect(table.get('ns/a')).toBe('kept');
    expect(table.setAside).toBe(0);
    expect(changes).toEqual(['ns/a: - > -', 'ns/a: - > kept']);
  });

  it('forgets an object that was set aside once a full list does not contain it', () => {
    const { table } = tableOf();
    table.upserted(object('a', 1, 'broken'));
    table.listStarted();
    table.listed('5');
    expect(table.setAside).toBe(0);
  });

  it.each<[string, JsonObject]>([
    ['no metadata', {}],
    ['a name that is a number', { metadata: { namespace: 'ns', name: 5 } }],
    ['an upper-case name', { metadata: { namespace: 'ns', name: 'Web' } }],
    ['a name with a slash', { metadata: { name: 'ns/web' } }],
    ['a name of 300 characters', { metadata: { namespace: 'ns', name: 'a'.repeat(300) } }],
    ['a namespace with a dot', { metadata: { namespace: 'n.s', name: 'web' } }],
    ['no namespace', { metadata: { name: 'web' } }],
  ])('only counts an object with %s, which no API server accepts', (_, malformed) => {
    const { table, changes } = tableOf();
    table.upserted(malformed);
    table.removed(malformed);
    table.wrote(malformed);
    expect(table.setAside).toBeGreaterThan(0);
    expect(changes).toEqual([]);
    table.listStarted();
    table.listed('5');
    expect(table.setAside).toBe(0);
  });

  it('sets an object aside whose version is not a number, whatever it had before', () => {
    const { table } = tableOf();
    table.upserted(object('a', 7));
    table.upserted({ metadata: { namespace: 'ns', name: 'a', resourceVersion: '9'.repeat(40) }, value: 'kept' });
    expect(table.get('ns/a')).toBeUndefined();
    table.upserted(object('a', 8));
    expect(table.get('ns/a')).toBe('kept');
  });

  it('takes what a full list returns, if its own copy is not newer than the list', () => {
    const { table } = tableOf();
    table.upserted(object('restored', 90, 'before'));
    table.wrote(object('mine', 150, 'written'));
    table.listStarted();
    table.upserted(object('restored', 40, 'after'));
    table.upserted(object('mine', 60, 'stale'));
    expect(table.get('ns/restored')).toBe('before');
    table.listed('120');
    expect([table.get('ns/restored'), table.get('ns/mine')]).toEqual(['after', 'written']);
  });

  it('confirms what is newer than a full list: a list may lag behind, and a server may be restored', async () => {
    const { table } = tableOf();
    for (const name of ['same', 'gone', 'changed', 'old']) table.upserted(object(name, name === 'old' ? 3 : 90));
    const reads: string[] = [];
    const current: Record<string, JsonObject> = { 'ns/same': object('same', 90), 'ns/changed': object('changed', 50) };
    const read = async (name: string) => {
      reads.push(name);
      if (name === 'ns/changed') table.upserted(object('changed', 95, 'newer'));
      return current[name];
    };
    await expect(table.confirm('60', read)).resolves.toBe(false);
    expect(reads).toEqual(['ns/same', 'ns/gone', 'ns/changed']);
    expect([...table.names()]).toEqual(['ns/same', 'ns/changed', 'ns/old']);
    await expect(table.confirm('60', async () => object('any', 40))).resolves.toBe(true);
  });

  it('takes what a server sends after its versions started again', () => {
    const { table } = tableOf();
    for (const name of ['a', 'b']) table.upserted(object(name, 9_000, 'before'));
    table.restarted();
    expect([table.get('ns/a'), table.get('ns/b')]).toEqual(['before', 'before']);
    table.listStarted();
    table.upserted(object('a', 40, 'after'));
    table.listed('120');
    expect([table.get('ns/a'), table.get('ns/b')]).toEqual(['after', undefined]);
  });
});
