import { describe, expect, it } from 'vitest';
import { createServiceAllocator } from '../../src/resources/service-allocator.ts';

/** Allocates addresses as for stored Services. */
function take(allocator: ReturnType<typeof createServiceAllocator>, family: string): string {
  const address = allocator.claim().nextAddress(family);
  allocator.commit({ addresses: [address], ports: [] }, undefined);
  return address;
}

describe('addresses', () => {
  it('are allocated in order, above the range for static assignment', () => {
    const allocator = createServiceAllocator(['172.17.0.0/16', 'fd00:20:1::/108']);
    expect(allocator.primary).toBe('IPv4');
    expect([take(allocator, 'IPv4'), take(allocator, 'IPv4')]).toEqual(['172.17.1.1', '172.17.1.2']);
    expect([take(allocator, 'IPv6'), take(allocator, 'IPv6')]).toEqual(['fd00:20:1::101', 'fd00:20:1::102']);
  });

  it('are not allocated by a claim alone', () => {
    const allocator = createServiceAllocator(['172.17.0.0/16']);
    expect(allocator.claim().nextAddress('IPv4')).toBe(allocator.claim().nextAddress('IPv4'));
  });

  it('are not used again at once after they are released', () => {
    const allocator = createServiceAllocator(['172.17.0.0/16']);
    const address = take(allocator, 'IPv4');
    allocator.commit(undefined, { addresses: [address], ports: [] });
    expect(take(allocator, 'IPv4')).not.toBe(address);
  });

  it('are all allocated once, except for the network and broadcast addresses', () => {
    const allocator = createServiceAllocator(['10.0.0.0/28']);
    const all = Array.from({ length: 14 }, () => take(allocator, 'IPv4'));
    expect(new Set(all)).toEqual(new Set(Array.from({ length: 14 }, (_, i) => `10.0.0.${i + 1}`)));
    expect(() => take(allocator, 'IPv4')).toThrow('failed to allocate a serviceIP: range is full');
    allocator.commit(undefined, { addresses: ['10.0.0.7'], ports: [] });
    expect(take(allocator, 'IPv4')).toBe('10.0.0.7');
  });

  it('may be chosen if they are free and inside the range', () => {
    const allocator = createServiceAllocator(['10.0.0.0/24']);
    const problem = (address: string): string | undefined => allocator.claim().addressProblem('IPv4', address);
    expect(problem('10.0.0.1')).toBeUndefined();
    allocator.commit({ addresses: ['10.0.0.1'], ports: [] }, undefined);
    expect(problem('10.0.0.1')).toBe('provided IP is already allocated');
    const outside = 'is not in the valid range. The range of valid IPs is 10.0.0.0/24';
    for (const address of ['10.0.0.0', '10.0.0.255', '10.0.1.1', '9.255.255.255']) {
      expect(problem(address)).toBe(`the provided IP (${address}) ${outside}`);
    }
  });

  it('are exact in an IPv6 range larger than the exact integers', () => {
    const allocator = createServiceAllocator(['2001:db8::/64']);
    expect(take(allocator, 'IPv6')).toBe('2001:db8::101');
    expect(allocator.claim().addressProblem('IPv6', '2001:db8::101')).toBe('provided IP is already allocated');
    expect(allocator.primary).toBe('IPv6');
  });
});

describe('node ports', () => {
  it('are unique within a claim', () => {
    const claim = createServiceAllocator(['10.0.0.0/24']).claim();
    const ports = Array.from({ length: 50 }, () => claim.nextPort());
    expect(new Set(ports).size).toBe(50);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(30_000);
    expect(Math.max(...ports)).toBeLessThanOrEqual(32_767);
  });

  it('end', () => {
    const allocator = createServiceAllocator(['10.0.0.0/24']);
    const ports = Array.from({ length: 2768 }, (_, i) => 30_000 + i);
    allocator.commit({ addresses: [], ports }, undefined);
    expect(() => allocator.claim().nextPort()).toThrow('failed to allocate a nodePort: range is full');
    allocator.commit({ addresses: [], ports: ports.slice(1) }, { addresses: [], ports });
    expect(allocator.claim().nextPort()).toBe(30_000);
  });
});
