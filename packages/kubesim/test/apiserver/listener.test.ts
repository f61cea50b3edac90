/** The port of an API server: TLS, compression, slow readers, and shutdown. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { Agent } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCertificates } from '../../src/apiserver/certificates.ts';
import { type Listening, listen } from '../../src/apiserver/listener.ts';
import { linesOf } from '../support/lines.ts';
import { type LocalServer, localServer, SECRETS, secret, TOKEN } from '../support/local-server.ts';

const tls = await makeCertificates(Date.now());
const headers = { authorization: `Bearer ${TOKEN}` };
let closeAll: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closeAll) await close();
  closeAll = [];
});

async function open(): Promise<LocalServer & { origin: string; listening: Listening; agent: Agent }> {
  const local = localServer();
  const listening = await listen({ server: local.server, tls, port: 0, logger: local.logger });
  const agent = new Agent({ connect: { ca: tls.ca } });
  closeAll.push(() => listening.close());
  closeAll.push(() => agent.destroy());
  return { ...local, listening, agent, origin: `https://127.0.0.1:${listening.port}` };
}

describe('certificates', () => {
  it('are valid for loopback, and signed by their authority', () => {
    const cert = new X509Certificate(tls.cert);
    const ca = new X509Certificate(tls.ca);
    expect(cert.checkIssued(ca)).toBe(true);
    expect(cert.verify(ca.publicKey)).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect([cert.ca, ca.ca]).toEqual([false, true]);
    expect(cert.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(cert.checkIP('::1')).toBe('::1');
    expect(cert.checkHost('localhost')).toBe('localhost');
    expect(cert.checkHost('example.com')).toBeUndefined();
    expect(cert.validFromDate.getTime()).toBeLessThan(Date.now());
    expect(cert.validToDate.getTime()).toBeGreaterThan(Date.now() + 30 * 86_400_000);
    expect(cert.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  });

  it('have separate authorities', async () => {
    const { origin } = await open();
    const { ca } = await makeCertificates(Date.now());
    const stranger = new Agent({ connect: { ca } });
    closeAll.push(() => stranger.destroy());
    await expect(stranger.request({ origin, path: '/readyz', method: 'GET' })).rejects.toThrow(/certificate/);
  });
});

describe('a port', () => {
  it('speaks HTTP/1.1, also to clients that support HTTP/2', async () => {
    const { listening } = await open();
    const socket = connect({
      port: listening.port,
      host: '127.0.0.1',
      ca: tls.ca,
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
  });

  it('compresses large responses for clients that accept gzip', async () => {
    const { server, agent, origin } = await open();
    for (let i = 0; i < 200; i++)
      server.api.create('/secrets', secret(`s${i}`, { stringData: { a: 'x'.repeat(999) } }));
    const ask = async (encoding: string) => {
      const more = { ...headers, 'accept-encoding': encoding };
      const answer = await agent.request({ origin, path: SECRETS, method: 'GET', headers: more });
      return { encoding: answer.headers['content-encoding'], bytes: (await answer.body.bytes()).length };
    };
    const plain = await ask('identity');
    const zipped = await ask('gzip');
    expect([plain.encoding, zipped.encoding]).toEqual([undefined, 'gzip']);
    expect(zipped.bytes).toBeLessThan(plain.bytes / 5);
  });

  it('responds to HEAD without a body', async () => {
    const { agent, origin } = await open();
    const answer = await agent.request({ origin, path: SECRETS, method: 'HEAD', headers });
    expect(answer.statusCode).toBe(200);
    expect(await answer.body.text()).toBe('');
  });

  it('waits for a slow reader without losing data', async () => {
    const { server, agent, origin } = await open();
    const path = `${SECRETS}?watch=1&resourceVersion=${server.version()}`;
    const { body } = await agent.request({ origin, path, method: 'GET', headers, highWaterMark: 1 });
    const count = 3_000;
    for (let i = 0; i < count; i++)
      server.api.create('/secrets', secret(`s${i}`, { stringData: { a: 'x'.repeat(2_000) } }));
    let seen = 0;
    for await (const _event of linesOf(body)) if (++seen === count) break;
    expect(seen).toBe(count);
  });

  it('does not leak listeners with a repeatedly slow reader', async () => {
    const { server, agent, origin } = await open();
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    closeAll.push(async () => void process.off('warning', note));
    const path = `${SECRETS}?watch=1&resourceVersion=${server.version()}`;
    const { body } = await agent.request({ origin, path, method: 'GET', headers, highWaterMark: 1 });
    const events = linesOf(body);
    for (let i = 0; i < 20; i++) {
      server.api.create('/secrets', secret(`s${i}`, { stringData: { a: 'x'.repeat(500_000) } }));
      await events.next();
    }
    expect(warnings.map(String)).toEqual([]);
  });

  it('ends its watches when it is closed, and the server keeps running', async () => {
    const { server, agent, origin, listening, request } = await open();
    const { body } = await agent.request({ origin, path: `${SECRETS}?watch=1`, method: 'GET', headers });
    const ended = expect(body.text()).rejects.toThrow();
    await listening.close();
    await ended;
    await expect(agent.request({ origin, path: '/readyz', method: 'GET' })).rejects.toThrow(/ECONNREFUSED|closed/);
    server.api.create('/secrets', secret('a'));
    expect((await request('GET', SECRETS)).status).toBe(200);
  });

  it('reports that it is in use', async () => {
    const { server, listening, logger } = await open();
    await expect(listen({ server, tls, port: listening.port, logger })).rejects.toThrow('EADDRINUSE');
  });
});
