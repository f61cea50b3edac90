import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/api/json.ts';
import { MemberCache, type MemberChange } from '../../../src/fleet/member-cache.ts';
import { ANY } from '../../support/core/sources.ts';
import { silent } from '../../support/silent-log.ts';

let version = 0;

/** `owner` is the name of a ServiceImport. */
function json(
  kind: string,
  name: string,
  fields: JsonObject = {},
  labels?: Record<string, string>,
  owner?: string,
): JsonObject {
  return {
    kind,
    metadata: {
      namespace: 'ns',
      name,
      uid: `${kind}-${name}`,
      resourceVersion: String(++version),
      ...(labels && { labels }),
      ...(owner !== undefined && {
        ownerReferences: [
          { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceImport', name: owner, uid: `${owner}-uid` },
        ],
      }),
    },
    ...fields,
  };
}

function sliceOf(service: string, name: string, labels: Record<string, string> = {}, owner?: string): JsonObject {
  const fields = { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ name: '', port: 80 }] };
  return json('EndpointSlice', name, fields, { 'kubernetes.io/service-name': service, ...labels }, owner);
}

const derived = (name: string, from: string) =>
  sliceOf(
    `amcs-${from}`,
    name,
    {
      'multicluster.kubernetes.io/service-name': from,
      'multicluster.kubernetes.io/source-cluster': 'other',
      'endpointslice.kubernetes.io/managed-by': 'catamaran.dev',
    },
    from,
  );

