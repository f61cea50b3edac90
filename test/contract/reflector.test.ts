/** The reflector against both API servers, with faults injected by a proxy. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/api/json.ts';
import { asText, metadataOf } from '../../src/api/json.ts';
import { RESOURCES, type Resource } from '../../src/api/resources.ts';
import type { KubeClient } from '../../src/kube/client/client.ts';
import type { ClientLimits } from '../../src/kube/client/http-client.ts';
import { Reflector, type ReflectorLimits, type RestartReason } from '../../src/kube/watch/reflector.ts';
import type { ReflectorState, Sink } from '../../src/kube/watch/sink.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { featuresOf, onBothServers } from '../support/api-servers/both-servers.ts';
import { FaultProxy, type Match, type SeenRequest } from '../support/fault-proxy.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { accessOf, CONFIG_MAPS, clientOf, configMap, newNamespace } from './api-clients.ts';

const MODES = ['WatchList', 'LIST'] as const;

onBothServers((server, name) => {
  let direct: KubeClient;
  let proxy: FaultProxy;
  let namespace: string;
  let stopAll: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    direct = clientOf(accessOf(server().access));
    proxy = await FaultProxy.start(server().access);
  });

  beforeEach(async () => {
    namespace = await newNamespace(direct, 'reflector');
    proxy.heal();
    proxy.requests.length = 0;
  });

  afterEach(async () => {
    await Promise.all(stopAll.map((stop) => stop()));
    stopAll = [];
    await direct.delete(RESOURCES.namespaces, { name: namespace });
  });

  afterAll(async () => {
    await proxy.close();
    await direct.close();
  });

  /** The objects of a reflector, by name; a full list removes those that it does not contain. */
  class MapSink implements Sink {
    readonly objects = new Map<string, JsonObject>();
    /** Names of the calls, in order. */
    readonly calls: string[] = [];
    #seen = new Set<string>();

    listStarted(): void {
      this.calls.push('listStarted');
      this.#seen = new Set();
    }

    upserted(object: JsonObject): void {
      const name = nameOf(object);
      this.calls.push(`upserted ${name}`);
      if (name === 'poison') throw new TypeError('cannot be read');
      this.#seen.add(name);
      this.objects.set(name, object);
    }

    removed(object: JsonObject): void {
      const name = nameOf(object);
      this.calls.push(`removed ${name}`);
      this.objects.delete(name);
    }

    restarted(): void {
      this.calls.push('restarted');
    }

    listed(): void {
      this.calls.push('listed');
      for (const name of this.objects.keys()) if (!this.#seen.has(name)) this.objects.delete(name);
    }

    /** `name=value` of all objects of the tests. */
    get content(): string[] {
      const data = (object: JsonObject) => (object.data ? Object.values(object.data).join() : '');
      const ours = [...this.objects].filter(([name]) => name !== 'kube-root-ca.crt');
      return ours.map(([name, object]) => `${name}=${data(object)}`).sort();
    }

    get readings(): number {
      return this.calls.filter((call) => call === 'listed').length;
    }
  }

  function nameOf(object: JsonObject): string {
    return asText(metadataOf(object)?.name) ?? '';
  }

  interface Run {
    readonly reflector: Reflector;
    readonly sink: MapSink;
    readonly states: ReflectorState[];
    readonly restarts: RestartReason[];
    readonly log: MemoryLogger;
    stop(): Promise<void>;
  }

  /** Starts a reflector through the proxy. */
  function reflect(
    options: { resource?: Resource; limits?: Partial<ReflectorLimits>; client?: Partial<ClientLimits> } = {},
  ): Run {
    const client = clientOf(accessOf(server().access, proxy), options.client);
    const sink = new MapSink();
    const states: ReflectorState[] = [];
    const restarts: RestartReason[] = [];
    const log = new MemoryLogger();
    const reflector = new Reflector({
      client,
      resource: options.resource ?? CONFIG_MAPS,
      sink,
      logger: log,
      clock: systemClock,
      random: Math.random,
      namespace,
      // Short enough for a test, long enough to be distinguishable from no wait.
      limits: { backoffBaseMs: 20, backoffCapMs: 100, ...options.limits },
      onState: (state) => states.push(state),
      onRestart: (reason) => restarts.push(reason),
    });
    const abort = new AbortController();
    const done = reflector.run(abort.signal);
    const stop = async () => {
      abort.abort(new Error('the test is over'));
      await done;
      await client.close();
    };
    stopAll.push(stop);
    return { reflector, sink, states, restarts, log, stop };
  }

  const create = (name: string, value = '1') => direct.create(CONFIG_MAPS, namespace, configMap(name, { value }));
  const update = (name: string, value: string) => direct.patch(CONFIG_MAPS, { namespace, name }, { data: { value } });
  const remove = (name: string) => direct.delete(CONFIG_MAPS, { namespace, name });

  /** Requests for the objects in the test's namespace. */
  const ours = (...verbs: SeenRequest['verb'][]): Match => {
    return ({ verb, path }) => path.includes(namespace) && verbs.includes(verb);
  };
  /** A list of one object only asks which version the server is at. */
  const readings = () =>
    proxy.count((request) => ours('list', 'watchlist')(request) && request.query.get('limit') !== '1');
  const watches = () => proxy.count(ours('watch', 'watchlist'));

  async function holds(run: Run, ...content: string[]): Promise<void> {
    await expect.poll(() => run.sink.content, { timeout: 10_000 }).toEqual(content);
  }

  async function watching(run: Run): Promise<void> {
    await expect.poll(() => run.reflector.state.phase, { timeout: 10_000 }).toBe('watching');
  }

  /** After a LIST, the watch opens later than the state says; a change that arrives shows that it is open. */
  async function opened(run: Run): Promise<void> {
    await update('a', 'open');
    await holds(run, 'a=open');
  }

  /** Makes the server reject WatchList, like one with the feature gate disabled. */
  const withoutWatchList = () => proxy.inject(ours('watchlist'), { kind: 'answer', status: 422 });

  describe.each(featuresOf(name).watchList ? MODES : MODES.slice(1))('by %s', (mode) => {
    beforeEach(() => {
      if (mode === 'LIST') withoutWatchList();
    });

    it('delivers the initial state, then every change', async () => {
      await create('a');
      await create('b');
      const run = reflect();
      await watching(run);
      expect(run.sink.content).toEqual(['a=1', 'b=1']);
      expect(run.sink.calls[0]).toBe('listStarted');
      expect(run.sink.calls.at(-1)).toBe('listed');

      await create('c');
      await update('a', '2');
      await remove('b');
      await holds(run, 'a=2', 'c=1');
      expect(run.sink.readings).toBe(1);
      expect(proxy.count(ours('list'))).toBe(mode === 'LIST' ? 1 : 0);
    });

    it('delivers objects with apiVersion and kind', async () => {
      await create('a');
      const run = reflect();
      await holds(run, 'a=1');
      expect(run.sink.objects.get('a')).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    });

    it('delivers an empty state', async () => {
      const run = reflect({ resource: RESOURCES.services });
      await watching(run);
      expect(run.sink.calls).toContain('listed');
      expect(run.sink.objects.size).toBe(0);
    });

    it('resumes after a broken connection without a new list, and misses nothing', async () => {
      await create('a');
      const run = reflect();
      await watching(run);
      await create('b');
      await holds(run, 'a=1', 'b=1');
      const before = readings();
      for (const value of ['2', '3', '4']) {
        proxy.disconnect();
        await update('a', value);
        await holds(run, `a=${value}`, 'b=1');
      }
      expect(readings()).toBe(before);
      expect(run.sink.readings).toBe(1);
      expect(run.restarts).toContain('failed');
      // A broken connection that is reopened immediately does not count as a loss of the server.
      expect(run.states.map(({ phase }) => phase)).toEqual(['watching']);
    });

    it('detects by comparison objects that were deleted during an outage', async () => {
      await create('a');
      await create('b');
      const run = reflect();
      await watching(run);
      await proxy.down();
      await expect.poll(() => run.reflector.state.phase).toBe('lost');
      await remove('a');
      await create('c');
      expect(run.sink.content).toEqual(['a=1', 'b=1']);

      proxy.inject(ours('watch'), { kind: 'answer', status: 410 }, 1);
      await proxy.up();
      await holds(run, 'b=1', 'c=1');
      expect(run.sink.calls).not.toContain('removed a');
      expect(run.sink.readings).toBe(2);
      expect(run.restarts).toContain('expired');
    });

    it('lists again after 410 in the stream', async () => {
      const run = reflect();
      await watching(run);
      const expired = {
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        code: 410,
        reason: 'Expired',
        message: 'too old',
      };
      proxy.inject(
        ours('watch'),
        { kind: 'lines', each: () => [JSON.stringify({ type: 'ERROR', object: expired })] },
        1,
      );
      proxy.disconnect();
      // The stream is silent until the next change, which is then in the new list.
      await expect.poll(() => proxy.count(ours('watch'))).toBeGreaterThan(0);
      await create('a');
      await holds(run, 'a=1');
      await expect.poll(() => run.sink.readings).toBe(2);
      expect(run.restarts).toContain('expired');
    });

    it('keeps its objects during 500s, and resumes at its last version', async () => {
      await create('a');
      const run = reflect();
      await watching(run);
      const before = readings();
      const heal = proxy.inject(ours('list', 'watch', 'watchlist'), { kind: 'answer', status: 500 });
      proxy.disconnect();
      await expect.poll(() => run.reflector.state).toMatchObject({ phase: 'lost', error: { status: 500 } });
      const { since } = run.reflector.state as ReflectorState & { phase: 'lost' };
      await expect.poll(() => proxy.count(ours('list', 'watch'))).toBeGreaterThan(4);
      expect(run.reflector.state).toMatchObject({ since });
      await create('b');
      await remove('a');
      heal();
      await holds(run, 'b=1');
      await watching(run);
      expect(readings()).toBe(before);
      expect(run.sink.calls).toContain('removed a');
    });

    it('starts as soon as the server responds', async () => {
      await create('a');
      await proxy.down();
      const run = reflect();
      await expect
        .poll(() => run.reflector.state)
        .toMatchObject({ phase: 'starting', error: { code: 'CTM_API_UNREACHABLE' } });
      expect(run.sink.calls).not.toContain('listed');
      await proxy.up();
      await holds(run, 'a=1');
      await watching(run);
    });

    it.each([401, 403] as const)('%i: reports it, keeps its objects, and retries', async (status) => {
      await create('a');
      const run = reflect();
      await watching(run);
      const heal = proxy.inject(() => true, { kind: 'answer', status });
      proxy.disconnect();
      await expect.poll(() => run.reflector.state).toMatchObject({ phase: 'lost', error: { status } });
      expect(run.sink.content).toEqual(['a=1']);
      await create('b');
      heal();
      await holds(run, 'a=1', 'b=1');
    });

    it('waits for as long as Retry-After', async () => {
      const heal = proxy.inject(ours('list', 'watch', 'watchlist'), {
        kind: 'answer',
        status: 429,
        headers: { 'retry-after': '1' },
      });
      const run = reflect({ client: { retries: 0 } });
      await expect.poll(() => run.reflector.state).toMatchObject({ phase: 'starting', error: { status: 429 } });
      heal();
      await watching(run);
      expect(watches() + proxy.count(ours('list'))).toBeLessThanOrEqual(mode === 'LIST' ? 4 : 2);
    });

    it('starts over if the initial state is incomplete, and removes nothing', async () => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) await create(name);
      const run = reflect({ limits: { pageSize: 2 } });
      await holds(run, 'a=1', 'b=1', 'c=1', 'd=1', 'e=1');
      // The next two lists break after an object or two; the third is complete.
      if (mode === 'LIST') proxy.inject(ours('page'), { kind: 'answer', status: 410 }, 2);
      else proxy.inject(ours('watchlist'), { kind: 'lines', each: (line, index) => (index < 2 ? [line] : 'cut') }, 2);
      proxy.inject(ours('watch'), { kind: 'answer', status: 410 }, 1);
      const started = () => run.sink.calls.filter((call) => call === 'listStarted').length;
      const before = started();
      await remove('e');
      proxy.disconnect();
      await holds(run, 'a=1', 'b=1', 'c=1', 'd=1');
      await expect.poll(() => run.sink.readings).toBe(2);
      expect(started() - before).toBe(3);
    });

    it('skips an object that the sink rejects, and continues', async () => {
      await create('poison');
      await create('a');
      const run = reflect();
      await watching(run);
      await update('poison', '2');
      await update('a', '2');
      await holds(run, 'a=2');
      const errors = run.log.lines.filter(({ level }) => level === 'error');
      expect(errors[0]).toMatchObject({ fields: { object: { namespace, name: 'poison' } } });
      expect(run.sink.readings).toBe(1);
    });
  });

  describe('watching', () => {
    it('renews a stream that the server ends regularly, without a wait', async () => {
      await create('a');
      const run = reflect({
        limits: {
          shortStreamMs: 500,
          minWatchSeconds: 1,
          maxWatchSeconds: 1,
          backoffBaseMs: 60_000,
          backoffCapMs: 60_000,
        },
      });
      await expect.poll(() => watches(), { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
      await update('a', '2');
      await holds(run, 'a=2');
      expect(new Set(run.restarts)).toEqual(new Set(['ended']));
      expect(run.sink.readings).toBe(1);
      expect(run.states).toHaveLength(1);
    });

    it('requests streams of different durations', async () => {
      reflect();
      reflect();
      reflect();
      // A server without WatchList rejects the first request of each.
      await expect.poll(watches).toBeGreaterThanOrEqual(3);
      const streams = proxy.requests.filter(ours('watch', 'watchlist'));
      const seconds = streams.map(({ query }) => Number(query.get('timeoutSeconds')));
      for (const each of seconds) {
        expect(each).toBeGreaterThanOrEqual(300);
        expect(each).toBeLessThanOrEqual(600);
      }
      expect(new Set(seconds).size).toBeGreaterThan(1);
    });

    it('resumes from the last bookmark', async () => {
      const run = reflect();
      await watching(run);
      // A bookmark replaces the event of b, as if a selector excluded b.
      const bookmarkForB = (line: string): string[] => {
        const { object } = JSON.parse(line);
        const { name, resourceVersion } = object.metadata;
        if (name !== 'b') return [line];
        return [JSON.stringify({ type: 'BOOKMARK', object: { kind: 'ConfigMap', metadata: { resourceVersion } } })];
      };
      proxy.inject(ours('watch'), { kind: 'lines', each: bookmarkForB });
      proxy.disconnect();
      await create('a');
      await holds(run, 'a=1');
      const b = await create('b');
      const versionAsked = () => proxy.requests.findLast(ours('watch'))?.query.get('resourceVersion');
      await expect
        .poll(() => {
          proxy.disconnect();
          return versionAsked();
        })
        .toBe(b.metadata.resourceVersion);
      expect(run.sink.content).toEqual(['a=1']);
      expect(run.sink.readings).toBe(1);
    });

    it('tolerates duplicate events', async () => {
      await create('a');
      const run = reflect();
      await watching(run);
      proxy.inject(ours('watch'), { kind: 'lines', each: (line) => [line, line] });
      proxy.disconnect();
      await create('b');
      await update('b', '2');
      await remove('a');
      await holds(run, 'b=2');
    });

    it('waits for delayed events', async () => {
      await create('a');
      const run = reflect();
      await watching(run);
      const { promise: late, resolve: deliver } = Promise.withResolvers<void>();
      let heldBack = 0;
      const each = async (line: string) => {
        heldBack++;
        await late;
        return [line];
      };
      proxy.inject(ours('watch'), { kind: 'lines', each });
      proxy.disconnect();
      await update('a', '2');
      await expect.poll(() => heldBack).toBe(1);
      expect(run.sink.content).toEqual(['a=1']);
      deliver();
      await holds(run, 'a=2');
      expect(run.sink.readings).toBe(1);
    });

    it('detects a stream that has fallen silent', async () => {
      await create('a');
      const run = reflect({ limits: { silenceMs: 300 } });
      await watching(run);
      await opened(run);
      let mute = true;
      proxy.inject(ours('watch'), { kind: 'lines', each: (line) => (mute ? [] : [line]) });
      proxy.disconnect();
      await update('a', '2');
      await expect.poll(() => run.restarts.filter((reason) => reason === 'silent').length).toBeGreaterThanOrEqual(1);
      mute = false;
      await holds(run, 'a=2');
      expect(run.states.map(({ phase }) => phase)).toEqual(['watching']);
    });

    it('lists again if resumed streams stay silent', async () => {
      await create('a');
      const run = reflect({ limits: { silenceMs: 200 } });
      await watching(run);
      proxy.inject(ours('watch'), { kind: 'lines', each: () => [] });
      proxy.disconnect();
      await update('a', '2');
      await holds(run, 'a=2');
      expect(run.restarts).toContain('stalled');
    });

    it('does not hang if the server accepts a request and never responds', async () => {
      await create('a');
      const run = reflect({ client: { requestTimeoutMs: 200 } });
      await watching(run);
      proxy.inject(ours('watch'), { kind: 'hang' }, 2);
      proxy.disconnect();
      await expect.poll(() => run.reflector.state).toMatchObject({ phase: 'lost', error: { code: 'CTM_API_TIMEOUT' } });
      await update('a', '2');
      await holds(run, 'a=2');
      await watching(run);
    });

    it('loses nothing after a garbled event, which is requested again', async () => {
      await create('a');
      const run = reflect();
      await watching(run);
      await opened(run);
      proxy.inject(ours('watch'), { kind: 'lines', each: (line) => [line.slice(0, 40)] }, 1);
      proxy.disconnect();
      await update('a', '2');
      await holds(run, 'a=2');
      expect(run.sink.readings).toBe(1);
    });

    it('lists again if the same event stays garbled', async () => {
      await create('a');
      const run = reflect();
      await watching(run);
      proxy.inject(ours('watch'), { kind: 'lines', each: () => ['{"type":"SOMETHING"}'] });
      proxy.disconnect();
      await update('a', '2');
      await holds(run, 'a=2');
      expect(run.restarts).toContain('stalled');
      expect(run.sink.readings).toBe(2);
    });

    it('compares everything periodically', async () => {
      const run = reflect({ limits: { minWatchSeconds: 1, maxWatchSeconds: 1, verifyMs: 1 } });
      await expect.poll(() => run.sink.readings, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
      expect(run.restarts).toContain('verify');
    });

    it('stops immediately in any state', async () => {
      proxy.inject(ours('watchlist'), { kind: 'hang' });
      const run = reflect();
      await expect.poll(watches).toBe(1);
      await run.stop();
      await run.reflector.run(AbortSignal.abort(new Error('already over')));
      expect(watches()).toBe(1);
    });
  });

  describe('a server without WatchList', () => {
    const END = 'k8s.io/initial-events-end';

    it('that rejects it is asked once', async () => {
      withoutWatchList();
      await create('a');
      const run = reflect();
      await watching(run);
      proxy.inject(ours('watch'), { kind: 'answer', status: 410 }, 1);
      proxy.disconnect();
      await expect.poll(() => run.sink.readings).toBe(2);
      expect(proxy.count(ours('watchlist'))).toBe(1);
      expect(run.states.map(({ phase }) => phase)).toEqual(['watching']);
    });

    // A server before 1.27 ignores the unknown parameters: it sends the objects, but no end of the initial state.
    it.each([
      ['its silence', (line: string) => (line.includes(END) ? [] : [line])],
      ['a bookmark without the annotation', (line: string) => [line.replace(END, 'another.example/annotation')]],
    ])('that ignores it is detected by %s', async (_what, each) => {
      proxy.inject(ours('watchlist'), { kind: 'lines', each });
      await create('a');
      const run = reflect({ limits: { initialSilenceMs: 300 } });
      await watching(run);
      expect(run.sink.content).toEqual(['a=1']);
      expect(proxy.count(ours('list'))).toBe(1);
      await update('a', '2');
      await holds(run, 'a=2');
    });
  });

  describe('a resource that does not exist yet', () => {
    const widgets: Resource = {
      group: 'contract.catamaran.test',
      version: 'v1',
      plural: 'widgets',
      kind: 'Widget',
      namespaced: true,
    };
    const definitions: Resource = {
      group: 'apiextensions.k8s.io',
      version: 'v1',
      plural: 'customresourcedefinitions',
      kind: 'CustomResourceDefinition',
      namespaced: false,
    };
    const definition: JsonObject = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${widgets.plural}.${widgets.group}` },
      spec: {
        group: widgets.group,
        scope: 'Namespaced',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    };
    const uninstall = () => direct.delete(definitions, { name: `${widgets.plural}.${widgets.group}` });

    afterEach(uninstall);

    it('is found when its CRD is installed, and again after it was removed', async () => {
      const run = reflect({ resource: widgets, limits: { backoffCapMs: 30_000 } });
      await expect.poll(() => run.reflector.state).toMatchObject({ phase: 'starting', error: { status: 404 } });
      expect(run.sink.calls).not.toContain('listed');

      await direct.create(definitions, undefined, definition);
      await watching(run);
      const widget = { apiVersion: 'contract.catamaran.test/v1', kind: 'Widget', metadata: { name: 'w' } };
      await direct.create(widgets, namespace, widget);
      await expect.poll(() => [...run.sink.objects.keys()]).toEqual(['w']);

      await uninstall();
      await expect
        .poll(() => run.reflector.state, { timeout: 20_000 })
        .toMatchObject({ phase: 'lost', error: { status: 404 } });
      await direct.create(definitions, undefined, definition);
      await watching(run);
      expect(run.sink.objects.size).toBe(0);
    });
  });
});
