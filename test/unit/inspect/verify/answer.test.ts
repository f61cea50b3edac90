/** Requests to servers on loopback. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { send, sendMeasured } from '../../../../src/inspect/verify/answer.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function listen(server: Server): Promise<number> {
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const ask = (port: number, http: boolean, timeoutMs = 10_000, signal = new AbortController().signal) =>
  send(
    { host: '127.0.0.1', port, http },
    { clock: systemClock, monotonic: () => performance.now(), timeoutMs, signal },
  );

it('any status of HTTP is an answer', async () => {
  const port = await listen(createHttpServer((_, response) => response.writeHead(404).end('no')));
  expect(await ask(port, true)).toEqual({ reached: true, status: 404, latencyMs: expect.any(Number) });
});

it('a connection is enough for other protocols', async () => {
  const port = await listen(createServer((socket) => socket.on('error', () => {})));
  expect(await ask(port, false)).toEqual({ reached: true, latencyMs: expect.any(Number) });
});

it('a server that does not answer is not reached', async () => {
  const port = await listen(createServer((socket) => socket.on('error', () => {})));
  expect(await ask(port, true, 50)).toEqual({ reached: false, error: 'no response within 0.05 s' });
});

it('neither is a closed port', async () => {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  expect(await ask(port, false)).toEqual({ reached: false, error: expect.stringContaining('ECONNREFUSED') });
});

it('rejects if the command is stopped', async () => {
  const port = await listen(createServer((socket) => socket.on('error', () => {})));
  await expect(ask(port, true, 10_000, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
});

it('the latency is that of the faster of two requests', async () => {
  let requests = 0;
  const server = createHttpServer((_, response) => {
    requests += 1;
    response.end();
  });
  const port = await listen(server);
  const times = [0, 80.004, 100, 103.456];
  const monotonic = () => times.shift() ?? Number.NaN;
  const options = { clock: systemClock, monotonic, timeoutMs: 10_000, signal: new AbortController().signal };
  const endpoint = { host: '127.0.0.1', port, http: true };
  expect(await sendMeasured(endpoint, options)).toEqual({ reached: true, status: 200, latencyMs: 3.46 });
  expect(requests).toBe(2);
});
