import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import type { Change, Stage } from '../../../../src/core/change.ts';
import { dependencyOn, sparing } from '../../../../src/core/plan/dependencies.ts';
import { NAMESPACE } from '../../../support/core/objects.ts';

const precondition = { uid: 'uid', resourceVersion: '1' };
const base = { member: 'cluster2', namespace: NAMESPACE, name: 'x', why: 'a reason' } as const;
const PORTS = [{ name: 'http', port: 8080, protocol: 'TCP' }];

const endpoints = (...addresses: readonly string[]) => addresses.map((address) => ({ addresses: [address] }));
const body = (...addresses: readonly string[]) => ({ endpoints: endpoints(...addresses), ports: PORTS });

function creation(source: string, content: JsonObject): Change {
  return { ...base, resource: 'endpointSlices', stage: 'slice', op: 'create', source, object: content };
}

function patchOf(source: string, content: JsonObject, stage: Stage = 'shrink'): Change {
  return { ...base, resource: 'endpointSlices', stage, op: 'patch', source, precondition, patch: content };
}

function deletion(source: string): Change {
  return { ...base, resource: 'endpointSlices', stage: 'prune', op: 'delete', source, precondition };
}

const service = { ...base, resource: 'services', stage: 'service' } as const;
const serviceCreation: Change = { ...service, op: 'create', object: {} };
const servicePatch: Change = { ...service, op: 'patch', precondition, patch: {} };
const oldService: Change = { ...service, stage: 'prune', op: 'delete', precondition };
const status: Change = { ...base, resource: 'serviceImports', stage: 'status', op: 'patch', precondition, patch: {} };
const importPatch: Change = { ...status, stage: 'import' };

describe('after a failed write', () => {
  test.each<[string, Change, Change, ReturnType<typeof dependencyOn>]>([
    ['a shrinking slice of the same source', creation('a', body('1')), patchOf('a', body()), 'moves'],
    ['a pruned slice of the same source', patchOf('a', body('1'), 'grow'), deletion('a'), 'moves'],
    ['a slice of another source', creation('a', body('1')), patchOf('b', body()), 'none'],
    ['a slice of which only labels change', creation('a', body('1')), patchOf('a', {}), 'none'],
    ['a slice, if only labels of another were to change', patchOf('a', {}, 'change'), deletion('a'), 'none'],
    ['a slice without a Service', serviceCreation, creation('a', body('1')), 'waits'],
    ['a slice of a Service that could not be replaced', { ...oldService, stage: 'service' }, deletion('a'), 'waits'],
    ['a slice of a Service that stays', servicePatch, creation('a', body('1')), 'none'],
    ['a Service', importPatch, serviceCreation, 'none'],
    ['a slice, if the import failed', importPatch, creation('a', body('1')), 'none'],
    ['a Service under an old prefix', creation('a', body('1')), oldService, 'waits'],
    ['new names of ports', creation('a', body('1')), { ...servicePatch, stage: 'rename' }, 'waits'],
    ['new names of ports, if the import failed', importPatch, { ...servicePatch, stage: 'rename' }, 'none'],
    ['a status', creation('a', body('1')), status, 'none'],
    ['anything, if a status failed', status, oldService, 'none'],
  ])('%s: %#', (_, failed, change, expected) => {
    expect(dependencyOn(failed, change)).toBe(expected);
  });
});

describe('sparing', () => {
  const observed = body('1', '2', '3');

  test('keeps endpoints that could not be moved, as they are now, and no others', () => {
    const moved = { addresses: ['2'], conditions: { ready: false } };
    const failed = creation('a', { ...body('4'), endpoints: [moved, ...endpoints('4')] });
    const spared = sparing([failed], patchOf('a', { ...body('1'), metadata: { labels: {} } }), observed);
    expect(spared).toEqual({
      ...patchOf('a', { metadata: { labels: {} }, ports: PORTS, endpoints: [...endpoints('1'), moved] }),
      why: 'a reason, except those that could not be moved',
    });
  });

  test('keeps of a pruned slice what could not be moved', () => {
    expect(sparing([creation('a', body('2'))], deletion('a'), observed)).toEqual({
      ...patchOf('a', { endpoints: endpoints('2') }, 'prune'),
      why: 'a reason, except those that could not be moved',
    });
  });

  test('compares the ports that the slice gets, not those that it has', () => {
    const ports = [{ name: 'http', port: 9090, protocol: 'TCP' }];
    const failed = creation('a', { ...body('2'), ports });
    const spared = sparing([failed], patchOf('a', { ...body('1'), ports }), observed);
    expect(spared).toMatchObject({ patch: { ports, endpoints: endpoints('1', '2') } });
  });

  test('adds no source to a change that has none', () => {
    const { source: _, ...bare } = deletion('a');
    expect(sparing([creation('a', body('2'))], bare, observed)).not.toHaveProperty('source');
  });

  test.each<[string, Change, Change]>([
    ['nothing was to be moved', creation('a', body('9')), deletion('a')],
    ['an endpoint stays anyway', creation('a', body('1')), patchOf('a', body('1'))],
    ['an endpoint has other ports now', creation('a', { ...body('2'), ports: [] }), patchOf('a', body('1'))],
    ['it has other ports in a pruned slice', creation('a', { ...body('2'), ports: [] }), deletion('a')],
    ['the failed change has no endpoints', patchOf('a', {}), deletion('a')],
    [
      'content is not what it should be',
      creation('a', { endpoints: ['2', { addresses: '2' }], ports: PORTS }),
      deletion('a'),
    ],
    ['it is created', creation('a', body('2')), creation('a', body('1'))],
    ['its own endpoints stay', creation('a', body('2')), patchOf('a', {})],
  ])('changes nothing if %s', (_, failed, change) => {
    expect(sparing([failed], change, observed)).toBe(change);
  });

  test('ignores content that is not an endpoint, even if the slice has it', () => {
    const odd = { endpoints: ['2'], ports: PORTS };
    const change = deletion('a');
    expect(sparing([creation('a', odd)], change, odd)).toBe(change);
  });
});
