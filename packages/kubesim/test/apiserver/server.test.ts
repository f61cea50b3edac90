/** Behavior that can only be tested in process: compaction, buffering, timeouts, reproducibility. */
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/machinery/json.ts';
import { bodyOf, eventsOf, localServer, SECRETS, secret } from '../support/local-server.ts';

const WATCH = `${SECRETS}?watch=1`;
const MINUTE = 60_000;

describe('compaction', () => {
  it('ends an earlier watch with an event', async () => {
    const { server, request } = localServer();
    const before = server.version();
    server.api.create('/secrets', secret('a'));
    server.compact();
    const events = await eventsOf(await request('GET', `${WATCH}&resourceVersion=${before}`));
    expect(events).toEqual([
      {
        type: 'ERROR',
        object: {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: `too old resource version: ${before} (${server.version()})`,
          reason: 'Expired',
          code: 410,
        },
      },
    ]);
  });

  it('of one resource does not affect others', async () => {
    const { server, request } = localServer();
    const before = server.version();
    server.api.create('/secrets', secret('a'));
    server.compact('/services');
    const answer = await request('GET', `${WATCH}&resourceVersion=${before}`);
    const events = await eventsOf(answer, (seen) => seen.length > 0);
    expect(events.map(({ type }) => type)).toEqual(['ADDED']);
  });

  it('ends paging, and offers an inconsistent continuation', async () => {
    const { server, request } = localServer();
    for (const name of ['a', 'b', 'c']) server.api.create('/secrets', secret(name));
    const first = bodyOf(await request('GET', `${SECRETS}?limit=1`));
    server.api.create('/secrets', secret('bb'));
    server.compact();
    const next = (page: Json): string => encodeURIComponent(String(Object(Object(page).metadata).continue));
    const answer = await request('GET', `${SECRETS}?limit=1&continue=${next(first)}`);
    expect(answer.status).toBe(410);
    const refused = bodyOf(answer);
    expect(refused).toMatchObject({ reason: 'Expired', message: expect.stringMatching(/^The provided continue para/) });
    const rest = bodyOf(await request('GET', `${SECRETS}?limit=9&continue=${next(refused)}`));
    const items = Array.isArray(rest.items) ? rest.items : [];
    expect(items.map((item: Json) => Object(Object(item).metadata).name)).toEqual(['b', 'bb', 'c']);
  });

  it('fails a list at exactly that version', async () => {
    const { server, request } = localServer();
    const before = server.version();
    server.api.create('/secrets', secret('a'));
    server.compact();
    const answer = await request('GET', `${SECRETS}?resourceVersion=${before}&resourceVersionMatch=Exact`);
    expect(answer.status).toBe(410);
    expect(bodyOf(answer)).toMatchObject({
      reason: 'Expired',
      message: 'The resourceVersion for the provided list is too old.',
    });
  });
});

