/** The client's requests, against both API servers. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Service } from '../../src/api/core.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import {
  ApiError,
  isAbsent,
  isAlreadyExists,
  isConflict,
  isGone,
  isNotFound,
  isUnreachable,
} from '../../src/kube/client/api-errors.ts';
import type { KubeClient } from '../../src/kube/client/client.ts';
import { type ClusterAccess, staticCredentials } from '../../src/kube/kubeconfig/credentials.ts';
import { fileCredentials } from '../../src/kube/kubeconfig/file-credentials.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { onBothServers } from '../support/api-servers/both-servers.ts';
import { selfSigned } from '../support/certificates.ts';
import { FaultProxy, type Match } from '../support/fault-proxy.ts';
import { accessOf, CONFIG_MAPS, clientOf, configMap, newNamespace } from './api-clients.ts';

onBothServers((server) => {
  interface ConfigMap extends KubeObject {
    readonly data?: Readonly<Record<string, string>>;
  }

  let direct: KubeClient;
  let proxy: FaultProxy;
  let namespace: string;

  beforeAll(async () => {
    direct = clientOf(accessOf(server().access));
    proxy = await FaultProxy.start(server().access);
    namespace = await newNamespace(direct, 'http');
  });

  afterAll(async () => {
    await proxy.close();
    await direct.delete(RESOURCES.namespaces, { name: namespace });
    await direct.close();
  });

  /** Runs a test with a separate client through the proxy, and heals the proxy afterwards. */
  async function throughProxy(
    test: (client: KubeClient) => Promise<void>,
    options: { access?: Partial<ClusterAccess>; limits?: Parameters<typeof clientOf>[1] } = {},
  ): Promise<void> {
    const client = clientOf({ ...accessOf(server().access, proxy), ...options.access }, options.limits);
    try {
      await test(client);
    } finally {
      proxy.heal();
      await client.close();
    }
  }

  /** Requests for the object or collection of this name since `since`. */
  const at =
    (name: string): Match =>
    ({ path }) =>
      path.endsWith(`/${name}`);

  async function errorOf(promise: Promise<unknown>): Promise<ApiError> {
    const error: unknown = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof ApiError)) throw new Error(`not an ApiError: ${String(error)}`);
    return error;
  }

  describe('objects', () => {
    it('are created, read, updated, listed and deleted', async () => {
      const made = await direct.create<ConfigMap>(CONFIG_MAPS, namespace, configMap('crud', { a: '1' }));
      expect(made).toMatchObject({ kind: 'ConfigMap', metadata: { name: 'crud', namespace } });
      expect(await direct.get(CONFIG_MAPS, { namespace, name: 'crud' })).toEqual(made);

      const updated = await direct.update<ConfigMap>(CONFIG_MAPS, {
        ...configMap('crud', { a: '2' }),
        metadata: { name: 'crud', namespace },
      });
      expect(updated.data).toEqual({ a: '2' });
      const { items } = await direct.list<ConfigMap>(CONFIG_MAPS, { namespace, fieldSelector: 'metadata.name=crud' });
      expect(items).toEqual([updated]);

      expect(await direct.delete(CONFIG_MAPS, { namespace, name: 'crud' })).toBe(true);
      expect(await direct.delete(CONFIG_MAPS, { namespace, name: 'crud' })).toBe(false);
      const missing = await errorOf(direct.get(CONFIG_MAPS, { namespace, name: 'crud' }));
      expect(isNotFound(missing)).toBe(true);
      expect(isAbsent(missing)).toBe(true);
      expect(missing.message).toBe(
        `cluster east: get configmaps ${namespace}/crud: 404 NotFound: configmaps "crud" not found`,
      );
    });

    it('are selected by label', async () => {
      for (const [name, tier] of [
        ['front-1', 'front'],
        ['front-2', 'front'],
        ['back', 'back'],
      ]) {
        const object = configMap(`label-${name}`);
        await direct.create(CONFIG_MAPS, namespace, {
          ...object,
          metadata: { name: `label-${name}`, labels: { tier } },
        });
      }
      const { items } = await direct.list(CONFIG_MAPS, { namespace, labelSelector: 'tier in (front)' });
      expect(items.map(({ metadata }) => metadata.name)).toEqual(['label-front-1', 'label-front-2']);
    });

    it('have the field manager catamaran', async () => {
      await direct.create(CONFIG_MAPS, namespace, configMap('managed', { a: '1' }));
      const object: unknown = await direct.get(CONFIG_MAPS, { namespace, name: 'managed' });
      expect(object).toMatchObject({ metadata: { managedFields: [{ manager: 'catamaran' }] } });
    });

    it('cannot be created twice', async () => {
      await direct.create(CONFIG_MAPS, namespace, configMap('twice'));
      const error = await errorOf(direct.create(CONFIG_MAPS, namespace, configMap('twice')));
      expect(isAlreadyExists(error)).toBe(true);
      expect(isConflict(error)).toBe(false);
      expect(error.message).toContain(`create configmaps ${namespace}/twice: 409 AlreadyExists`);
    });

    it('of a resource that is not served are not found', async () => {
      const widgets = { ...CONFIG_MAPS, group: 'missing.example', plural: 'widgets' };
      const error = await errorOf(direct.list(widgets));
      expect(isNotFound(error)).toBe(true);
      expect(error.message).toBe(
        'cluster east: list widgets.missing.example: 404 NotFound: the server does not serve this resource',
      );
      // The response is not about the object.
      expect(isAbsent(await errorOf(direct.get(widgets, { namespace, name: 'x' })))).toBe(false);
      expect(isNotFound(await errorOf(direct.delete(widgets, { namespace, name: 'x' })))).toBe(true);
    });

    it('that are invalid are rejected with the causes', async () => {
      const error = await errorOf(direct.create(CONFIG_MAPS, namespace, configMap('Not_A_Name')));
      expect(error).toMatchObject({ code: 'CTM_API_STATUS', status: 422, reason: 'Invalid' });
      expect(error.causes).toMatchObject([{ field: 'metadata.name', reason: 'FieldValueInvalid' }]);
    });

    it('are rejected in a terminating namespace', async () => {
      const going = await newNamespace(direct, 'going');
      const held = { ...configMap('held'), metadata: { name: 'held', finalizers: ['catamaran.dev/test'] } };
      await direct.create(CONFIG_MAPS, going, held);
      await direct.delete(RESOURCES.namespaces, { name: going });
      const error = await errorOf(direct.create(CONFIG_MAPS, going, configMap('late')));
      expect(error).toMatchObject({ status: 403, causes: [{ reason: 'NamespaceTerminating' }] });
      await direct.patch(CONFIG_MAPS, { namespace: going, name: 'held' }, { metadata: { finalizers: null } });
    });
  });

  describe('patches', () => {
    it('merge: sets fields, removes null ones, keeps the rest', async () => {
      await direct.create(CONFIG_MAPS, namespace, configMap('merge', { keep: '1', drop: '2' }));
      const object = { namespace, name: 'merge' };
      const patched = await direct.patch<ConfigMap>(CONFIG_MAPS, object, { data: { drop: null, add: '3' } });
      expect(patched.data).toEqual({ keep: '1', add: '3' });
    });

    it('merge: fails on a version other than the given one', async () => {
      const { metadata } = await direct.create(CONFIG_MAPS, namespace, configMap('merge-version'));
      const object = { namespace, name: 'merge-version' };
      const patch = { metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion }, data: { a: '1' } };
      await direct.patch(CONFIG_MAPS, object, patch);
      expect(isConflict(await errorOf(direct.patch(CONFIG_MAPS, object, { ...patch, data: { a: '2' } })))).toBe(true);
    });

    it('json: operations in order', async () => {
      await direct.create(CONFIG_MAPS, namespace, configMap('json', { a: '1' }));
      const operations = [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'replace', path: '/data/a', value: '2' },
        { op: 'add', path: '/data/b', value: '3' },
      ];
      const object = { namespace, name: 'json' };
      const patched = await direct.patch<ConfigMap>(CONFIG_MAPS, object, operations, { kind: 'json' });
      expect(patched.data).toEqual({ a: '2', b: '3' });
    });

    it('apply: creates the object, and removes fields that are no longer applied', async () => {
      const object = { namespace, name: 'apply' };
      const first = { ...configMap('apply', { a: '1', b: '2' }) };
      await direct.patch(CONFIG_MAPS, object, first, { kind: 'apply' });
      const second = await direct.patch<ConfigMap>(CONFIG_MAPS, object, configMap('apply', { a: '1' }), {
        kind: 'apply',
      });
      expect(second.data).toEqual({ a: '1' });
    });

    it('apply: takes over a field of another manager only with force', async () => {
      const object = { namespace, name: 'forced' };
      await direct.create(CONFIG_MAPS, namespace, configMap('forced', { a: 'theirs' }));
      const ours = configMap('forced', { a: 'ours' });
      // The create above was an Update by catamaran, which is not the same manager as its Apply.
      expect(isConflict(await errorOf(direct.patch(CONFIG_MAPS, object, ours, { kind: 'apply' })))).toBe(true);
      const forced = await direct.patch<ConfigMap>(CONFIG_MAPS, object, ours, { kind: 'apply', force: true });
      expect(forced.data).toEqual({ a: 'ours' });
    });

    it('status: changes only the status', async () => {
      const spec = { ports: [{ port: 80 }] };
      const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'status' }, spec };
      const { metadata } = await direct.create<Service>(RESOURCES.services, namespace, service);
      const condition = {
        type: 'Tested',
        status: 'True',
        reason: 'Yes',
        message: '',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      };
      const patch = { spec: { sessionAffinity: 'ClientIP' }, status: { conditions: [condition] } };
      const object = { namespace, name: 'status' };
      const patched = await direct.patch<Service>(RESOURCES.services, object, patch, { subresource: 'status' });
      expect(patched).toMatchObject({ spec: { sessionAffinity: 'None' }, status: { conditions: [condition] } });

      const { resourceVersion } = patched.metadata;
      const updated = await direct.update(
        RESOURCES.services,
        {
          ...service,
          metadata: { name: 'status', namespace, uid: metadata.uid, resourceVersion },
          status: { conditions: [] },
        },
        { subresource: 'status' },
      );
      expect(updated).toMatchObject({ status: expect.not.objectContaining({ conditions: [condition] }) });
    });
  });

  describe('preconditions', () => {
    it('an update of an old version is a conflict', async () => {
      const { metadata } = await direct.create(CONFIG_MAPS, namespace, configMap('old'));
      const { resourceVersion } = metadata;
      const object = (a: string) => ({
        ...configMap('old', { a }),
        metadata: { name: 'old', namespace, resourceVersion },
      });
      await direct.update(CONFIG_MAPS, object('1'));
      expect(isConflict(await errorOf(direct.update(CONFIG_MAPS, object('2'))))).toBe(true);
    });

    it('a delete of another object or version is a conflict', async () => {
      const { metadata } = await direct.create(CONFIG_MAPS, namespace, configMap('precious'));
      const object = { namespace, name: 'precious' };
      const foreign = direct.delete(CONFIG_MAPS, object, { uid: '00000000-0000-0000-0000-000000000000' });
      expect(isConflict(await errorOf(foreign))).toBe(true);
      await direct.patch(CONFIG_MAPS, object, { data: { a: '1' } });
      const stale = direct.delete(CONFIG_MAPS, object, { resourceVersion: metadata.resourceVersion ?? '' });
      expect(isConflict(await errorOf(stale))).toBe(true);
      expect(await direct.delete(CONFIG_MAPS, object, { uid: metadata.uid ?? '' })).toBe(true);
    });
  });

  describe('lists', () => {
    const COUNT = 1_100;
    let many: string;

    beforeAll(async () => {
      many = await newNamespace(direct, 'many');
      await Promise.all(Array.from({ length: COUNT }, (_, i) => direct.create(CONFIG_MAPS, many, configMap(`c-${i}`))));
    });

    afterAll(() => direct.delete(RESOURCES.namespaces, { name: many }));

    // kube-controller-manager adds a ConfigMap to every namespace.
    const ours = (items: readonly KubeObject[]) => items.filter(({ metadata }) => metadata.name.startsWith('c-'));

    it('are read in pages of 500, all of the same version', () =>
      throughProxy(async (client) => {
        const pages = await Array.fromAsync(client.pages(CONFIG_MAPS, { namespace: many }));
        expect(pages.map(({ items }) => items.length).slice(0, 2)).toEqual([500, 500]);
        expect(new Set(pages.map(({ resourceVersion }) => resourceVersion)).size).toBe(1);
        const list = await client.list(CONFIG_MAPS, { namespace: many });
        expect(ours(list.items)).toHaveLength(COUNT);
        expect(list.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
        expect(proxy.count(({ query, path }) => path.includes(many) && query.get('limit') === '500')).toBe(6);
      }));

    it('start over if the continue token has expired', () =>
      throughProxy(async (client) => {
        proxy.inject(({ verb }) => verb === 'page', { kind: 'answer', status: 410 }, 1);
        const { items } = await client.list(CONFIG_MAPS, { namespace: many });
        expect(ours(items)).toHaveLength(COUNT);
        expect(new Set(items.map(({ metadata }) => metadata.uid)).size).toBe(items.length);
      }));

    it('fail if it expires repeatedly', () =>
      throughProxy(async (client) => {
        proxy.inject(({ verb }) => verb === 'page', { kind: 'answer', status: 410 });
        expect(isGone(await errorOf(client.list(CONFIG_MAPS, { namespace: many })))).toBe(true);
      }));

    it('fail, and are never empty, if a page is incomplete', () =>
      throughProxy(async (client) => {
        proxy.inject(({ verb }) => verb === 'page', { kind: 'cut', afterBytes: 2_000 });
        expect(isUnreachable(await errorOf(client.list(CONFIG_MAPS, { namespace: many })))).toBe(true);
      }));
  });

  describe('a server that responds with Retry-After', () => {
    const retryAfter = { 'retry-after': '0' };

    it('429: the request is retried, even a create', () =>
      throughProxy(async (client) => {
        const creates = ({ verb, path }: Parameters<Match>[0]) => verb === 'create' && path.includes(namespace);
        proxy.inject(creates, { kind: 'answer', status: 429, headers: retryAfter }, 2);
        const before = proxy.count(creates);
        await client.create(CONFIG_MAPS, namespace, configMap('throttled'));
        expect(proxy.count(creates) - before).toBe(3);
      }));

    it('persistent 429: fails after some retries, with the time to wait', () =>
      throughProxy(
        async (client) => {
          proxy.inject(at('forever'), { kind: 'answer', status: 429, headers: retryAfter });
          const error = await errorOf(client.get(CONFIG_MAPS, { namespace, name: 'forever' }));
          expect(error).toMatchObject({ status: 429, reason: 'TooManyRequests', retryAfterMs: 0 });
          expect(proxy.count(at('forever'))).toBe(3);
        },
        { limits: { retries: 2 } },
      ));

    it('429 with a long wait: leaves the wait to the caller', () =>
      throughProxy(async (client) => {
        proxy.inject(at('long'), { kind: 'answer', status: 429, headers: { 'retry-after': '3600' } });
        const error = await errorOf(client.get(CONFIG_MAPS, { namespace, name: 'long' }));
        expect(error.retryAfterMs).toBe(3_600_000);
        expect(proxy.count(at('long'))).toBe(1);
      }));

    it('503: a read is retried, a create is not, since the server may have acted on it', () =>
      throughProxy(async (client) => {
        await direct.create(CONFIG_MAPS, namespace, configMap('busy'));
        proxy.inject(at('busy'), { kind: 'answer', status: 503, headers: retryAfter }, 1);
        await client.get(CONFIG_MAPS, { namespace, name: 'busy' });
        proxy.inject(at('configmaps'), { kind: 'answer', status: 503, headers: retryAfter }, 1);
        expect((await errorOf(client.create(CONFIG_MAPS, namespace, configMap('busy-2')))).status).toBe(503);
      }));
  });

  describe('a server that cannot be reached', () => {
    it('refuses connections: CTM_API_UNREACHABLE', async () => {
      const closed = createServer().listen(0, '127.0.0.1');
      await vi.waitFor(() => expect(closed.listening).toBe(true));
      const { port } = closed.address() as AddressInfo;
      await new Promise((resolve) => closed.close(resolve));
      const client = clientOf({ ...accessOf(server().access), server: `https://127.0.0.1:${port}` });
      const error = await errorOf(client.list(RESOURCES.services));
      expect(error).toMatchObject({ code: 'CTM_API_UNREACHABLE', status: 0 });
      expect(error.message).toBe(`cluster east: list services: connect ECONNREFUSED 127.0.0.1:${port}`);
      await client.close();
    });

    it('has a certificate of another CA: CTM_API_TLS', async () => {
      const client = clientOf({ ...accessOf(server().access), tls: { ca: selfSigned('somebody').cert } });
      const error = await errorOf(client.list(RESOURCES.services));
      expect(error).toMatchObject({ code: 'CTM_API_TLS', status: 0 });
      expect(error.message).toContain('cluster east: list services: ');
      await client.close();
    });

    it('has a certificate for another name: CTM_API_TLS, unless that name is expected', () =>
      throughProxy(
        async (client) => {
          expect((await errorOf(client.list(RESOURCES.services))).code).toBe('CTM_API_TLS');
          const named = clientOf({
            ...accessOf(server().access, proxy),
            tls: { ca: proxy.ca, serverName: 'faultproxy.test' },
          });
          await named.list(RESOURCES.services, { namespace });
          await named.close();
        },
        { access: { tls: { ca: proxy.ca, serverName: 'another.test' } } },
      ));

    it('does not respond: CTM_API_TIMEOUT', () =>
      throughProxy(
        async (client) => {
          proxy.inject(at('silent'), { kind: 'hang' });
          const error = await errorOf(client.get(CONFIG_MAPS, { namespace, name: 'silent' }));
          expect(error).toMatchObject({ code: 'CTM_API_TIMEOUT', status: 0 });
          expect(error.message).toBe(`cluster east: get configmaps ${namespace}/silent: no response within 0.2 s`);
        },
        { limits: { requestTimeoutMs: 200 } },
      ));

    it.each([
      [
        'an HTML page',
        200,
        { 'content-type': 'text/html' },
        '<html>Log in</html>',
        '200 with content type text/html, which is not JSON',
      ],
      [
        'other JSON',
        200,
        { 'content-type': 'application/json' },
        '{"ok":true}',
        'the response is not from a Kubernetes API server: not a list',
      ],
      [
        'broken JSON',
        200,
        { 'content-type': 'application/json' },
        '{"kind":"Li',
        '200 with content type application/json, which is not JSON',
      ],
      [
        'a redirect',
        302,
        { location: 'https://login.example', 'content-type': 'text/html' },
        '',
        '302 Found (text/html, not a Kubernetes Status)',
      ],
    ])('is not an API server, %s: CTM_API_PROTOCOL', (_what, status, headers, body, message) =>
      throughProxy(async (client) => {
        proxy.inject(at('services'), { kind: 'answer', status, headers, body });
        const error = await errorOf(client.list(RESOURCES.services, { namespace }));
        expect(error.code).toBe('CTM_API_PROTOCOL');
        expect(error.message).toBe(`cluster east: list services ${namespace}: ${message}`);
      }),
    );

    it('is a load balancer without a backend: the error has the status', () =>
      throughProxy(async (client) => {
        const headers = { 'content-type': 'text/plain' };
        proxy.inject(at('services'), { kind: 'answer', status: 502, headers, body: 'no upstream\n' });
        const error = await errorOf(client.list(RESOURCES.services, { namespace }));
        expect(error).toMatchObject({ code: 'CTM_API_STATUS', status: 502 });
        expect(error.message).toContain('502 Bad Gateway: no upstream');
        expect(isNotFound(error)).toBe(false);
      }));
  });

  describe('connections', () => {
    it('that were closed while idle do not fail a read', () =>
      throughProxy(async (client) => {
        await client.get(RESOURCES.namespaces, { name: namespace });
        proxy.inject(at(namespace), { kind: 'reset' }, 1);
        await client.get(RESOURCES.namespaces, { name: namespace });
      }));

    it('that break do not cause a write to be retried', () =>
      throughProxy(async (client) => {
        const creates: Match = ({ verb, path }) => verb === 'create' && path.includes(namespace);
        proxy.inject(creates, { kind: 'reset' }, 1);
        const before = proxy.count(creates);
        expect((await errorOf(client.create(CONFIG_MAPS, namespace, configMap('once')))).code).toBe(
          'CTM_API_UNREACHABLE',
        );
        expect(proxy.count(creates) - before).toBe(1);
      }));

    it('carry no more concurrent requests than allowed, in addition to watches', () =>
      throughProxy(
        async (client) => {
          const { resourceVersion } = await client.list(CONFIG_MAPS, { namespace });
          const stop = new AbortController();
          let events = 0;
          const watching = (async () => {
            const options = { namespace, timeoutSeconds: 60, resourceVersion, signal: stop.signal };
            for await (const _event of client.watch(CONFIG_MAPS, options)) events++;
          })();
          proxy.takePeak();
          await Promise.all(Array.from({ length: 40 }, () => client.get(RESOURCES.namespaces, { name: namespace })));
          expect(proxy.takePeak()).toBeLessThanOrEqual(4);
          await client.create(CONFIG_MAPS, namespace, configMap('watched'));
          await expect.poll(() => events).toBeGreaterThan(0);
          stop.abort(new Error('seen enough'));
          await expect(watching).rejects.toThrow('seen enough');
        },
        { limits: { inFlight: 4 } },
      ));

    it('are freed when a request is aborted, which rejects with the reason', () =>
      throughProxy(
        async (client) => {
          proxy.inject(at('slow'), { kind: 'hang' });
          const stop = new AbortController();
          const waiting = ['slow', 'slow'].map((name) =>
            client.get(CONFIG_MAPS, { namespace, name }, { signal: stop.signal }),
          );
          const ended = waiting.map((promise) => expect(promise).rejects.toThrow('given up'));
          await expect.poll(() => proxy.count(at('slow'))).toBe(1);
          stop.abort(new Error('given up'));
          await Promise.all(ended);
          await client.get(RESOURCES.namespaces, { name: namespace });
        },
        { limits: { inFlight: 1 } },
      ));

    it('are closed with the client', async () => {
      const client = clientOf(accessOf(server().access));
      await client.get(RESOURCES.namespaces, { name: namespace });
      await client.close();
      await expect(client.get(RESOURCES.namespaces, { name: namespace })).rejects.toThrow('the client is closed');
    });
  });

  describe('credentials', () => {
    it('an expired token file: 401, and the new content is used immediately', async () => {
      let token = 'expired';
      const credentials = fileCredentials({ tokenFile: '/token' }, async () => token, systemClock);
      const client = clientOf(accessOf(server().access, undefined, credentials));
      const error = await errorOf(client.list(RESOURCES.services, { namespace }));
      expect(error).toMatchObject({ status: 401, reason: 'Unauthorized' });
      expect(error.message).not.toContain('expired');

      token = server().access.token;
      await client.list(RESOURCES.services, { namespace });
      await client.close();
    });

    it('a token that the server no longer accepts is renewed within the request', () =>
      throughProxy(async (client) => {
        proxy.inject(at('services'), { kind: 'answer', status: 401 }, 1);
        await client.list(RESOURCES.services, { namespace });
      }));

    it('a rotated client certificate is presented on new connections', async () => {
      let current = selfSigned('first');
      const files = async (path: string) =>
        path === '/cert' ? current.cert : path === '/key' ? current.key : server().access.token;
      const credentials = fileCredentials(
        { certFile: '/cert', keyFile: '/key', tokenFile: '/token' },
        files,
        systemClock,
      );
      await throughProxy(
        async (client) => {
          await client.get(RESOURCES.namespaces, { name: namespace });
          current = selfSigned('second');
          proxy.inject(at(namespace), { kind: 'answer', status: 401 }, 1);
          await client.get(RESOURCES.namespaces, { name: namespace });
          const names = proxy.requests.filter(at(namespace)).map(({ clientName }) => clientName);
          expect(names.slice(-3)).toEqual(['first', 'first', 'second']);
        },
        { access: { credentials } },
      );
    });

    it('that cannot be loaded are reported with the request', async () => {
      const files = async () => {
        throw new Error('permission denied');
      };
      const client = clientOf(
        accessOf(server().access, undefined, fileCredentials({ tokenFile: '/token' }, files, systemClock)),
      );
      const error = await errorOf(client.list(RESOURCES.services, { namespace }));
      expect(error.code).toBe('CTM_CREDENTIALS');
      expect(error.message).toBe(`cluster east: list services ${namespace}: /token: cannot be read: permission denied`);
      await client.close();
    });

    it('are never in an error', async () => {
      const client = clientOf(accessOf(server().access, undefined, staticCredentials({ token: 'SECRET-TOKEN' })));
      const error = await errorOf(client.list(RESOURCES.services));
      expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain('SECRET-TOKEN');
      await client.close();
    });
  });

  it('sends its user agent', () =>
    throughProxy(async (client) => {
      await client.raw('/version');
      expect(proxy.requests.findLast(at('version'))?.headers['user-agent']).toMatch(/^catamaran\/\d+\.\d+\.\d+/);
    }));

  it('reads any path: JSON as JSON, text as text', async () => {
    expect(await direct.raw('/version')).toMatchObject({ major: '1' });
    expect(await direct.raw('/readyz')).toBe('ok');
    expect((await errorOf(direct.raw('/nowhere'))).message).toContain('cluster east: get /nowhere: 404');
  });
});
