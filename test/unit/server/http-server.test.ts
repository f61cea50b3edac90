import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.ts';
import { type HttpServer, openHttpServer, routes } from '../../../src/server/http-server.ts';
import { ACTING } from '../../support/poison.ts';

const probes = (ready: boolean) => ({
  status: () => ({ ready, more: 1 }),
  registry: new Registry(),
  clock: systemClock,
});

const running: HttpServer[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(running.splice(0).map((server) => server[Symbol.asyncDispose]()));
});

describe('the routes', () => {
  it.each([
    [true, 200],
    [false, 503],
  ])('/readyz reports ready %s with status %i and the state', async (ready, status) => {
    const answer = await routes(probes(ready)).request('/readyz');
    expect([answer.status, await answer.json()]).toEqual([status, { ready, more: 1 }]);
  });

  it('/readyz shows every character of an error, and the JSON has the same value', async () => {
    const error = 'hidden \u001b[2J\u202e, \u009b';
    const app = routes({ ...probes(false), status: () => ({ ready: false, error }) });
    const text = await (await app.request('/readyz')).text();
    expect(text).not.toMatch(ACTING);
    expect(JSON.parse(text)).toEqual({ ready: false, error });
  });

  it('/healthz is healthy, and other paths are not found', async () => {
    const app = routes(probes(false));
    const codes = ['/healthz', '/metrics', '/', '/readyz/x'].map(async (path) => (await app.request(path)).status);
    expect(await Promise.all(codes)).toEqual([200, 200, 404, 404]);
  });
});

describe('openHttpServer', () => {
  it('fails with CTM_LISTEN, option and address if the address is in use', async () => {
    const server = await openHttpServer(probes(true), { host: '::1', port: 0 });
    running.push(server);
    await expect(openHttpServer(probes(true), server.address, '--http')).rejects.toMatchObject({
      code: 'CTM_LISTEN',
      message: expect.stringContaining(`--http [::1]:${server.address.port}: `),
    });
  });

  it('closes while clients hold connections with no request or an incomplete one', async () => {
    const server = await openHttpServer(probes(true), { host: '127.0.0.1', port: 0 });
    for (const text of ['', 'GET /readyz HT']) {
      const socket = connect(server.address.port, '127.0.0.1');
      sockets.push(socket);
      await once(socket, 'connect');
      socket.on('error', () => {});
      if (text !== '') socket.write(text);
    }
    const answer = await fetch(`http://127.0.0.1:${server.address.port}/healthz`);
    expect(await answer.text()).toBe('ok\n');
    await server[Symbol.asyncDispose]();
    await expect(fetch(`http://127.0.0.1:${server.address.port}/healthz`)).rejects.toThrow();
  });
});
