import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DnsMetrics } from '../../../../src/dns/server/dns-metrics.ts';
import { type DnsServer, type DnsServerOptions, openDnsServer } from '../../../../src/dns/server/dns-server.ts';
import { framed } from '../../../../src/dns/server/tcp-connection.ts';
import { RCODE } from '../../../../src/dns/wire/protocol.ts';
import { parseMessage } from '../../../../src/dns/wire/wire-message.ts';
import { Zone } from '../../../../src/dns/zone/zone.ts';
import { zoneImportOf, zoneSliceOf } from '../../../../src/dns/zone/zone-objects.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { askTcp, askUdp, type Target, TcpClient } from '../../../support/dns/clients.ts';
import { caseObjects, importedSlice, serviceImport } from '../../../support/dns/objects.ts';
import { questionOf, ZONE } from '../../../support/dns/served-zone.ts';
import { MemoryLogger } from '../../../support/memory-logger.ts';

const running: DnsServer[] = [];

async function start(options: Partial<DnsServerOptions> = {}, host = '127.0.0.1') {
  const zone = new Zone({ zone: ZONE, ttl: 5 });
  const crowd = Array.from({ length: 3000 }, (_, i) => ({ ip: `10.1.${i >> 8}.${i & 255}` }));
  const objects = [
    ...caseObjects('shop'),
    serviceImport('shop', 'crowd', 'Headless', []),
    importedSlice('shop', 'crowd', 'east', crowd, []),
  ];
  for (const object of objects) {
    if (object.kind === 'ServiceImport') zone.importChanged(undefined, zoneImportOf(object));
    else zone.sliceChanged(undefined, zoneSliceOf(object));
  }
  const logger = new MemoryLogger();
  const metrics = new DnsMetrics();
  const all = {
    zone,
    current: () => true,
    metrics,
    clock: systemClock,
    logger,
    monotonic: () => performance.now(),
    rateLimit: 0,
    ...options,
  };
  const server = await openDnsServer(all, { host, port: 0 });
  running.push(server);
  const target: Target = server.address;
  return { server, target, metrics, logger };
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server[Symbol.asyncDispose]()));
});

const ids = (client: TcpClient) => client.messages.map((message) => message.readUInt16BE(0));
const WEB = questionOf('web.shop.svc A', 1232, 77);

describe('the server', () => {
  it.each(['127.0.0.1', '::1'])('responds over UDP and TCP on %s', async (host) => {
    const { target } = await start({}, host);
    const [udp, tcp] = [await askUdp(target, WEB), await askTcp(target, WEB)];
    expect(udp?.equals(tcp)).toBe(true);
    expect(parseMessage(tcp)).toMatchObject({ id: 77, rcode: RCODE.NOERROR, answers: [{ data: '10.97.0.10' }] });
  });

  it('returns over TCP what is too long for UDP', async () => {
    const { target } = await start();
    const crowd = questionOf('crowd.shop.svc A');
    const udp = await askUdp(target, crowd);
    expect(udp?.length).toBeLessThanOrEqual(1232);
    expect((udp?.readUInt16BE(2) ?? 0) & 0x0200).toBe(0x0200);
    expect(parseMessage(await askTcp(target, crowd)).answers).toHaveLength(3000);
  });

  it('rejects with CTM_LISTEN if its address is in use', async () => {
    const { target } = await start();
    const options = {
      zone: new Zone({ zone: ZONE, ttl: 5 }),
      current: () => true,
      metrics: new DnsMetrics(),
      clock: systemClock,
      logger: new MemoryLogger(),
      monotonic: () => 0,
      rateLimit: 0,
    };
    await expect(openDnsServer(options, target)).rejects.toMatchObject({
      code: 'CTM_LISTEN',
      message: expect.stringContaining(`--listen 127.0.0.1:${target.port}`),
    });
    const other = { host: '::1', port: target.port };
    running.push(await openDnsServer(options, other));
    await expect(openDnsServer(options, other)).rejects.toThrow(`--listen [::1]:${target.port}`);
  });

  it('chooses a port that is free for both transports', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { target } = await start();
    expect(await askUdp(target, WEB)).toBeDefined();
    taken.close();
  });

  it('counts responses by transport, type and code, and measures their duration', async () => {
    const { metrics, target } = await start();
    await askUdp(target, WEB);
    await askUdp(target, questionOf('gone.shop.svc TYPE65280'));
    await askTcp(target, WEB);
    await askUdp(target, Buffer.from('not a query'), 50);
    metrics.gauge(() => ({ services: 1, names: 2, connections: 3, lostSeconds: 4 }));
    const text = await metrics.registry.metrics();
    for (const line of [
      'catamaran_dns_responses_total{transport="udp",type="A",rcode="NOERROR"} 1',
      'catamaran_dns_responses_total{transport="udp",type="other",rcode="NXDOMAIN"} 1',
      'catamaran_dns_responses_total{transport="tcp",type="A",rcode="NOERROR"} 1',
      'catamaran_dns_unanswered_total{reason="not-a-query"} 1',
      'catamaran_dns_response_seconds_count{transport="udp"} 2',
      'catamaran_dns_response_seconds_bucket{transport="udp",le="+Inf"} 2',
      'catamaran_dns_services 1',
      'catamaran_dns_names 2',
      'catamaran_dns_tcp_connections 3',
      'catamaran_dns_api_lost_seconds 4',
    ])
      expect(text.split('\n')).toContain(line);
  });

  it('returns SERVFAIL on an internal error, counts it, and logs it once', async () => {
    const failing = (): never => {
      throw new TypeError('a bug');
    };
    const { metrics, target, logger } = await start({ current: failing });
    const [udp, tcp] = [await askUdp(target, WEB), await askTcp(target, WEB)];
    for (const answer of [udp, tcp])
      expect(parseMessage(answer ?? Buffer.alloc(0))).toMatchObject({ id: 77, rcode: RCODE.SERVFAIL, answers: [] });
    expect(await metrics.registry.metrics()).toContain('catamaran_dns_unanswered_total{reason="fault"} 2');
    expect(logger.lines.map(({ level }) => level)).toEqual(['error']);
  });

  it('logs queries only with logQueries', async () => {
    const quiet = await start();
    await askUdp(quiet.target, WEB);
    expect(quiet.logger.lines).toEqual([]);
    const loud = await start({ logQueries: true });
    await askUdp(loud.target, WEB);
    expect(loud.logger.lines).toMatchObject([
      { fields: { client: '127.0.0.1', name: 'web.shop.svc.clusterset.local.', type: 'A', rcode: 'NOERROR' } },
    ]);
  });
});

