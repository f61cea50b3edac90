/** Watches: starting versions, selectors, bookmarks and WatchList. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/api/json.ts';
import { at, onBothServers } from '../../support/api-servers/both-servers.ts';

const INITIAL_END = { 'k8s.io/initial-events-end': 'true' };

onBothServers((server) => {
  let namespace: string;
  const path = (name = ''): string => `/api/v1/namespaces/${namespace}/secrets${name === '' ? '' : `/${name}`}`;
  const create = (name: string, labels: JsonObject = {}) =>
    server().request('POST', path(), { body: { metadata: { name, labels } } });
  const label = (name: string, labels: JsonObject) =>
    server().request('PATCH', path(name), { body: { metadata: { labels } }, type: 'application/merge-patch+json' });
  const remove = (name: string) => server().request('DELETE', path(name));
  const watch = (query: string) => server().watch(`${path()}?watch=1&timeoutSeconds=1&${query}`);
  const version = async (): Promise<string> =>
    String(at((await server().request('GET', path())).body, 'metadata', 'resourceVersion'));
  const summaries = (events: readonly JsonObject[]): readonly string[] =>
    events.map(({ type, object }) => `${type} ${at(object, 'metadata', 'name') ?? ''}`.trim());

  beforeEach(async () => {
    namespace = await server().namespace('watches');
  });

  it('from a version send all later events', async () => {
    await create('a');
    const from = await version();
    await create('b');
    await label('a', { x: 'y' });
    const removed = await remove('b');
    const events = await watch(`resourceVersion=${from}`);
    expect(summaries(events)).toEqual(['ADDED b', 'MODIFIED a', 'DELETED b']);
    expect(events[0]?.object).toMatchObject({ kind: 'Secret', apiVersion: 'v1' });
    // A deletion has its own version.
    const versions = events.map(({ object }) => Number(at(object, 'metadata', 'resourceVersion')));
    expect(versions).toEqual(versions.toSorted((x, y) => x - y));
    expect(at(removed.body, 'status')).toBe('Success');
  });

  it.each(['', 'resourceVersion=0'])('without a version (%s) send the state first', async (query) => {
    await create('a');
    await create('b');
    await expect.poll(async () => summaries(await watch(query)), { timeout: 20_000 }).toEqual(['ADDED a', 'ADDED b']);
  });

  it('of objects that enter and leave the selection', async () => {
    await create('a', { on: 'yes' });
    const from = await version();
    await label('a', { on: 'no' });
    await label('a', { other: 'x' });
    await label('a', { on: 'yes' });
    await label('a', { other: 'y' });
    await remove('a');
    const events = await watch(`resourceVersion=${from}&labelSelector=on=yes`);
    expect(summaries(events)).toEqual(['DELETED a', 'ADDED a', 'MODIFIED a', 'DELETED a']);
    // An object that left is sent in its previous state, with the version at which it left.
    expect(at(events[0]?.object, 'metadata', 'labels')).toEqual({ on: 'yes' });
    expect(Number(at(events[0]?.object, 'metadata', 'resourceVersion'))).toBeGreaterThan(Number(from));
  });

  it('of one object by its name', async () => {
    const from = await version();
    await create('a');
    await create('b');
    const events = await watch(`resourceVersion=${from}&fieldSelector=metadata.name=b`);
    expect(summaries(events)).toEqual(['ADDED b']);
  });

  it('with finalizers send each step of a deletion', async () => {
    await server().request('POST', path(), { body: { metadata: { name: 'a', finalizers: ['example.com/x'] } } });
    const from = await version();
    await remove('a');
    await server().request('PATCH', path('a'), {
      body: { metadata: { finalizers: null } },
      type: 'application/merge-patch+json',
    });
    const events = await watch(`resourceVersion=${from}`);
    expect(summaries(events)).toEqual(['MODIFIED a', 'DELETED a']);
    expect(at(events[1]?.object, 'metadata', 'finalizers')).toEqual(['example.com/x']);
  });

  it('send a bookmark before they end', async () => {
    const from = await version();
    const watching = server().watch(
      `${path()}?watch=1&timeoutSeconds=5&allowWatchBookmarks=true&resourceVersion=${from}`,
    );
    // A write that the watch does not show, but that advances the version.
    await server().request('POST', '/api/v1/namespaces/default/secrets', {
      body: { metadata: { generateName: 'x-' } },
    });
    const events = await watching;
    expect(events.length).toBeGreaterThan(0);
    for (const event of events) {
      expect(event).toMatchObject({ type: 'BOOKMARK', object: { kind: 'Secret', apiVersion: 'v1' } });
      expect(Number(at(event.object, 'metadata', 'resourceVersion'))).toBeGreaterThanOrEqual(Number(from));
    }
  });

  it('send changes as they happen', async () => {
    const from = await version();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const event of server().events(`${path()}?watch=1&timeoutSeconds=20&resourceVersion=${from}`)) {
        seen.push(...summaries([event]));
        if (seen.length === 2) return;
      }
    })();
    await create('a');
    await expect.poll(() => seen).toEqual(['ADDED a']);
    await remove('a');
    await reading;
    expect(seen).toEqual(['ADDED a', 'DELETED a']);
  });

  describe('WatchList', () => {
    const WATCH_LIST = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';

    it('sends the state, then a bookmark at its end', async () => {
      await create('a');
      await create('b', { on: 'yes' });
      const events = await watch(WATCH_LIST);
      expect(summaries(events).slice(0, 3)).toEqual(['ADDED a', 'ADDED b', 'BOOKMARK']);
      expect(at(events[2]?.object, 'metadata', 'annotations')).toEqual(INITIAL_END);
      const selected = await watch(`${WATCH_LIST}&labelSelector=on=yes`);
      expect(summaries(selected).slice(0, 2)).toEqual(['ADDED b', 'BOOKMARK']);
    });

    it('of an empty collection sends only the bookmark', async () => {
      const [first] = await watch(WATCH_LIST);
      expect(first).toMatchObject({ type: 'BOOKMARK', object: { metadata: { annotations: INITIAL_END } } });
    });

    it('without bookmarks does not mark the end of the state', async () => {
      await create('a');
      expect(summaries(await watch('sendInitialEvents=true&resourceVersionMatch=NotOlderThan'))).toEqual(['ADDED a']);
    });

    it('can be declined', async () => {
      await create('a');
      const events = await watch('sendInitialEvents=false&resourceVersionMatch=NotOlderThan');
      expect(events).toEqual([]);
    });
  });

  it.each<[string, number, string]>([
    [
      'resourceVersion=abc',
      500,
      'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    [
      'sendInitialEvents=true',
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ],
    [
      'resourceVersionMatch=NotOlderThan',
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
    [
      'sendInitialEvents=true&resourceVersionMatch=Exact',
      422,
      'ListOptions.meta.k8s.io "" is invalid: [resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]',
    ],
    ['labelSelector=a=(', 400, "unable to parse requirement: found '(', expected: identifier"],
    ['timeoutSeconds=a', 400, 'strconv.ParseInt: parsing "a": invalid syntax'],
  ])('%s is rejected', async (query, status, message) => {
    const answer = await server().request('GET', `${path()}?watch=1&${query}`);
    expect([answer.status, at(answer.body, 'message')]).toEqual([status, message]);
  });

  it('of an unknown resource are rejected', async () => {
    const answer = await server().request('GET', `/api/v1/namespaces/${namespace}/nothings?watch=1`);
    expect(answer.status).toBe(404);
  });

  it('send tables with columns only in the first event', async () => {
    await create('a');
    await create('b');
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const events = await server().watch(`${path()}?watch=1&timeoutSeconds=1`, { headers: { accept } });
    const columns = events.map(({ object }) => at(object, 'columnDefinitions'));
    expect(columns[0]).not.toBeNull();
    expect(columns[1]).toBeNull();
    const cell = (event: JsonObject | undefined): Json | undefined => at(event?.object, 'rows', 0, 'cells', 0);
    expect(events.map(cell)).toEqual(['a', 'b']);
  });
});