describe('a watch', () => {
  it('sends a bookmark about every minute, and ends after its timeout', async () => {
    const { server, clock, request } = localServer();
    const from = server.version();
    const answer = await request('GET', `${WATCH}&allowWatchBookmarks=true&timeoutSeconds=200&resourceVersion=${from}`);
    const reading = eventsOf(answer);
    for (let minute = 0; minute < 4; minute++) {
      server.api.create('/configmaps', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `c${minute}`, namespace: 'default' },
      });
      await clock.advance(MINUTE);
    }
    const events = await reading;
    expect(events.length).toBeGreaterThanOrEqual(3);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['BOOKMARK']));
    const versions = events.map(({ object }) => Number(Object(Object(object).metadata).resourceVersion));
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect(versions.at(-1)).toBe(server.version());
    expect(clock.sleeping).toBe(0);
  });

  it('buffers events before the first read', async () => {
    const { server, request } = localServer();
    const answer = await request('GET', `${WATCH}&resourceVersion=${server.version()}`);
    server.api.create('/secrets', secret('a'));
    expect(await eventsOf(answer, (seen) => seen.length > 0)).toMatchObject([{ type: 'ADDED' }]);
  });

  it('ends after its timeout even without a reader', async () => {
    const { server, clock, request } = localServer();
    const answer = await request('GET', `${WATCH}&timeoutSeconds=10&resourceVersion=${server.version()}`);
    await clock.advance(11_000);
    expect(clock.sleeping).toBe(0);
    expect(await eventsOf(answer)).toEqual([]);
  });

  it('without bookmarks sends none', async () => {
    const { server, clock, request } = localServer();
    const answer = await request('GET', `${WATCH}&timeoutSeconds=200&resourceVersion=${server.version()}`);
    const reading = eventsOf(answer);
    await clock.advance(4 * MINUTE);
    expect(await reading).toEqual([]);
  });

  it('ends within an hour by default', async () => {
    const { server, clock, request } = localServer();
    const reading = eventsOf(await request('GET', `${WATCH}&resourceVersion=${server.version()}`));
    await clock.advance(60 * MINUTE);
    expect(await reading).toEqual([]);
  });

  it('ends when a slow reader exceeds the buffer', async () => {
    const { server, request } = localServer({ history: 10 });
    const answer = await request('GET', `${WATCH}&resourceVersion=${server.version()}`);
    if (typeof answer.body === 'string') throw new Error('no watch');
    const reader = answer.body[Symbol.asyncIterator]();
    const first = reader.next();
    for (let i = 0; i < 10_100; i++) {
      server.api.create('/secrets', secret('a'));
      server.api.delete('/secrets', { namespace: 'default', name: 'a' });
    }
    let ended = (await first).done === true;
    for (let reads = 0; !ended && reads < 3; reads++) ended = (await reader.next()).done === true;
    expect(ended).toBe(true);
  });

  it('ends with its request or with the server', async () => {
    const { server, clock, request } = localServer();
    const stop = new AbortController();
    const one = eventsOf(await request('GET', WATCH, { signal: stop.signal }));
    const two = eventsOf(await request('GET', WATCH));
    stop.abort();
    expect(await one).toEqual([]);
    server.close();
    expect(await two).toEqual([]);
    await clock.advance(0);
    expect(clock.sleeping).toBe(0);
  });
});

describe('a server', () => {
  it('is reproducible with the same clock and random source', async () => {
    const run = async (): Promise<string> => {
      const { server, request } = localServer({ seed: 7 });
      await request('POST', SECRETS, { body: JSON.stringify({ metadata: { generateName: 'g-' } }) });
      server.api.create('/services', {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 's', namespace: 'default' },
        spec: { ports: [{ port: 80 }], type: 'NodePort' },
      });
      const lists = await Promise.all([request('GET', SECRETS), request('GET', '/api/v1/services')]);
      return lists.map(({ body }) => body).join();
    };
    expect(await run()).toBe(await run());
  });

  it('delegates subresources to registered handlers', async () => {
    const { server, request } = localServer();
    server.api.create('/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'default' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });
    const log = '/api/v1/namespaces/default/pods/p/log';
    expect((await request('GET', log)).status).toBe(404);
    server.provide('/pods/log', ({ metadata }, query) => `${metadata.name} ${query.get('container')}\n`);
    expect(await request('GET', `${log}?container=c`)).toMatchObject({ status: 200, body: 'p c\n' });
    expect((await request('GET', log.replace('/p/', '/none/'))).status).toBe(404);
    expect((await request('DELETE', log)).status).toBe(405);
  });

  it('exposes only health and version without a token', async () => {
    const { server } = localServer();
    const ask = (path: string) => server.handle({ method: 'GET', path, headers: {} });
    expect((await ask('/readyz')).status).toBe(200);
    expect((await ask('/version')).status).toBe(200);
    const api = await ask('/api');
    expect([api.status, bodyOf(api).message]).toEqual([
      403,
      'forbidden: User "system:anonymous" cannot get path "/api"',
    ]);
    const list = await ask(SECRETS);
    expect([list.status, bodyOf(list).message]).toEqual([
      403,
      'secrets is forbidden: User "system:anonymous" cannot list resource "secrets" in API group "" in the namespace "default"',
    ]);
  });

  it.each(['//', '/api/v1/namespaces/%zz', '/api//v1', '?', '/apis/%2e%2e/v1/x'])(
    'handles the path %s',
    async (path) => {
      const { logger, request } = localServer();
      expect([200, 404]).toContain((await request('GET', path)).status);
      expect(logger.lines).toEqual([]);
    },
  );

  it('returns YAML, and indented JSON for interactive clients', async () => {
    const { request } = localServer();
    const yaml = await request('GET', '/api/v1/namespaces/default', { headers: { accept: 'application/yaml' } });
    expect(yaml.headers['content-type']).toBe('application/yaml');
    expect(yaml.body).toContain('kind: Namespace\n');
    const pretty = await request('GET', '/api/v1/namespaces/default?pretty=true');
    expect(pretty.body).toContain('\n  "kind": "Namespace"');
  });
});