function cacheOf(listed: boolean) {
  const changes: MemberChange[] = [];
  const appeared: string[] = [];
  const cache = new MemberCache({
    derivedPrefix: 'amcs-',
    addresses: ANY,
    limits: { exportsPerMember: 100, exportsPerNamespace: 100, endpointsPerExport: 10_000, memberBytes: 1_000_000 },
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

describe('the cache of a member', () => {
  it('is synced once every resource has been listed', () => {
    const { cache } = cacheOf(false);
    const tables = [cache.exports, cache.imports, cache.services, cache.slices, cache.namespaces];
    for (const table of tables) {
      expect(cache.synced).toBe(false);
      table.listStarted();
      table.listed('1');
    }
    expect(cache.synced).toBe(true);
  });

  it('requests the Service of an export that appears while Services are listed: it may have been dropped', () => {
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

  it('keeps Services and slices of exported names and drops the others', () => {
    const { cache } = cacheOf(false);
    cache.exports.upserted(json('ServiceExport', 'web'));
    for (const name of ['web', 'private']) {
      cache.services.upserted(json('Service', name, { spec: {} }));
      cache.slices.upserted(sliceOf(name, `${name}-1`));
    }
    expect([cache.services.size, cache.slices.size]).toEqual([1, 1]);
    expect(cache.sourceSlices('ns/web').map(({ name }) => name)).toEqual(['web-1']);
  });

  it('requests what it dropped if an export appears later; until then, the name is unknown', () => {
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

  it('counts what it keeps of all resources, and nothing else', () => {
    const { cache } = cacheOf(false);
    cache.exports.upserted(json('ServiceExport', 'web'), 300);
    expect(cache.exports.bytes).toBe(300);
    cache.slices.upserted(sliceOf('private', 'private-1'), 1_000);
    expect(cache.slices.bytes).toBe(300);
    cache.slices.upserted(sliceOf('web', 'web-1'), 1_000);
    const withSource = cache.slices.bytes;
    expect(withSource).toBeGreaterThan(1_300);
    // Written by this process, so that the length of its JSON is unknown.
    cache.slices.upserted(derived('derived-1', 'shop'), 0);
    expect(cache.namespaces.bytes).toBe(cache.slices.bytes);
    expect(cache.slices.bytes).toBeGreaterThan(withSource);
    cache.slices.removed(derived('derived-1', 'shop'));
    // Set aside: it has no valid schema, but its name and the reason are kept.
    const misfit = json('ServiceExport', 'broken', { spec: { exportedLabels: 7 } });
    cache.exports.upserted(misfit, 1_000_000);
    expect(cache.exports.bytes).toBe(withSource + 1_024);
    cache.exports.removed(misfit);
    cache.exports.removed(json('ServiceExport', 'web'));
    expect(cache.exports.bytes).toBe(0);
  });

  it('applies the limits of the fleet file to what it keeps', () => {
    const { cache } = cacheOf(true);
    expect(cache.slices.most).toBe(1_000_000);
    cache.setLimits({ exportsPerMember: 1, exportsPerNamespace: 1, endpointsPerExport: 1, memberBytes: 7 });
    expect(cache.exports.most).toBe(7);
  });

  it('offers at most one slice more than an export may have, however many a member creates', () => {
    const { cache } = cacheOf(false);
    cache.exports.upserted(json('ServiceExport', 'web'));
    for (let index = 0; index < 1_500; index++) cache.slices.upserted(sliceOf('web', `web-${index}`));
    expect(cache.sourceSlices('ns/web')).toHaveLength(1_001);
    expect(cache.sourceSlices('ns/web')[0]?.name).toBe('web-0');
  });

  it('drops Service and slices with the export', () => {
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

  it('never treats imported slices as a source', () => {
    const { cache } = cacheOf(false);
    cache.exports.upserted(json('ServiceExport', 'web'));
    cache.slices.upserted(sliceOf('web', 'imported', { 'multicluster.kubernetes.io/source-cluster': 'elsewhere' }));
    cache.slices.upserted(sliceOf('web', 'derived', { 'endpointslice.kubernetes.io/managed-by': 'catamaran.dev' }));
    expect(cache.sourceSlices('ns/web')).toEqual([]);
  });

  it('keeps slices managed by Catamaran, even if a user removed one of their labels', () => {
    const { cache, changes } = cacheOf(false);
    cache.slices.upserted(derived('d1', 'web'));
    const tie = {
      'multicluster.kubernetes.io/service-name': 'web',
      'multicluster.kubernetes.io/source-cluster': 'other',
    };
    const manager = { 'endpointslice.kubernetes.io/managed-by': 'catamaran.dev' };
    cache.slices.upserted(sliceOf('amcs-web', 'd2', tie, 'web'));
    cache.slices.upserted(sliceOf('amcs-web', 'd3', manager, 'web'));
    expect(cache.derivedSlices('ns/web').map(({ name, source }) => [name, source])).toEqual([
      ['d1', 'other'],
      ['d2', 'other'],
      ['d3', ''],
    ]);
    expect(changes).toEqual(Array.from({ length: 3 }, () => ({ side: 'consumer', key: 'ns/web' })));
  });

  it('treats a slice of another client as foreign even if it has the labels', () => {
    const { cache } = cacheOf(false);
    const labels = {
      'multicluster.kubernetes.io/service-name': 'web',
      'multicluster.kubernetes.io/source-cluster': 'other',
    };
    const managed = (by: string) => ({ ...labels, 'endpointslice.kubernetes.io/managed-by': by });
    cache.slices.upserted(sliceOf('amcs-web', 'copied', managed('catamaran.dev')));
    cache.slices.upserted(sliceOf('amcs-web', 'unmanaged', labels));
    cache.slices.upserted(sliceOf('amcs-web', 'other', managed('other.example.org'), 'web'));
    expect(cache.derivedSlices('ns/web')).toEqual([]);
    expect(cache.foreignSlices('ns/amcs-web')).toEqual(['copied', 'unmanaged', 'other']);
  });

  it('requests the slices of a Service that was at the name of a derived one until it was exported', () => {
    const { cache, appeared } = cacheOf(true);
    const slice = sliceOf('amcs-app', 'app-1');
    cache.slices.upserted(slice);
    expect(cache.foreignSlices('ns/amcs-app')).toEqual(['app-1']);
    cache.exports.upserted(json('ServiceExport', 'amcs-app'));
    expect(appeared).toEqual(['ns/amcs-app']);
    cache.slices.upserted(slice);
    expect(cache.sourceSlices('ns/amcs-app').map(({ name }) => name)).toEqual(['app-1']);
  });

  it('reports objects of other clients at the name of a derived Service', () => {
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

  it('reports both names if a slice moves from one Service to another', () => {
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

  it('holds the names that the member exports, imports or has a derived object for', () => {
    const { cache } = cacheOf(false);
    cache.exports.upserted(json('ServiceExport', 'exported'));
    cache.imports.upserted(json('ServiceImport', 'imported', { spec: { type: 'Headless', ports: [] } }));
    cache.slices.upserted(derived('d1', 'left-slice'));
    const from = (name: string) => ({ 'catamaran.dev/derived-from': name });
    cache.services.upserted(json('Service', 'only-labelled', { spec: {} }, from('another-client')));
    const left = json('Service', 'old-prefix-left-service', { spec: {} }, from('left-service'), 'left-service');
    cache.services.upserted(left);
    expect(cache.derivedServices('ns/left-service').map(({ metadata }) => metadata.name)).toEqual([
      'old-prefix-left-service',
    ]);
    const names = ['exported', 'imported', 'left-slice', 'left-service', 'another-client', 'only-labelled'] as const;
    expect(names.filter((name) => cache.holds(`ns/${name}`))).toEqual([
      'exported',
      'imported',
      'left-slice',
      'left-service',
    ]);
    expect(cache.exported()).toEqual(['ns/exported']);
  });
});
