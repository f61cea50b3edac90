import { describe, expect, it } from 'vitest';
import { networkOf, RateLimit } from '../../../../src/dns/server/rate-limit.ts';
import { caseObjects } from '../../../support/dns/objects.ts';
import { questionOf, ServedZone } from '../../../support/dns/served-zone.ts';

describe('RateLimit', () => {
  it('allows a burst, then redirects every second query to TCP, and recovers over time', () => {
    const limit = new RateLimit(3);
    const verdicts = (now: number, count: number) => Array.from({ length: count }, () => limit.check('10.0.0.1', now));
    expect(verdicts(0, 7)).toEqual(['send', 'send', 'send', 'truncate', 'drop', 'truncate', 'drop']);
    expect(verdicts(334, 2)).toEqual(['send', 'truncate']);
    expect(verdicts(60_000, 4)).toEqual(['send', 'send', 'send', 'drop']);
  });

  it('limits each network separately', () => {
    const limit = new RateLimit(1);
    expect(['10.0.0.1', '10.0.0.2', '10.0.1.1'].map((ip) => limit.check(ip, 0))).toEqual(['send', 'truncate', 'send']);
  });

  it('tracks a bounded number of networks, the most recent ones', () => {
    const limit = new RateLimit(1);
    for (let i = 0; i < 5000; i++) limit.check(`10.${i >> 8}.${i & 255}.1`, i);
    expect(limit.check('10.0.0.1', 5000)).toBe('send');
    expect(limit.check('10.19.135.1', 5000)).not.toBe('drop');
  });

  it('keeps a network that is seen regularly', () => {
    const limit = new RateLimit(1);
    limit.check('10.0.0.1', 0);
    const verdicts = new Set<string>();
    for (let i = 0; i < 10_000; i++) {
      limit.check(`11.${i >> 8}.${i & 255}.1`, 0);
      if (i % 1000 === 0) verdicts.add(limit.check('10.0.0.1', 0));
    }
    expect([...verdicts].sort()).toEqual(['drop', 'truncate']);
  });

  it('is disabled by 0', () => {
    const limit = new RateLimit(0);
    expect(new Set(Array.from({ length: 1000 }, () => limit.check('10.0.0.1', 0)))).toEqual(new Set(['send']));
  });

  it.each([
    ['10.1.2.3', '10.1.2'],
    ['::ffff:10.1.2.3', '10.1.2'],
    ['fd00:1:2:34ff::1', 'fd00:1:2:34'],
    ['fd00:1:2:34aa:1:2:3:4', 'fd00:1:2:34'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
  ])('the network of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('a client over its rate', () => {
  it('is redirected to TCP with a response no longer than its query, and is served there', () => {
    const { responder } = new ServedZone(caseObjects('shop'), { rateLimit: 1 });
    const packet = questionOf('web.shop.svc A');
    const ask = (transport: 'udp' | 'tcp') => responder.respond(packet, '10.9.9.9', transport);
    expect(ask('udp')?.readUInt16BE(6)).toBe(1);
    const limited = ask('udp');
    expect(limited?.length).toBe(packet.length);
    expect((limited?.readUInt16BE(2) ?? 0) & 0x0200).toBe(0x0200);
    expect(ask('udp')).toBeUndefined();
    expect(ask('tcp')?.readUInt16BE(6)).toBe(1);
  });
});
