import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultProxy } from '../src/fault-proxy.ts';
import { systemClock } from '../src/machinery/system-clock.ts';
import { ManualClock } from '../src/manual-clock.ts';

/** A server that says everything twice, until it is told `bye`. */
const server = createServer((socket) => {
  socket.on('data', (data) => {
    if (data.toString() === 'bye') socket.end('adieu');
    else socket.write(`${data}${data}`);
  });
  socket.on('error', () => {});
});
let target: number;
let proxy: FaultProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  if (!server.listening) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  target = address.port;
  proxy = new FaultProxy({ target, clock: systemClock });
  await proxy.open(0);
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  server.close();
});

/** Connects and keeps what comes in. */
async function client(port = proxy.port): Promise<{ socket: Socket; received: () => string; ended: () => string }> {
  const socket = connect(port, '127.0.0.1');
  clients.push(socket);
  let received = '';
  let ended = '';
  socket.on('data', (data) => {
    received += data;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    ended = error.code ?? 'error';
  });
  socket.on('close', () => {
    ended ||= 'closed';
  });
  await once(socket, 'connect');
  return { socket, received: () => received, ended: () => ended };
}

describe('a proxy', () => {
  it('passes on what both sides send, and the end', async () => {
    const { socket, received, ended } = await client();
    socket.write('ab');
    await expect.poll(received).toBe('abab');
    socket.write('bye');
    await expect.poll(ended).toBe('closed');
    expect(received()).toBe('ababadieu');
  });

  it('lets nothing through while it hangs, and all of it afterwards, in order', async () => {
    const { socket, received, ended } = await client();
    proxy.hang(true);
    const late = await client();
    socket.write('a');
    late.socket.write('c');
    // A round trip of another connection to the same server: time enough for the first ones to have answered.
    const direct = await client(target);
    direct.socket.write('x');
    await expect.poll(direct.received).toBe('xx');
    expect([received(), late.received(), ended()]).toEqual(['', '', '']);
    proxy.hang(false);
    await expect.poll(received).toBe('aa');
    await expect.poll(late.received).toBe('cc');
    socket.write('bye');
    await expect.poll(ended).toBe('closed');
  });

  it('resets what is open and refuses what is new while it is shut, and opens on the same port', async () => {
    const { ended } = await client();
    const { port } = proxy;
    await proxy.shut();
    await expect.poll(ended).toBe('ECONNRESET');
    await expect(client()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.open();
    expect(proxy.port).toBe(port);
    const again = await client();
    again.socket.write('b');
    await expect.poll(again.received).toBe('bb');
  });

  it('leaves no socket behind, also of a connection that is just ending', async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    await expect.poll(sockets).toBe(0);
    const { socket } = await client();
    proxy.hang(true);
    socket.end();
    const direct = await client(target);
    direct.socket.write('x');
    await expect.poll(direct.received).toBe('xx');
    direct.socket.destroy();
    proxy.hang(false);
    // The proxy has said that it ends, and the system has not done it yet.
    for (let tick = 0; tick < 5; tick++) await new Promise((resolve) => process.nextTick(resolve));
    await proxy.shut();
    await expect.poll(sockets).toBe(0);
  });

  it('delays what the server sends, the end too', async () => {
    const clock = new ManualClock();
    const slow = new FaultProxy({ target, clock });
    await slow.open(0);
    try {
      slow.delay(500);
      const { socket, received, ended } = await client(slow.port);
      socket.write('a');
      await expect.poll(() => clock.sleeping).toBe(1);
      socket.write('bye');
      await clock.advance(499);
      expect(received()).toBe('');
      await clock.advance(1);
      await expect.poll(received).toMatch(/^aa/);
      await expect
        .poll(async () => {
          await clock.advance(500);
          return ended();
        })
        .toBe('closed');
      expect(received()).toBe('aaadieu');
      expect(slow.port).not.toBe(proxy.port);
    } finally {
      await slow.close();
    }
  });

  it('says that its port is in use', async () => {
    const second = new FaultProxy({ target, clock: systemClock });
    await expect(second.open(proxy.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
