import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/api/json.ts';
import { MemberCache, type MemberChange } from '../../../src/fleet/member-cache.ts';
import { silent } from '../../support/silent-log.ts';

let version = 0;

function json(kind: string, name: string, fields: JsonObject = {}, labels?: Record<string, string>): JsonObject {
  return {
    kind,
    metadata: {
      namespace: 'ns',
      name,
      uid: `${kind}-${name}`,
      resourceVersion: String(++version),
      ...(labels && { labels }),
    },
    ...fields,
  };
}

function sliceOf(service: string, name: string, labels: Record<string, string> = {}): JsonObject {
  const fields = { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ name: '', port: 80 }] };
  return json('EndpointSlice', name, fields, { 'kubernetes.io/service-name': service, ...labels });
}

const derived = (name: string, from: string, more: Record<string, string> = {}) =>
  sliceOf(`amcs-${from}`, name, {
    'multicluster.kubernetes.io/service-name': from,
    'multicluster.kubernetes.io/source-cluster': 'other',
    'endpointslice.kubernetes.io/managed-by': 'catamaran.dev',
    ...more,
  });

function cacheOf(listed: boolean) {
  const changes: MemberChange[] = [];
  const appeared: string[] = [];
  const cache = new MemberCache({
    derivedPrefix: 'amcs-',
    logger: silent,
    changed: (change) => changes.push(change),
    exportAppeared: (key) => appeared.push(key),
  });
  if (listed) {
    for (const table of [cache.exports, cache.imports, cache.services, cache.slices, cache.namespaces]) {
      table.listStarted();
      table.listed('0');
    }
  }
  return { cache, changes, appeared };
}

