import { describe, expect, test } from 'vitest';
import type { AddressType } from '../../../../src/api/endpoint-slice.ts';
import { rangeMap, rangeSet } from '../../../../src/api/range-map.ts';
import { refusal } from '../../../../src/core/addresses/address-policy.ts';
import { ANY, addressPolicy } from '../../../support/core/sources.ts';

const DECLARED = addressPolicy(['10.1.0.0/16', 'fd01::/32']);
const NONE = addressPolicy([], { any: false });

test.each<[string, AddressType]>([
  ['10.1.2.3', 'IPv4'],
  ['192.168.0.1', 'IPv4'],
  ['8.8.8.8', 'IPv4'],
  ['fd01::1', 'IPv6'],
  ['fd01:0::10.1.2.3', 'IPv6'],
  ['2600::1', 'IPv6'],
])('with addresses: Any, %s may be announced', (address, type) => {
  expect(refusal(address, type, ANY)).toBeUndefined();
});

const NEVER: readonly (readonly [address: string, type: AddressType, reason: string])[] = [
  ['127.0.0.1', 'IPv4', 'is loopback'],
  ['127.255.0.1', 'IPv4', 'is loopback'],
  ['169.254.169.254', 'IPv4', 'is link-local'],
  ['100.100.100.200', 'IPv4', 'is a metadata service (Alibaba Cloud)'],
  ['168.63.129.16', 'IPv4', 'is a metadata service (Azure)'],
  ['192.0.0.192', 'IPv4', 'is reserved for protocols'],
  ['192.88.99.1', 'IPv4', 'is a 6to4 relay'],
  ['224.0.0.1', 'IPv4', 'is multicast'],
  ['0.0.0.0', 'IPv4', 'is unspecified'],
  ['0.1.2.3', 'IPv4', 'is in "this network"'],
  ['255.255.255.255', 'IPv4', 'is the broadcast address'],
  ['::1', 'IPv6', 'is loopback'],
  ['::', 'IPv6', 'is unspecified'],
  ['fe80::1', 'IPv6', 'is link-local'],
  ['fec0::1', 'IPv6', 'is reserved'],
  ['ff02::1', 'IPv6', 'is multicast'],
  ['::ffff:10.1.2.3', 'IPv6', 'is an IPv4 address written as IPv6'],
  ['::ffff:7f00:1', 'IPv6', 'is an IPv4 address written as IPv6'],
  ['::127.0.0.1', 'IPv6', 'is an IPv4 address written as IPv6'],
  ['::7f00:1', 'IPv6', 'is reserved'],
  ['::ffff:0:127.0.0.1', 'IPv6', 'is reserved'],
  ['64:ff9b::a9fe:a9fe', 'IPv6', 'is an IPv4 address behind NAT64'],
  ['64:ff9b:1::a9fe:a9fe', 'IPv6', 'is an IPv4 address behind NAT64'],
  ['2002:7f00:1::', 'IPv6', 'is an IPv4 address in a 6to4 tunnel'],
  ['2001:0:4136:e378::1', 'IPv6', 'is an IPv4 address in a Teredo tunnel'],
  ['2001:10::1', 'IPv6', 'is reserved for protocols'],
  ['100::1', 'IPv6', 'is reserved'],
  ['4000::1', 'IPv6', 'is reserved'],
  ['5f00::1', 'IPv6', 'is reserved'],
  ['fd00:ec2::254', 'IPv6', 'is a metadata service (AWS)'],
  ['fd20:ce::254', 'IPv6', 'is a metadata service (Google Cloud)'],
  ['fe80::1%eth0', 'IPv6', 'is not an IPv6 address'],
  ['fd01::1%eth0', 'IPv6', 'is not an IPv6 address'],
  ['10.1.2.3', 'IPv6', 'is not an IPv6 address'],
  ['fd01::1', 'IPv4', 'is not an IPv4 address'],
  ['0x7f.1', 'IPv4', 'is not an IPv4 address'],
  ['0x0a010203', 'IPv4', 'is not an IPv4 address'],
  ['167838211', 'IPv4', 'is not an IPv4 address'],
  ['127.1', 'IPv4', 'is not an IPv4 address'],
  ['010.1.2.3', 'IPv4', 'is not an IPv4 address'],
  ['10.1.2.256', 'IPv4', 'is not an IPv4 address'],
  ['10.1.2.3 ', 'IPv4', 'is not an IPv4 address'],
  ['10.1.2.3/32', 'IPv4', 'is not an IPv4 address'],
  ['', 'IPv4', 'is not an IPv4 address'],
  ['example.com', 'FQDN', 'is a host name, and only IP addresses can be imported'],
];

test.each(NEVER)('rule 17: %s in an %s slice is never imported: it %s', (address, type, reason) => {
  const wide = ['0.0.0.0/1', '128.0.0.0/1', '::/1', '8000::/1'];
  for (const policy of [ANY, NONE, DECLARED, addressPolicy(wide)]) {
    const refused = refusal(address, type, policy);
    expect(refused?.reason).toBe(reason);
    expect(refused?.kind).toBe(type === 'FQDN' || reason.startsWith('is not an') ? 'invalid' : 'special');
  }
});

