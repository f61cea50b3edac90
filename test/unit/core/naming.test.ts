import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clustersetSliceName, derivedServiceName, derivedSliceName, isDnsLabel } from '../../../src/core/naming.ts';
import { exporting, joinedBy } from '../../support/core/scenarios.ts';

const label = fc.stringMatching(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);

describe('the name of a derived Service', () => {
  test('is prefix and name where that fits', () => {
    expect(derivedServiceName('amcs-', 'service1')).toBe('amcs-service1');
    expect(derivedServiceName('amcs-', 'x'.repeat(58))).toBe(`amcs-${'x'.repeat(58)}`);
  });

  test('of 63 characters is shortened, and never ends its head in a dash', () => {
    expect(derivedServiceName('amcs-', 'x'.repeat(63))).toMatch(/^amcs-x{47}-[0-9a-f]{10}$/);
    expect(derivedServiceName('amcs-', `${'x'.repeat(46)}-${'y'.repeat(16)}`)).toMatch(/^amcs-x{46}-[0-9a-f]{10}$/);
    expect(derivedServiceName('amcs-', `${'x'.repeat(45)}--${'y'.repeat(16)}`)).toMatch(/^amcs-x{45}-[0-9a-f]{10}$/);
  });

  test('is a DNS label, and two names never share one', () => {
    fc.assert(
      fc.property(label, label, (a, b) => {
        const [first, second] = [derivedServiceName('amcs-', a), derivedServiceName('amcs-', b)];
        expect(isDnsLabel(first) && /^[a-z]/.test(first)).toBe(true);
        expect(first === second).toBe(a === b);
      }),
    );
  });
});

test('the name of a derived slice depends on every part, and parts do not run together', () => {
  const parts = ['amcs-web', 'cluster1', 'shop', 'web-1', 'IPv4'] as const;
  const names = [
    derivedSliceName(...parts),
    derivedSliceName('amcs-app', 'cluster1', 'shop', 'web-1', 'IPv4'),
    derivedSliceName('amcs-web', 'cluster1s', 'hop', 'web-1', 'IPv4'),
    derivedSliceName('amcs-web', 'cluster1', 'shop', 'web-2', 'IPv4'),
    derivedSliceName('amcs-web', 'cluster1', 'shop', 'web-1', 'IPv6'),
  ];
  expect(new Set(names).size).toBe(names.length);
  expect(derivedSliceName(...parts)).toBe('amcs-web-fff1e19725450cc5');
  expect(derivedSliceName('x'.repeat(63), 'y'.repeat(63), 'z'.repeat(63), 's'.repeat(253), 'IPv4')).toHaveLength(80);
});

test('rule 14: the name tells member, namespace, slice and address type apart, and is the same every time', () => {
  const fleet = joinedBy(exporting());
  const names = fleet.member('cluster2').derivedSlices.map(({ metadata }) => metadata.name);
  expect(new Set(names).size).toBe(3);
  expect(fleet.member('cluster1').derivedSlices.map(({ metadata }) => metadata.name)).toEqual(names);
  expect(names.every((name) => /^amcs-web-[0-9a-f]{16}$/.test(name))).toBe(true);
});

test.each([
  ['cluster1', true],
  ['a', true],
  ['0-9', true],
  ['x'.repeat(63), true],
  ['x'.repeat(64), false],
  ['two.labels', false],
  ['Upper', false],
  ['-start', false],
  ['end-', false],
  ['', false],
])('rule 22: a member name is a single DNS label: %s', (name, valid) => {
  expect(isDnsLabel(name)).toBe(valid);
});

test('the parts of a split slice keep their names across versions, so that an upgrade creates none', () => {
  expect(clustersetSliceName('amcs-web-0123456789')).toBe('amcs-web-0123456789-clusterset');
});