describe("a member's cache", () => {
  it('is complete only when every resource has been listed', () => {
    const { cache } = cacheOf(false);
    const tables = [cache.exports, cache.imports, cache.services, cache.slices, cache.namespaces];
    for (const table of tables) {
      expect(cache.synced).toBe(false);
      table.listStarted();
      table.listed('1');
    }
    expect(cache.synced).toBe(true);
  });

  it('asks for the Service of an export that appears while Services are listed: it may have been dropped already', () => {
    const { cache, appeared } = cacheOf(false);
    for (const table of [cache.exports, cache.imports, cache.namespaces]) {
      table.listStarted();
      table.listed('0');
    }
    cache.exports.upserted(json('ServiceExport', 'early'));
    cache.services.listStarted();
    cache.slices.listStarted();
    cache.services.upserted(json('Service', 'web', { spec: {} }));
    cache.exports.upserted(json('ServiceExport', 'web'));
    cache.services.listed(String(version));
    cache.slices.listed(String(version));
    expect(appeared).toEqual(['ns/web']);
    expect([cache.knows('ns/early'), cache.knows('ns/web')]).toEqual([true, false]);
  });

  it('keeps Services and slices of exported names, and drops the others', () => {
    const { cache } = cacheOf(false);
    cache.exports.upserted(json('ServiceExport', 'web'));
    for (const name of ['web', 'private']) {
      cache.services.upserted(json('Service', name, { spec: {} }));
      cache.slices.upserted(sliceOf(name, `${name}-1`));
    }
    expect([cache.services.size, cache.slices.size]).toEqual([1, 1]);
    expect(cache.sourceSlices('ns/web').map(({ metadata }) => metadata.name)).toEqual(['web-1']);
  });

  it('asks for what it dropped when an export appears later, and knows nothing of the name until it has it', () => {
    const { cache, appeared, changes } = cacheOf(true);
    cache.services.upserted(json('Service', 'web', { spec: {} }));
    cache.exports.upserted(json('ServiceExport', 'web'));
    expect(appeared).toEqual(['ns/web']);
    expect([cache.knows('ns/web'), cache.knows('ns/other')]).toEqual([false, true]);
    changes.length = 0;
    cache.fetched('ns/web');
    expect(cache.knows('ns/web')).toBe(true);
    expect(changes).toEqual([{ side: 'source', key: 'ns/web' }]);
  });

  it('forgets Service and slices with the export', () => {
    const { cache } = cacheOf(false);
    const exported = json('ServiceExport', 'web');
    cache.exports.upserted(exported);
    cache.services.upserted(json('Service', 'web', { spec: {} }));
    cache.slices.upserted(sliceOf('web', 'web-1'));
    cache.exports.removed({
      ...exported,
      metadata: { namespace: 'ns', name: 'web', resourceVersion: String(++version) },
    });
    expect([cache.services.size, cache.slices.size, cache.sourceSlices('ns/web').length]).toEqual([0, 0, 0]);
  });

  it('never takes for a source what was imported', () => {
    const { cache } = cacheOf(false);
    cache.exports.upserted(json('ServiceExport', 'web'));
    cache.slices.upserted(sliceOf('web', 'imported', { 'multicluster.kubernetes.io/source-cluster': 'elsewhere' }));
    cache.slices.upserted(sliceOf('web', 'ours', { 'endpointslice.kubernetes.io/managed-by': 'catamaran.dev' }));
    expect(cache.sourceSlices('ns/web')).toEqual([]);
  });

  it('knows our slices by their labels, also when a user took the managed-by off', () => {
    const { cache, changes } = cacheOf(false);
    cache.slices.upserted(derived('d1', 'web'));
    const stripped = derived('d2', 'web');
    cache.slices.upserted({
      ...stripped,
      metadata: {
        namespace: 'ns',
        name: 'd2',
        resourceVersion: String(++version),
        labels: {
          'kubernetes.io/service-name': 'amcs-web',
          'multicluster.kubernetes.io/service-name': 'web',
          'multicluster.kubernetes.io/source-cluster': 'other',
        },
      },
    });
    expect(cache.derivedSlices('ns/web').map(({ name, source }) => [name, source])).toEqual([
      ['d1', 'other'],
      ['d2', 'other'],
    ]);
    expect(changes).toEqual([
      { side: 'consumer', key: 'ns/web' },
      { side: 'consumer', key: 'ns/web' },
    ]);
  });

  it('knows our slices by their owner where a user took the name of the import off', () => {
    const { cache } = cacheOf(false);
    const owner = { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceImport', name: 'web', uid: 'u' };
    const stripped = (name: string, ownerReferences: JsonObject['x']): JsonObject => ({
      ...derived(name, 'web'),
      metadata: {
        namespace: 'ns',
        name,
        resourceVersion: String(++version),
        labels: { 'endpointslice.kubernetes.io/managed-by': 'catamaran.dev' },
        ownerReferences,
      },
    });
    cache.slices.upserted(stripped('d1', [{ ...owner, kind: 'Service', name: 'other' }, owner]));
    cache.slices.upserted(stripped('d2', []));
    expect(cache.derivedSlices('ns/web').map(({ name }) => name)).toEqual(['d1']);
  });

  it('tells of what somebody else puts where a derived Service stands', () => {
    const { cache, changes } = cacheOf(false);
    cache.services.upserted(json('Service', 'amcs-web', { spec: {} }));
    cache.slices.upserted(sliceOf('amcs-web', 'mirrored'));
    cache.slices.upserted({ ...sliceOf('amcs-web', 'empty'), endpoints: null });
    expect(cache.foreignSlices('ns/amcs-web')).toEqual(['mirrored']);
    expect(changes).toEqual([
      { side: 'place', derived: 'ns/amcs-web' },
      { side: 'place', derived: 'ns/amcs-web' },
    ]);
  });

  it('tells of both names when a slice moves from one Service to another', () => {
    const { cache, changes } = cacheOf(false);
    cache.exports.upserted(json('ServiceExport', 'a'));
    cache.exports.upserted(json('ServiceExport', 'b'));
    cache.slices.upserted(sliceOf('a', 's'));
    changes.length = 0;
    cache.slices.upserted(sliceOf('b', 's'));
    expect(changes).toEqual([
      { side: 'source', key: 'ns/a' },
      { side: 'source', key: 'ns/b' },
    ]);
    expect([cache.sourceSlices('ns/a').length, cache.sourceSlices('ns/b').length]).toEqual([0, 1]);
  });

  it('lists every name that the member exports, imports or holds something of ours for', () => {
    const { cache } = cacheOf(false);
    cache.exports.upserted(json('ServiceExport', 'exported'));
    cache.imports.upserted(json('ServiceImport', 'imported', { spec: { type: 'Headless', ports: [] } }));
    cache.slices.upserted(derived('d1', 'left-slice'));
    const from = (name: string) => ({ 'catamaran.dev/derived-from': name });
    cache.services.upserted(json('Service', 'only-labelled', { spec: {} }, from('somebody-else')));
    cache.services.upserted({
      kind: 'Service',
      metadata: {
        namespace: 'ns',
        name: 'old-prefix-left-service',
        resourceVersion: String(++version),
        labels: from('left-service'),
        ownerReferences: [
          { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceImport', name: 'left-service', uid: 'u' },
        ],
      },
      spec: {},
    });
    expect(cache.derivedServices('ns/left-service').map(({ metadata }) => metadata.name)).toEqual([
      'old-prefix-left-service',
    ]);
    expect([...cache.keys()].sort()).toEqual(['ns/exported', 'ns/imported', 'ns/left-service', 'ns/left-slice']);
  });
});