test.each<[string, AddressType, string]>([
  ['100.64.0.1', 'IPv4', '100.64.0.0/10'],
  ['198.18.0.1', 'IPv4', '198.18.0.0/15'],
  ['192.0.2.1', 'IPv4', '192.0.2.0/24'],
  ['198.51.100.1', 'IPv4', '198.51.100.0/24'],
  ['203.0.113.7', 'IPv4', '203.0.113.7/32'],
  ['240.0.0.1', 'IPv4', '240.0.0.0/8'],
  ['2001:db8::1', 'IPv6', '2001:db8::/32'],
  ['3fff::1', 'IPv6', '3fff::/20'],
])('rule 17: %s has a special meaning, so it is imported only if it is declared', (address, type, cidr) => {
  expect(refusal(address, type, addressPolicy([cidr]))).toBeUndefined();
  for (const policy of [ANY, NONE, DECLARED]) {
    const refused = refusal(address, type, policy);
    expect(refused?.kind).toBe('special');
    expect(refused?.reason).toMatch(/^is .*, and not declared for the member$/);
  }
});

describe('the networks of a member', () => {
  test('rule 17: if CIDRs are declared, an address has to be inside one of its family', () => {
    const outside = "is outside the member's declared CIDRs";
    expect(refusal('10.1.255.255', 'IPv4', DECLARED)).toBeUndefined();
    expect(refusal('10.2.0.0', 'IPv4', DECLARED)).toEqual({ kind: 'unknown', reason: outside });
    expect(refusal('fd01:0:2::3', 'IPv6', DECLARED)).toBeUndefined();
    expect(refusal('fd02::1', 'IPv6', DECLARED)?.reason).toBe(outside);
    expect(refusal('fd01::1', 'IPv6', addressPolicy(['10.0.0.0/8']))?.reason).toBe(outside);
  });

  test('rule 17: if none is declared, an address has to be in a network that the nodes report', () => {
    const reported = { endpoints: rangeSet(['10.7.1.0/24']), services: rangeSet(['10.7.0.0/16']) };
    expect(refusal('10.7.1.2', 'IPv4', NONE)).toEqual({
      kind: 'unknown',
      reason:
        'is refused because no networks of the member are known; declare podCIDRs or set addresses: Any in the fleet file',
    });
    const known = addressPolicy([], { any: false, reported: { ...reported, services: rangeSet([]) } });
    expect(refusal('10.7.1.2', 'IPv4', known)).toBeUndefined();
    expect(refusal('10.7.2.2', 'IPv4', known)?.reason).toContain("is outside the networks of the member's nodes");
    expect(refusal('10.7.1.2', 'IPv4', addressPolicy([], { reported }))).toEqual({
      kind: 'service',
      reason: "is in the member's Service network",
    });
  });

  const fleet = {
    endpoints: rangeMap([
      ['10.1.0.0/16', 'cluster1'],
      ['10.2.0.0/16', 'cluster2'],
      ['192.168.2.0/24', 'cluster2'],
    ]),
    services: rangeMap([['172.18.0.0/16', 'cluster2']]),
  };

  test.each([
    ['10.2.3.4', 'other', 'is in a network of "cluster2"'],
    ['192.168.2.1', 'other', 'is in a network of "cluster2"'],
    ['172.18.0.1', 'service', 'is in the Service network of "cluster2"'],
  ])(
    'rule 17: %s is declared for another member, so it is refused whatever the member is allowed',
    (address, kind, reason) => {
      const reported = { endpoints: rangeSet(['10.0.0.0/8', '172.16.0.0/12']), services: rangeSet([]) };
      const policies = [
        addressPolicy([], { fleet }),
        addressPolicy([], { fleet, any: false, reported }),
        addressPolicy(['10.1.0.0/16'], { fleet }),
      ];
      for (const policy of policies) expect(refusal(address, 'IPv4', policy)).toEqual({ kind, reason });
    },
  );

  test('rule 17: declared networks replace those that the nodes report', () => {
    const reported = { endpoints: rangeSet(['10.7.0.0/16']), services: rangeSet([]) };
    const policy = addressPolicy(['10.1.0.0/16'], { fleet, any: false, reported });
    expect(refusal('10.7.0.1', 'IPv4', policy)?.reason).toBe("is outside the member's declared CIDRs");
    expect(refusal('10.1.0.1', 'IPv4', policy)).toBeUndefined();
  });

  test('rule 17: no network of the member itself is one of another member', () => {
    expect(refusal('10.1.0.1', 'IPv4', addressPolicy([], { fleet, any: false }))?.kind).toBe('unknown');
  });

  test('rule 17: what a member reports about itself makes no address of another one refused', () => {
    const greedy = { endpoints: rangeSet(['10.1.0.0/16']), services: rangeSet(['10.1.0.0/16']) };
    const reported = { endpoints: rangeSet([]), services: rangeSet([]) };
    expect(
      refusal('10.1.2.3', 'IPv4', addressPolicy([], { member: 'cluster2', fleet, reported: greedy })),
    ).toBeDefined();
    expect(refusal('10.1.2.3', 'IPv4', addressPolicy(['10.1.0.0/16'], { fleet, reported }))).toBeUndefined();
  });
});
