/** What a client takes from a hostile API server, on a socket. */
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { RESOURCES } from '../../../../src/api/resources.ts';
import type { KubeClient } from '../../../../src/kube/client/client.ts';
import { type ClientLimits, createKubeClient } from '../../../../src/kube/client/http-client.ts';
import { staticCredentials } from '../../../../src/kube/kubeconfig/credentials.ts';
import { HostileApiServer, jsonResponse, type Misdeed } from '../../../support/hostile/hostile-api-server.ts';
import {
  endlessInformation,
  type HostileListener,
  listenHostile,
  manyHeaders,
} from '../../../support/hostile/hostile-listener.ts';
import { listsOf } from '../../../support/hostile/hostile-request.ts';
import { answer, drip, endlessList, hugeLine } from '../../../support/hostile/misdeeds.ts';
import { MemoryBody } from '../../../support/memory-body.ts';

const closing: (KubeClient | HostileListener)[] = [];
afterEach(async () => {
  for (const open of closing.splice(0)) await ('close' in open ? open.close() : open[Symbol.asyncDispose]());
});

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const ITEM = { metadata: { name: 'a', namespace: 'ns', resourceVersion: '1' } };

async function start(limits: Partial<ClientLimits> = {}) {
  const server = new HostileApiServer({
    send: async () => jsonResponse({ kind: 'List', metadata: { resourceVersion: '1' }, items: [] }),
    close: async () => {},
  });
  const listener = await listenHostile(server);
  const access = {
    server: listener.url,
    tls: {},
    credentials: staticCredentials({ token: 'secret' }),
    source: 'test',
  };
  const client = createKubeClient({ cluster: 'hostile', access, limits });
  closing.push(client, listener);
  return { server, listener, client };
}

const SERVICES = RESOURCES.services;

describe('a client of a hostile API server', () => {
  it('reads a response that is honest', async () => {
    const { client } = await start();
    await expect(client.list(SERVICES)).resolves.toEqual({ items: [], resourceVersion: '1' });
  });

  it('ends a request with informational responses without end', async () => {
    const { listener, client } = await start();
    listener.raw(() => true, endlessInformation);
    const error = await client.list(SERVICES).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CTM_MEMBER_BUDGET' });
    expect(String(error)).toContain('more than 10 informational responses');
  });

  it('ends a request with a mebibyte of headers', async () => {
    const { listener, client } = await start();
    listener.raw(() => true, manyHeaders(1_024));
    await expect(client.list(SERVICES)).rejects.toMatchObject({ code: 'CTM_API_PROTOCOL' });
  });

  it('ends a body without end, an error included', async () => {
    const { server, client } = await start();
    server.misbehave(listsOf('services'), endlessList(ITEM));
    await expect(client.list(SERVICES)).rejects.toMatchObject({ code: 'CTM_MEMBER_BUDGET' });
    server.misbehave(listsOf('services'), answer(500, {}, 'x'.repeat(5 * 1024 * 1024)));
    await expect(client.list(SERVICES)).rejects.toMatchObject({ code: 'CTM_MEMBER_BUDGET' });
    server.misbehave(({ path }) => path === '/version', hugeLine(62 * 1024 * 1024));
    await expect(client.raw('/version')).rejects.toMatchObject({ code: 'CTM_MEMBER_BUDGET' });
  });

  it('reads a compressed list, within the same limits', async () => {
    const { server, client } = await start();
    const compressed = (text: string): Misdeed => {
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
      return () => ({ statusCode: 200, headers, body: new MemoryBody(once(gzipSync(text))) });
    };
    const list = { kind: 'List', metadata: { resourceVersion: '7' }, items: [ITEM] };
    server.misbehave(listsOf('services'), compressed(JSON.stringify(list)));
    expect((await client.list(SERVICES)).items.map(({ metadata }) => metadata.name)).toEqual(['a']);
    expect(server.requests.at(-1)?.sent.headers['accept-encoding']).toBe('gzip');
    // A megabyte and more for a kilobyte.
    server.misbehave(
      listsOf('services'),
      compressed(JSON.stringify({ ...list, padding: 'x'.repeat(64 * 1024 * 1024) })),
    );
    await expect(client.list(SERVICES)).rejects.toMatchObject({ code: 'CTM_MEMBER_BUDGET' });
    server.misbehave(listsOf('services'), answer(200, { 'content-encoding': 'gzip' }, 'not compressed'));
    await expect(client.list(SERVICES)).rejects.toMatchObject({ code: 'CTM_API_PROTOCOL' });
  });

  it('ends a response that drips', async () => {
    const { server, client } = await start({ requestTimeoutMs: 200 });
    server.misbehave(
      listsOf('services'),
      drip(1, () => new Promise((resolve) => setTimeout(resolve, 50))),
    );
    await expect(client.list(SERVICES)).rejects.toMatchObject({ code: 'CTM_API_TIMEOUT' });
  });
});

describe('pages of a list', () => {
  /** A server with `count` objects of `bytes` each that honors `limit`. */
  async function paged(count: number, bytes: number, values: readonly number[] = []) {
    const { server, client } = await start();
    const limits: number[] = [];
    server.misbehave(listsOf('services'), ({ query }) => {
      const from = Number(query.get('continue') ?? 0);
      const limit = Number(query.get('limit'));
      limits.push(limit);
      const to = Math.min(count, from + limit);
      const items = Array.from({ length: to - from }, (_, index) => ({
        metadata: {
          name: `s-${from + index}`,
          namespace: 'ns',
          resourceVersion: '1',
          padding: 'x'.repeat(bytes),
          values,
        },
      }));
      const metadata = { resourceVersion: '1', ...(to < count && { continue: String(to) }) };
      return jsonResponse({ kind: 'List', metadata, items });
    });
    return { client, limits };
  }

  it('are smaller if the objects are large, and complete', async () => {
    const { client, limits } = await paged(100, 100_000);
    const { items } = await client.list(SERVICES);
    expect(new Set(items.map(({ metadata }) => metadata.name)).size).toBe(100);
    // 10 MB exceed the limit of a body three times.
    expect(limits).toEqual([500, 125, 32, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8]);
  });

  it('are smaller if the objects have many values', async () => {
    const { client, limits } = await paged(
      100,
      10,
      Array.from({ length: 3_000 }, () => 1),
    );
    expect((await client.list(SERVICES)).items).toHaveLength(100);
    expect(limits).toEqual([500, 125, 32, 32, 32, 32]);
  });

  it('stay as they are if the objects are small', async () => {
    const { client, limits } = await paged(1_200, 1_000);
    expect((await client.list(SERVICES)).items).toHaveLength(1_200);
    expect(limits).toEqual([500, 500, 500]);
  });

  it('fail for one object over the limit of a body', async () => {
    const { client } = await paged(3, 5 * 1024 * 1024);
    await expect(client.list(SERVICES)).rejects.toMatchObject({ code: 'CTM_MEMBER_BUDGET' });
  });
});