describe('TCP connections of several clients', () => {
  const [GREEDY, GOOD] = ['127.0.1.1', '127.0.2.1'];

  it('of one network do not get those of another closed', async () => {
    const { server, target } = await start({ tcpLimits: { connections: 8 } });
    const good = new TcpClient(target, GOOD);
    await once(good.socket, 'connect');
    const greedy = Array.from({ length: 12 }, () => new TcpClient(target, GREEDY));
    await expect.poll(() => greedy.filter(({ closed }) => closed)).toHaveLength(5);
    expect(server.connections).toBe(8);
    const late = new TcpClient(target, GOOD);
    await expect.poll(() => greedy.filter(({ closed }) => closed)).toHaveLength(6);
    for (const client of [good, late]) client.send(WEB);
    await expect.poll(() => [good, late].map(({ messages }) => messages.length)).toEqual([1, 1]);
    for (const { socket } of [good, late, ...greedy]) socket.destroy();
  });

  it('that pipeline do not delay UDP, nor the connections of another network', async () => {
    const asked = { greedy: 0 };
    /** Queries of the greedy clients that were answered before each response to a good one. */
    const before: number[] = [];
    const { target } = await start({
      monotonic: () => 0,
      current: () => {
        asked.greedy++;
        return true;
      },
    });
    const each = 4_000;
    const burst = Array.from({ length: each }, () => WEB);
    const greedy = Array.from({ length: 8 }, () => new TcpClient(target, GREEDY));
    await Promise.all(greedy.map(({ socket }) => once(socket, 'connect')));
    for (const client of greedy) client.send(...burst);
    await expect.poll(() => asked.greedy).toBeGreaterThan(0);
    for (let probe = 0; probe < 5; probe++) {
      const sent = asked.greedy;
      await askUdp(target, WEB);
      before.push(asked.greedy - sent);
      const again = asked.greedy;
      const good = new TcpClient(target, GOOD);
      good.send(WEB);
      await expect.poll(() => good.messages.length, { interval: 1 }).toBe(1);
      before.push(asked.greedy - again);
      good.socket.destroy();
    }
    // Without turns, all that was read is answered first: thousands of queries.
    expect(Math.max(...before)).toBeLessThan(2_000);
    await expect
      .poll(() => greedy.map(({ messages }) => messages.length), { timeout: 30_000 })
      .toEqual(greedy.map(() => each));
    for (const { socket } of greedy) socket.destroy();
  }, 60_000);
});

