import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { closeServer } from '../../../src/runtime/close-server.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const GRACE_MS = 1_000;
const opened: Socket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
});

/** A server with one connection. */
async function start() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const accepted = once(server, 'connection');
  const client = connect(address.port, '127.0.0.1');
  opened.push(client);
  client.on('error', () => {});
  const [socket]: Socket[] = await accepted;
  if (!socket) throw new Error('no connection');
  opened.push(socket);
  return { server, socket };
}

it('resolves as soon as the last connection ends, and leaves no timer', async () => {
  const { server, socket } = await start();
  const clock = new ManualClock();
  const closed = closeServer(server, clock, GRACE_MS, () => expect.unreachable());
  await clock.advance(GRACE_MS - 1);
  expect(server.listening).toBe(false);
  socket.destroy();
  await closed;
  expect(clock.sleeping).toBe(0);
});

it('destroys the connections that are open after the grace period', async () => {
  const { server, socket } = await start();
  const clock = new ManualClock();
  const closed = closeServer(server, clock, GRACE_MS, () => socket.destroy());
  await clock.advance(GRACE_MS - 1);
  expect(socket.destroyed).toBe(false);
  await clock.advance(1);
  await closed;
  expect(socket.destroyed).toBe(true);
});
