/** Small parts of the engine: wording, equality, keys, families, ports. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ServiceExport } from '../../../src/api/multicluster.ts';
import { equal } from '../../../src/core/fingerprint.ts';
import {
  ANNOTATIONS_LENGTH,
  admitAnnotations,
  admitLabels,
  isQualifiedName,
  isReserved,
} from '../../../src/core/merge/exported-keys.ts';
import { classifyExports } from '../../../src/core/merge/exports.ts';
import { commonFamilies, familiesOf, preferred } from '../../../src/core/merge/families.ts';
import { merge } from '../../../src/core/merge/merge.ts';
import { named, type Port, portKey, unionOfPorts } from '../../../src/core/merge/ports.ts';
import { clipped, firstOf, joined } from '../../../src/core/message.ts';
import { clusterIPsOf } from '../../../src/core/plan/derived-service.ts';
import type { KnownSource, SourceView } from '../../../src/core/view.ts';
import { anExport, aService, at } from '../../support/core-objects.ts';

describe('wording', () => {
  test('cuts a text between characters', () => {
    expect(clipped('abcdef', 6)).toBe('abcdef');
    expect(clipped('abcdef', 4)).toBe('abc…');
    expect(clipped('ab😀😀', 4)).toBe('ab…');
  });

  test('joins what fits, and counts the rest', () => {
    expect(joined(['one', 'two'], ', ')).toBe('one, two');
    expect(joined(['one', 'two', 'three'], ', ', 9)).toBe('one, two, … and 1 more');
    expect(joined(['a long first part', 'two'], ', ', 6)).toBe('a lon…');
    expect(firstOf(['a', 'b', 'c'], 2, '; ')).toBe('a; b; … and 1 more');
    expect(firstOf(['a'], 2, '; ')).toBe('a');
  });
});

test('equality is that of plain data', () => {
  expect(equal({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(equal({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toBe(true);
  expect(equal([1, 2], [1])).toBe(false);
  expect(equal([], {})).toBe(false);
  expect(equal({ a: 1 }, null)).toBe(false);
  expect(equal({ a: 1 }, { b: 1 })).toBe(false);
});

describe('keys', () => {
  test.each([
    ['kubernetes.io/x', true],
    ['app.kubernetes.io/x', true],
    ['X.K8S.IO/x', true],
    ['catamaran.dev/x', true],
    ['notkubernetes.io/x', false],
    ['kubernetes.io', false],
    ['example.com/kubernetes.io', false],
  ])('%s is reserved: %s', (key, reserved) => {
    expect(isReserved(key)).toBe(reserved);
  });

  test.each([
    ['a', true],
    ['example.com/a.b_c-D', true],
    ['x'.repeat(63), true],
    ['x'.repeat(64), false],
    ['/a', false],
    ['a/', false],
    ['a/b/c', false],
    ['Upper.com/a', false],
    [`${'x'.repeat(254)}/a`, false],
    ['', false],
  ])('%s is a qualified name: %s', (key, valid) => {
    expect(isQualifiedName(key)).toBe(valid);
  });

  test('no map whatsoever gets a reserved or invalid key, or too much, onto an import', () => {
    const key = fc.oneof(fc.string(), fc.constantFrom('a', 'k8s.io/b', 'x.catamaran.dev/c'));
    fc.assert(
      fc.property(fc.dictionary(key, fc.string()), (map) => {
        const { admitted, refused } = admitLabels(map);
        expect(Object.keys(admitted).filter((key) => isReserved(key) || !isQualifiedName(key))).toEqual([]);
        expect(Object.keys(admitted).length + refused.length).toBe(Object.keys(map).length);
      }),
    );
    const { admitted, refused } = admitAnnotations({ a: 'x'.repeat(ANNOTATIONS_LENGTH - 5), b: '1', c: '' });
    expect(Object.keys(admitted)).toEqual(['a']);
    expect(refused).toEqual(['"b" makes the annotations too large', '"c" makes the annotations too large']);
  });
});

describe('families', () => {
  test('of a Service without any rule out nothing', () => {
    const { ipFamilies: _, ...spec } = aService().spec;
    expect(familiesOf({ ...aService(), spec })).toEqual(['IPv4', 'IPv6']);
    expect(familiesOf(aService({ ipFamilies: [] }))).toEqual(['IPv4', 'IPv6']);
  });

  test('are what all have, but for those that have nothing left in common', () => {
    expect(commonFamilies([['IPv6', 'IPv4'], ['IPv4'], ['IPv6'], ['IPv4', 'IPv6']])).toEqual(['IPv4']);
    expect(commonFamilies([])).toEqual([]);
  });

  test('are preferred as far as they are possible', () => {
    expect(preferred(['IPv6', 'IPv4'], ['IPv4', 'IPv6'])).toEqual(['IPv6', 'IPv4']);
    expect(preferred(['IPv6', 'IPv6'], ['IPv4', 'IPv6'])).toEqual(['IPv6']);
    expect(preferred(['IPv6'], ['IPv4'])).toEqual(['IPv4']);
    expect(preferred(undefined, ['IPv4'])).toEqual(['IPv4']);
  });
});

describe('ports', () => {
  const port = fc.record({
    name: fc.constantFrom('', 'a', 'b', 'tcp-1'),
    protocol: fc.constantFrom('TCP' as const, 'UDP' as const),
    port: fc.constantFrom(1, 2, 3),
  });

  test('of a union are unique by name and by number, and unnamed only when alone', () => {
    fc.assert(
      fc.property(fc.array(fc.array(port)), (lists) => {
        const union = unionOfPorts(lists);
        expect(new Set(union.map(({ name }) => name)).size).toBe(union.length);
        expect(new Set(union.map(portKey)).size).toBe(union.length);
        if (union.length > 1) expect(union.every(({ name }) => name !== '')).toBe(true);
        for (const key of union.map(portKey)) expect(lists.flat().map(portKey)).toContain(key);
      }),
    );
  });

  test('get names that nobody else has', () => {
    const ports: readonly Port[] = [
      { name: '', protocol: 'TCP', port: 80 },
      { name: 'tcp-80', protocol: 'UDP', port: 1 },
      { name: 'tcp-80-2', protocol: 'UDP', port: 2 },
      { name: '', protocol: 'SCTP', port: 80 },
    ];
    expect(named(ports).map(({ name }) => name)).toEqual(['tcp-80-3', 'tcp-80', 'tcp-80-2', 'sctp-80']);
  });

  test('of the same number are told apart by protocol', () => {
    const dns = (protocol: 'TCP' | 'UDP' | 'SCTP') => ({ name: protocol.toLowerCase(), protocol, port: 53 });
    const union = unionOfPorts([[dns('UDP'), dns('TCP'), dns('SCTP')]]);
    expect(union.map(({ name }) => name)).toEqual(['sctp', 'tcp', 'udp']);
  });
});

describe('merging', () => {
  const source = (member: string, created: string | undefined): KnownSource & { readonly export: ServiceExport } => {
    const { creationTimestamp: _, ...metadata } = anExport().metadata;
    const exported = { ...anExport(), metadata: { ...metadata, ...(created && { creationTimestamp: created }) } };
    return { member, standing: 'current', slices: [], export: exported, service: aService() };
  };

  test('names who exports, and the oldest export', () => {
    const { merged } = merge([source('a', at(1)), source('b', at(0))]);
    expect(merged?.members).toEqual(['a', 'b']);
    expect(merged?.oldest).toBe('b');
  });

  test('puts an export without a time last, and compares times as times', () => {
    const order = (...sources: readonly SourceView[]) => classifyExports(sources).valid.map(({ member }) => member);
    expect(order(source('a', undefined), source('b', at(5)))).toEqual(['b', 'a']);
    expect(order(source('a', undefined), source('b', undefined))).toEqual(['a', 'b']);
    expect(order(source('a', '2026-01-01T01:00:00+02:00'), source('b', '2025-12-31T23:00:01Z'))).toEqual(['a', 'b']);
  });

  test('takes no part of an export that is being deleted', () => {
    const going = source('a', at(0));
    const metadata = { ...going.export.metadata, deletionTimestamp: at(9) };
    const exports = { valid: [], invalid: [] };
    expect(merge([{ ...going, export: { ...going.export, metadata } }])).toMatchObject({ exports, merged: undefined });
    expect(merge([]).merged).toBeUndefined();
  });

  test('tells members that are unknown from those of them that took part, and those whose endpoints expired', () => {
    const unknown = (member: string, expired = false): SourceView => ({ member, standing: 'unknown', expired });
    const sources = [
      source('a', at(0)),
      unknown('d'),
      unknown('c'),
      unknown('e', true),
      { ...source('f', at(1)), standing: 'expired' as const },
    ];
    const clusterset = merge(sources, ['d', 'c', 'gone']);
    expect(clusterset).toMatchObject({ missing: ['c', 'd'], frozen: true });
    expect([...clusterset.unknown].toSorted()).toEqual(['c', 'd', 'e']);
    expect([...clusterset.expired].toSorted()).toEqual(['e', 'f']);
    expect(merge(sources)).toMatchObject({ missing: [], frozen: false });
  });
});

test('the addresses of a Service are told by either field', () => {
  expect(clusterIPsOf(aService({ clusterIP: '10.0.0.1' }))).toEqual(['10.0.0.1']);
  expect(clusterIPsOf(aService({ clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1', 'fd00::1'] }))).toHaveLength(2);
  expect(clusterIPsOf(aService({ clusterIP: 'None', clusterIPs: ['None'] }))).toEqual([]);
  expect(clusterIPsOf({ ...aService(), spec: {} })).toEqual([]);
});