describe('a TCP connection', () => {
  it('accepts pipelined queries in any segmentation, and answers them in order', async () => {
    const { target } = await start();
    const client = new TcpClient(target);
    const all = Array.from({ length: 50 }, (_, id) => questionOf('web.shop.svc A', 1232, id));
    const bytes = Buffer.concat(all.flatMap((each) => [Buffer.from([0, each.length]), each]));
    for (let at = 0; at < bytes.length; at += 7) {
      client.socket.write(bytes.subarray(at, at + 7));
      if (at % 70 === 0) await new Promise(setImmediate);
    }
    await expect.poll(() => client.messages.length).toBe(50);
    expect(ids(client)).toEqual(Array.from({ length: 50 }, (_, id) => id));
    client.socket.destroy();
  });

  it('that is half-closed by the client still gets all responses', async () => {
    const { target } = await start();
    const client = new TcpClient(target);
    client.send(WEB, WEB, questionOf('crowd.shop.svc A'));
    client.socket.end();
    await expect.poll(() => client.closed).toBe(true);
    expect(client.messages).toHaveLength(3);
  });

  it('that does not read responses makes the server buffer little, and gets the rest once it reads', async () => {
    const { metrics, target } = await start({ tcpLimits: { unsentBytes: 64 * 1024 } });
    const client = new TcpClient(target);
    client.socket.pause();
    const count = 400;
    for (let i = 0; i < count; i++) client.send(questionOf('crowd.shop.svc A', 1232, i));
    // Queries are answered up to the capacity of the socket buffers; the rest is not read.
    const answered = async () => Number(/type="A",rcode="NOERROR"} (\d+)/.exec(await metrics.registry.metrics())?.[1]);
    await expect.poll(answered).toBeGreaterThan(0);
    let last = -1;
    await vi.waitFor(
      async () => {
        const now = await answered();
        const settled = now === last;
        last = now;
        if (!settled) throw new Error('still answering');
      },
      { timeout: 5000, interval: 100 },
    );
    expect(last).toBeLessThan(count);
    client.socket.resume();
    await expect.poll(() => client.messages.length, { timeout: 10_000 }).toBe(count);
    client.socket.destroy();
  });

  it.each([
    ['shorter than a header', Buffer.from([0, 11, ...Array(11).fill(0)])],
    ['of no length', Buffer.from([0, 0])],
    ['longer than any query', Buffer.from([0xff, 0xff])],
  ])('with a message %s is closed', async (_, bytes) => {
    const { target } = await start();
    const client = new TcpClient(target);
    client.socket.write(bytes);
    await expect.poll(() => client.closed).toBe(true);
    expect(client.messages).toEqual([]);
  });

  it('with a message of no length gets the responses to earlier queries', async () => {
    const { target } = await start();
    const client = new TcpClient(target);
    client.socket.write(Buffer.concat([framed(WEB), framed(WEB), Buffer.from([0, 0])]));
    await expect.poll(() => client.closed).toBe(true);
    expect(client.messages).toHaveLength(2);
  });

  it('that is idle, or sends its query byte by byte, is closed', async () => {
    const { target } = await start({ tcpLimits: { idleMs: 300 } });
    const [silent, slow] = [new TcpClient(target), new TcpClient(target)];
    const drip = setInterval(() => slow.socket.write(Buffer.from([0])), 50);
    await expect.poll(() => [silent.closed, slow.closed], { timeout: 10_000 }).toEqual([true, true]);
    clearInterval(drip);
  });

  it('over the limit closes the one that has been idle longest', async () => {
    const { server, target } = await start({ tcpLimits: { connections: 3 } });
    const clients: TcpClient[] = [];
    for (let i = 0; i < 3; i++) {
      const client = new TcpClient(target);
      clients.push(client);
      client.send(WEB);
      await expect.poll(() => client.messages.length).toBe(1);
    }
    const [first, second, third] = clients;
    const moment = Date.now();
    await expect.poll(() => Date.now()).toBeGreaterThan(moment);
    first?.send(WEB);
    await expect.poll(() => first?.messages.length).toBe(2);
    const newcomer = new TcpClient(target);
    newcomer.send(WEB);
    await expect.poll(() => newcomer.messages.length).toBe(1);
    await expect.poll(() => second?.closed).toBe(true);
    expect([first?.closed, third?.closed, server.connections]).toEqual([false, false, 3]);
    for (const client of [first, third, newcomer]) client?.socket.destroy();
  });
});

describe('a server that stops', () => {
  it('sends pending responses, then accepts no more queries', async () => {
    const { server, target } = await start();
    const client = new TcpClient(target);
    client.send(WEB);
    await expect.poll(() => client.messages.length).toBe(1);
    client.send(questionOf('crowd.shop.svc A'));
    await expect.poll(() => client.messages.length).toBe(2);
    await server[Symbol.asyncDispose]();
    await expect.poll(() => client.closed).toBe(true);
    expect(client.messages.at(-1)?.length).toBeGreaterThan(48_000);
    expect(await askUdp(target, WEB, 100)).toBeUndefined();
    await expect(askTcp(target, WEB)).rejects.toThrow();
  });

  it('does not wait for clients that read nothing', async () => {
    const { server, target } = await start();
    const client = new TcpClient(target);
    client.socket.pause();
    for (let i = 0; i < 300; i++) client.send(questionOf('crowd.shop.svc A', 1232, i));
    await expect.poll(() => server.connections).toBe(1);
    await server[Symbol.asyncDispose]();
    await expect.poll(() => server.connections).toBe(0);
    client.socket.destroy();
  });
});
