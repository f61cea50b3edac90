import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { expect, test } from 'vitest';
import { parseIP } from '../../../src/api/ip.ts';
import { isEmpty, lookup, rangeMap } from '../../../src/api/range-map.ts';

function found(map: ReturnType<typeof rangeMap<string>>, address: string): string | undefined {
  const ip = parseIP(address);
  return ip && lookup(map, ip);
}

test('a lookup finds the network of an address, at both ends and in both families', () => {
  const map = rangeMap([
    ['10.1.0.0/16', 'a'],
    ['10.2.0.0/32', 'b'],
    ['fd00:1::/32', 'c'],
  ]);
  expect(['10.0.255.255', '10.1.0.0', '10.1.255.255', '10.2.0.0', '10.2.0.1'].map((ip) => found(map, ip))).toEqual([
    undefined,
    'a',
    'a',
    'b',
    undefined,
  ]);
  expect(['fd00:1::', 'fd00:1:ffff:ffff:ffff:ffff:ffff:ffff', 'fd00:2::'].map((ip) => found(map, ip))).toEqual([
    'c',
    'c',
    undefined,
  ]);
});

test('networks of one value may be nested, equal or invalid', () => {
  const map = rangeMap([
    ['10.0.0.0/8', 'a'],
    ['10.1.0.0/16', 'a'],
    ['10.0.0.0/8', 'a'],
    ['nonsense', 'b'],
  ]);
  expect(found(map, '10.200.0.1')).toBe('a');
  expect(isEmpty(map)).toBe(false);
  expect(isEmpty(rangeMap([['10.0.0.0/33', true]]))).toBe(true);
});

test('a lookup agrees with a walk over all networks', () => {
  const octets = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 255 })));
  const cidr = fc.tuple(octets, fc.integer({ min: 1, max: 32 })).map(([parts, bits]) => `${parts.join('.')}/${bits}`);
  fc.assert(
    fc.property(fc.array(cidr, { maxLength: 8 }), octets, (cidrs, parts) => {
      const address = parts.join('.');
      const expected = cidrs.some((each) => ipaddr.parse(address).match(ipaddr.parseCIDR(each)));
      const ip = parseIP(address);
      expect(ip && lookup(rangeMap(cidrs.map((each) => [each, true] as const)), ip)).toBe(expected || undefined);
    }),
  );
});
