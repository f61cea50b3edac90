/** Objects of one resource and their history. */
import { describe, expect, it } from 'vitest';
import { Store } from '../../src/apiserver/store.ts';
import type { StoredObject } from '../../src/machinery/object.ts';

const WIDGETS = 'example.com/widgets';

function widget(namespace: string, name: string, size = 1): StoredObject {
  const metadata = { name, namespace, uid: '', resourceVersion: '', creationTimestamp: '' };
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata, size };
}

function names(objects: Iterable<StoredObject>): readonly string[] {
  return [...objects].map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

describe('a collection', () => {
  it('lists in the order of etcd’s keys, and does not confuse namespaces with a common prefix', () => {
    const store = new Store();
    for (const [namespace, name] of [
      ['b', 'x'],
      ['a', 'y'],
      ['a-b', 'x'],
      ['a', 'x'],
    ] as const)
      store.put(WIDGETS, widget(namespace, name));
    const collection = store.collection(WIDGETS);
    expect(names(collection.list())).toEqual(['a-b/x', 'a/x', 'a/y', 'b/x']);
    expect(names(collection.list('a'))).toEqual(['a/x', 'a/y']);
    expect(names(collection.list('none'))).toEqual([]);
  });

  it('returns its state as of any version in its history', () => {
    const store = new Store();
    const states = new Map<number, string>();
    const collection = store.collection(WIDGETS);
    const show = (objects: Iterable<StoredObject>): string =>
      [...objects].map(({ metadata, size }) => `${metadata.name}${size}`).join();
    const note = () => states.set(store.version, show(collection.list()));
    note();
    for (let i = 0; i < 200; i++) {
      const name = `w${i % 7}`;
      if (i % 5 === 4) store.remove(WIDGETS, { namespace: 'a', name });
      else store.put(WIDGETS, widget('a', name, i));
      // Writes to other resources only advance the version.
      store.put('example.com/others', widget('a', 'other', i));
      note();
    }
    for (const [version, state] of states) expect(show(collection.at(version)?.values() ?? [])).toBe(state);
  });

  it('discards the oldest changes, and reports that they are missing', () => {
    const store = new Store(10);
    for (let i = 0; i < 100; i++) store.put(WIDGETS, widget('a', 'w', i));
    const collection = store.collection(WIDGETS);
    expect(collection.floor).toBeGreaterThan(50);
    expect(collection.since(collection.floor - 1)).toBeUndefined();
    expect(collection.at(collection.floor - 1)).toBeUndefined();
    expect(collection.since(collection.floor)?.length).toBeGreaterThanOrEqual(10);
    expect(collection.since(store.version)).toEqual([]);
  });

  it('compacts its own history only', () => {
    const store = new Store();
    store.put(WIDGETS, widget('a', 'w'));
    store.put('example.com/others', widget('a', 'o'));
    const { version } = store;
    store.put(WIDGETS, widget('a', 'w', 2));
    store.compact(store.version, WIDGETS);
    expect(store.collection(WIDGETS).since(version)).toBeUndefined();
    expect(store.collection('example.com/others').since(1)?.length).toBe(1);
    store.compact();
    expect(store.collection('example.com/others').since(1)).toBeUndefined();
    // A new collection starts at the store's current version.
    expect(store.collection('example.com/new').since(1)).toBeUndefined();
  });
});
