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
  it('are compared as the numbers that they are', () => {
    expect(['10', '9', '100', '11'].sort(compareVersions)).toEqual(['9', '10', '11', '100']);
    expect(compareVersions('7', '7')).toBe(0);
  });
});

describe('a table', () => {
  it('counts as read only when a full reading ended', () => {
    const { table } = tableOf();
    table.listStarted();
    table.upserted(object('a', 1));
    expect(table.synced).toBe(false);
    table.listed('1');
    expect(table.synced).toBe(true);
  });

  it('drops what is of no interest, and an object that turned so', () => {
    const { table, changes } = tableOf();
    table.upserted(object('a', 1, 'boring'));
    expect(table.size).toBe(0);
    table.upserted(object('a', 2));
    table.upserted(object('a', 3, 'boring'));
    expect(changes).toEqual(['ns/a: - > kept', 'ns/a: kept > -']);
  });

  it('removes at the end of a full reading what was not in it', () => {
    const { table, changes } = tableOf();
    for (const name of ['a', 'b']) table.upserted(object(name, 1));
    changes.length = 0;
    table.listStarted();
    table.upserted(object('a', 1));
    table.listed('5');
    expect(changes).toEqual(['ns/b: kept > -']);
  });

  it('removes nothing for a reading that broke off', () => {
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

  it('keeps a write of ours that is newer than the full reading', () => {
    const { table } = tableOf();
    table.listStarted();
    table.wrote(object('mine', 9));
    table.listed('5');
    expect(table.get('ns/mine')).toBe('kept');
  });

  it('lets no older version replace a newer one', () => {
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

  it('says nothing when an object comes again as it was', () => {
    const { table, changes } = tableOf();
    table.upserted(object('a', 1));
    table.upserted(object('a', 1));
    expect(changes).toHaveLength(1);
  });

  it('does not bring back by a fetch what the watch removed meanwhile', async () => {
    const { table } = tableOf();
    await table.fetch(async () => {
      table.removed(object('a', 5));
      return [object('a', 4), object('b', 4), object('c', 6)];
    });
    expect([table.get('ns/a'), table.get('ns/b'), table.get('ns/c')]).toEqual([undefined, 'kept', 'kept']);
    await table.fetch(async () => [object('a', 4)]);
    expect(table.get('ns/a')).toBe('kept');
  });

  it('sets an object aside that cannot be read, and keeps its last good copy', () => {
    const { table } = tableOf();
    table.upserted(object('a', 1));
    table.upserted(object('a', 2, 'broken'));
    table.upserted(object('b', 2));
    expect([table.get('ns/a'), table.get('ns/b')]).toEqual(['kept', 'kept']);
  });
});
