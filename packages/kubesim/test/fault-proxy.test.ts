import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultProxy } from '../src/fault-proxy.ts';
import { systemClock } from '../src/machinery/system-clock.ts';
import { ManualClock } from '../src/manual-clock.ts';

/** A server that sends everything back twice, until it receives `bye`. */
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

/** Connects and collects the data received. */
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
  it('forwards data and the end of the stream in both directions', async () => {
    const { socket, received, ended } = await client();
    socket.write('ab');
    await expect.poll(received).toBe('abab');
    socket.write('bye');
    await expect.poll(ended).toBe('closed');
    expect(received()).toBe('ababadieu');
  });

  it('delivers nothing while it hangs, and everything in order afterwards', async () => {
    const { socket, received, ended } = await client();
    proxy.hang(true);
    const late = await client();
    socket.write('a');
    late.socket.write('c');
    // A round trip on a direct connection, in which the first ones would have got their responses.
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

  it('resets open connections and refuses new ones while it is shut, and reopens on the same port', async () => {
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

  it('leaves no socket behind, even of a connection that is ending', async () => {
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
    // The proxy has ended the socket, but the system has not yet.
    for (let tick = 0; tick < 5; tick++) await new Promise((resolve) => process.nextTick(resolve));
    await proxy.shut();
    await expect.poll(sockets).toBe(0);
  });

  it('delays data from the server, and the end of the stream', async () => {
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

  it('reports that its port is in use', async () => {
    const second = new FaultProxy({ target, clock: systemClock });
    await expect(second.open(proxy.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