describe('the ClusterApi', () => {
  it('reads and writes as over HTTP, without recording a field manager', () => {
    const { server } = localServer();
    const { api } = server;
    const made = api.create('/secrets', secret('a', { stringData: { x: 'y' } }));
    expect(made).toMatchObject({ data: { x: 'eQ==' }, type: 'Opaque' });
    expect(made.metadata.managedFields).toBeUndefined();
    expect(api.get('/secrets', { namespace: 'default', name: 'a' })).toBe(made);
    expect(api.update('/secrets', made)).toBe(made);
    const labelled = api.update('/secrets', { ...made, metadata: { ...made.metadata, labels: { a: 'b' } } });
    expect(api.list('/secrets', { labels: { a: 'b' } })).toEqual([labelled]);
    expect(api.list('/secrets', { namespace: 'other' })).toEqual([]);
    expect(() => api.update('/secrets', made)).toThrow('the object has been modified');
    expect(() => api.create('/secrets', secret('A'))).toThrow('Secret "A" is invalid: metadata.name');
    const key = { namespace: 'default', name: 'a' };
    expect(() => api.delete('/secrets', key, { uid: 'another' })).toThrow('the UID in the precondition');
    expect(api.delete('/secrets', key)).toBe(true);
    expect(api.delete('/secrets', key)).toBe(false);
  });

  it('notifies of changes in order, until the signal aborts', () => {
    const { server } = localServer();
    const { api } = server;
    const told: string[] = [];
    const stop = new AbortController();
    api.subscribe(({ resource, object, old }) => {
      told.push(`${resource} ${old ? 'old' : '-'} ${object ? 'new' : '-'}`);
    }, stop.signal);
    const made = api.create('/secrets', secret('a'));
    api.update('/secrets', { ...made, metadata: { ...made.metadata, labels: { a: 'b' } } });
    api.delete('/secrets', { namespace: 'default', name: 'a' });
    stop.abort();
    api.create('/secrets', secret('b'));
    expect(told).toEqual(['/secrets - new', '/secrets old new', '/secrets old -']);
  });
});

describe('Events', () => {
  it('expire an hour after their last write, which watches observe', async () => {
    const { server, clock, request } = localServer();
    const told = (name: string, count: number) => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace: 'default' },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'a' },
      reason: 'Odd',
      message: 'odd',
      type: 'Warning',
      count,
    });
    const names = () => server.api.list('/events').map(({ metadata }) => metadata.name);
    server.api.create('/events', told('a', 1));
    server.api.create('/events', told('b', 1));
    await clock.advance(30 * MINUTE);
    server.api.update('/events', told('a', 2));
    const from = server.version();
    await clock.advance(31 * MINUTE);
    expect(names()).toEqual(['a']);
    const watch = await request('GET', `/api/v1/namespaces/default/events?watch=1&resourceVersion=${from}`);
    const [event] = await eventsOf(watch, (seen) => seen.length > 0);
    expect(event).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'b' } } });
    await clock.advance(30 * MINUTE);
    expect(names()).toEqual([]);
    server.api.create('/events', told('a', 1));
    expect(names()).toEqual(['a']);
    await clock.advance(61 * MINUTE);
    expect(names()).toEqual([]);
  });
});
