import { describe, expect, test } from 'vitest';
import { classifyExports } from '../../../../src/core/merge/exports.ts';
import { sharedHostnames, yieldedBy } from '../../../../src/core/merge/hostnames.ts';
import type { KnownSource } from '../../../../src/core/view.ts';
import { anEndpoint } from '../../../support/core/objects.ts';
import { aSource } from '../../../support/core/sources.ts';

/** Exporters with one slice per list of hostnames, in this order. */
function exporters(...members: readonly (readonly [string, readonly string[], Partial<KnownSource>?])[]) {
  return members.flatMap(([member, hostnames, more]) => {
    const endpoints = [anEndpoint('10.1.0.9'), ...hostnames.map((hostname) => anEndpoint('10.1.0.1', { hostname }))];
    const slice = {
      name: 'web-1',
      addressType: 'IPv4' as const,
      endpoints,
      refused: [],
      ports: [],
      triggerTime: undefined,
    };
    return classifyExports([aSource({ member, slices: [{ ...slice, managed: true }], ...more })]).valid;
  });
}

describe('hostnames', () => {
  test('rule 36: that several members have belong to the first one', () => {
    const shared = sharedHostnames(
      exporters(['b', ['db-0', 'db-1']], ['a', ['db-0']], ['c', ['db-1', 'db-2', 'db-0']]),
    );
    expect([...shared]).toEqual([
      ['db-0', ['b', 'a', 'c']],
      ['db-1', ['b', 'c']],
    ]);
    expect([...yieldedBy('b', shared)]).toEqual([]);
    expect([...yieldedBy('a', shared)]).toEqual(['db-0']);
    expect([...yieldedBy('c', shared)]).toEqual(['db-0', 'db-1']);
    expect([...yieldedBy('d', shared)]).toEqual([]);
  });

  test('that one member has twice are not shared', () => {
    expect(sharedHostnames(exporters(['a', ['db-0', 'db-0']], ['b', ['db-1']])).size).toBe(0);
  });

  test('of a member whose endpoints have expired belong to the next one', () => {
    const [a, b, c] = [
      ['a', ['db-0'], { standing: 'expired' }] as const,
      ['b', ['db-0']] as const,
      ['c', ['db-0']] as const,
    ];
    expect([...sharedHostnames(exporters(a, b, c))]).toEqual([['db-0', ['b', 'c']]]);
    expect(sharedHostnames(exporters(a, b)).size).toBe(0);
  });
});
