import { expect, test } from 'vitest';
import { MetadataPace } from '../../../src/controller/metadata-pace.ts';
import type { Change, PatchChange } from '../../../src/core/change.ts';

const KEY = 'ns/web';

function patchOf(resource: Change['resource'], patch: PatchChange['patch'], subresource?: 'status'): PatchChange {
  return {
    member: 'cluster1',
    resource,
    namespace: 'ns',
    name: 'web',
    stage: 'import',
    op: 'patch',
    why: 'it differs',
    precondition: { uid: 'uid', resourceVersion: '1' },
    patch,
    ...(subresource && { subresource }),
  };
}

const METADATA = patchOf('serviceImports', { metadata: { annotations: { note: 'x' } } });
const EXPORT_STATUS = patchOf('serviceExports', { status: {} }, 'status');
const ENDPOINTS = patchOf('endpointSlices', { endpoints: [] });
const SPEC = patchOf('serviceImports', { metadata: {}, spec: { ports: [] } });
const IMPORT_STATUS = patchOf('serviceImports', { status: {} }, 'status');

test.each([
  ['metadata of an import', METADATA],
  ['the status of an export', EXPORT_STATUS],
])('rule 50: %s is written at most once per second and name', (_, change) => {
  const pace = new MetadataPace();
  let writes = 0;
  for (let now = 0; now < 5_000; now += 10) writes += pace.due(KEY, [change], now).changes.length;
  expect(writes).toBe(5);
  expect(pace.due('ns/other', [change], 4_999).changes).toEqual([change]);
});

test('rule 50: endpoints, specs and the status of imports never wait', () => {
  const pace = new MetadataPace();
  pace.due(KEY, [METADATA], 0);
  const changes = [METADATA, ENDPOINTS, SPEC, IMPORT_STATUS, EXPORT_STATUS];
  expect(pace.due(KEY, changes, 10)).toEqual({ changes: [ENDPOINTS, SPEC, IMPORT_STATUS], waitMs: 990 });
  expect(pace.due(KEY, [ENDPOINTS], 20)).toEqual({ changes: [ENDPOINTS] });
  expect(pace.due(KEY, changes, 1_000)).toEqual({ changes });
});

test('a clock that was set back holds up nothing', () => {
  const pace = new MetadataPace();
  pace.due(KEY, [METADATA], 10_000);
  expect(pace.due(KEY, [METADATA], 5_000).changes).toEqual([METADATA]);
});
