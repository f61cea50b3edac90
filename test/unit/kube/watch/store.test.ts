import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import { compareVersions, Store } from '../../../../src/kube/watch/store.ts';
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

describe('versions', () => {
  it('are compared numerically', () => {
    expect(['10', '9', '100', '11'].sort(compareVersions)).toEqual(['9', '10', '11', '100']);
    expect(compareVersions('7', '7')).toBe(0);
  });
});

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

  it('skips a malformed object and keeps its last good copy', () => {
    const { table } = tableOf();
    table.upserted(object('a', 1));
    table.upserted(object('a', 2, 'broken'));
    table.upserted(object('b', 2));
    expect([table.get('ns/a'), table.get('ns/b')]).toEqual(['kept', 'kept']);
  });
});
