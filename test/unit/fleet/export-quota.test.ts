import { expect, test } from 'vitest';
import type { ServiceKey } from '../../../src/api/meta.ts';
import { MCS_API_VERSION, type ServiceExport } from '../../../src/api/multicluster.ts';
import { ExportQuota } from '../../../src/fleet/export-quota.ts';

/** An export; a valid one was found valid before, by this or another replica. */
function anExport(valid: boolean): ServiceExport {
  const condition = { type: 'Valid', status: 'True', reason: 'Valid', message: '', lastTransitionTime: '' } as const;
  return {
    apiVersion: MCS_API_VERSION,
    kind: 'ServiceExport',
    metadata: { name: 'x' },
    ...(valid && { status: { conditions: [condition] } }),
  };
}

const NEW = anExport(false);
const VALID = anExport(true);

function quota(exportsPerMember: number, exportsPerNamespace = exportsPerMember) {
  const limited = new ExportQuota({ exportsPerMember, exportsPerNamespace });
  const over = (...keys: readonly ServiceKey[]) => keys.filter((key) => limited.exceeded(key) !== undefined);
  return { limited, over };
}

test('rule 50: the first exports to arrive are inside the limit, whatever their names and dates', () => {
  const { limited, over } = quota(2);
  for (const key of ['a/z', 'a/y', 'a/x', 'b/w'] as const) expect(limited.set(key, NEW)).toEqual([]);
  expect(over('a/z', 'a/y', 'a/x', 'b/w')).toEqual(['a/x', 'b/w']);
  expect(limited.exceeded('b/w')).toBe('exportsPerMember');
  // Changed exports keep their place.
  expect(limited.set('a/x', NEW)).toEqual([]);
  expect(limited.set('a/z', VALID)).toEqual([]);
  expect(over('a/z', 'a/y', 'a/x', 'b/w')).toEqual(['a/x', 'b/w']);
});

test('rule 50: a namespace that is full takes no place from the others', () => {
  const { limited, over } = quota(10, 1);
  for (const key of ['a/1', 'a/2', 'b/1'] as const) limited.set(key, NEW);
  expect(over('a/1', 'a/2', 'b/1')).toEqual(['a/2']);
  expect(limited.exceeded('a/2')).toBe('exportsPerNamespace');
});

test('rule 50: an export that leaves is replaced by the one that has waited longest', () => {
  const { limited, over } = quota(2);
  for (const key of ['a/1', 'a/2', 'a/3', 'a/4'] as const) limited.set(key, NEW);
  expect(limited.delete('a/1')).toEqual(['a/3']);
  expect(limited.delete('a/4')).toEqual([]);
  expect(over('a/2', 'a/3', 'a/4')).toEqual([]);
  expect(limited.delete('a/9')).toEqual([]);
});

test('rule 50: after a restart, exports that were found valid before take precedence over those that arrive first', () => {
  const { limited, over } = quota(2);
  limited.set('a/1', NEW);
  limited.set('b/1', NEW);
  expect(limited.set('c/1', VALID)).toEqual(['a/1']);
  expect(limited.set('c/2', VALID)).toEqual(['b/1']);
  expect(limited.set('c/3', VALID)).toEqual([]);
  expect(over('a/1', 'b/1', 'c/1', 'c/2', 'c/3')).toEqual(['a/1', 'b/1', 'c/3']);
});

test('rule 50: a lower limit takes effect, and a higher one too', () => {
  const { limited, over } = quota(3);
  for (const key of ['a/1', 'a/2', 'a/3'] as const) limited.set(key, VALID);
  expect(limited.configure({ exportsPerMember: 1, exportsPerNamespace: 1 })).toEqual(['a/3', 'a/2']);
  expect(over('a/1', 'a/2', 'a/3')).toEqual(['a/2', 'a/3']);
  expect(limited.configure({ exportsPerMember: 2, exportsPerNamespace: 2 })).toHaveLength(1);
  expect(over('a/1', 'a/2', 'a/3')).toHaveLength(1);
});
