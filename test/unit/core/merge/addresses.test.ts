import { expect, test } from 'vitest';
import type { AddressType } from '../../../../src/api/endpoint-slice.ts';
import { addressPolicy, refusal } from '../../../../src/core/merge/addresses.ts';

const ANY = addressPolicy([]);
const DECLARED = addressPolicy(['10.1.0.0/16', 'fd01::/16']);

test.each<[string, AddressType]>([
  ['10.1.2.3', 'IPv4'],
  ['192.168.0.1', 'IPv4'],
  ['100.64.0.1', 'IPv4'],
  ['8.8.8.8', 'IPv4'],
  ['fd01::1', 'IPv6'],
  ['2001:db8::1', 'IPv6'],
])('%s may be announced', (address, type) => {
  expect(refusal(address, type, ANY)).toBeUndefined();
});

test.each<[string, AddressType, string]>([
  ['127.0.0.1', 'IPv4', 'is loopback'],
  ['127.255.0.1', 'IPv4', 'is loopback'],
  ['169.254.169.254', 'IPv4', 'is link-local'],
  ['224.0.0.1', 'IPv4', 'is multicast'],
  ['0.0.0.0', 'IPv4', 'is unspecified'],
  ['255.255.255.255', 'IPv4', 'is the broadcast address'],
  ['::1', 'IPv6', 'is loopback'],
  ['::', 'IPv6', 'is unspecified'],
  ['fe80::1', 'IPv6', 'is link-local'],
  ['ff02::1', 'IPv6', 'is multicast'],
  ['::ffff:10.1.2.3', 'IPv6', 'is an IPv4 address written as IPv6'],
  ['fe80::1%eth0', 'IPv6', 'is not an IPv6 address'],
  ['10.1.2.3', 'IPv6', 'is not an IPv6 address'],
  ['fd01::1', 'IPv4', 'is not an IPv4 address'],
  ['0x7f.1', 'IPv4', 'is not an IPv4 address'],
  ['127.1', 'IPv4', 'is not an IPv4 address'],
  ['010.1.2.3', 'IPv4', 'is not an IPv4 address'],
  ['', 'IPv4', 'is not an IPv4 address'],
  ['example.com', 'FQDN', 'is a host name, and only IP addresses can be imported'],
])('%s in an %s slice may not: it %s', (address, type, reason) => {
  expect(refusal(address, type, ANY)).toBe(reason);
  expect(refusal(address, type, DECLARED)).toBeDefined();
});

test('where CIDRs are declared, an address has to be inside one of its family', () => {
  const outside = "is outside the member's declared CIDRs";
  expect(refusal('10.1.255.255', 'IPv4', DECLARED)).toBeUndefined();
  expect(refusal('10.2.0.0', 'IPv4', DECLARED)).toBe(outside);
  expect(refusal('fd01:2::3', 'IPv6', DECLARED)).toBeUndefined();
  expect(refusal('fd02::1', 'IPv6', DECLARED)).toBe(outside);
  expect(refusal('fd01::1', 'IPv6', addressPolicy(['10.0.0.0/8']))).toBe(outside);
});
