/** Events, which are served by two APIs. */
import { expect, it } from 'vitest';
import type { JsonObject } from '../../../src/api/json.ts';
import { type Answer, at, normalized, onBothServers } from '../../support/api-servers/both-servers.ts';

onBothServers((server) => {
  const core = (namespace: string, name = ''): string => `/api/v1/namespaces/${namespace}/events${name}`;
  const newer = (namespace: string, name = ''): string =>
    `/apis/events.k8s.io/v1/namespaces/${namespace}/events${name}`;

  function bare(answer: Answer, namespace: string): JsonObject {
    const { metadata: _, ...fields } = Object(normalized(answer.body, namespace));
    return fields;
  }

  it('created in the newer API can be read in the older one', async () => {
    const namespace = await server().namespace();
    const made = await server().request('POST', newer(namespace), {
      body: {
        metadata: { name: 'e' },
        eventTime: '2026-01-01T00:00:00.000000Z',
        regarding: { kind: 'Pod', name: 'p', namespace },
        reason: 'Because',
        note: 'of that',
        type: 'Normal',
        action: 'Do',
        reportingController: 'example.com/c',
        reportingInstance: 'i',
      },
    });
    expect(made.status).toBe(201);
    const read = await server().request('GET', core(namespace, '/e'));
    expect(bare(read, namespace)).toEqual({
      kind: 'Event',
      apiVersion: 'v1',
      involvedObject: { kind: 'Pod', namespace: 'NAMESPACE', name: 'p' },
      reason: 'Because',
      message: 'of that',
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      type: 'Normal',
      eventTime: 'TIME',
      action: 'Do',
      reportingComponent: 'example.com/c',
      reportingInstance: 'i',
    });
  });

  it('created in the older API can be read, changed and deleted in the newer one', async () => {
    const namespace = await server().namespace();
    const made = await server().request('POST', core(namespace), {
      body: {
        metadata: { name: 'e' },
        involvedObject: { kind: 'Pod', name: 'p', namespace },
        reason: 'Because',
        message: 'of that',
        type: 'Warning',
        source: { component: 'c' },
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:00Z',
        count: 1,
      },
    });
    expect(made.status).toBe(201);
    const read = await server().request('GET', newer(namespace, '/e'));
    expect(bare(read, namespace)).toEqual({
      kind: 'Event',
      apiVersion: 'events.k8s.io/v1',
      eventTime: null,
      reason: 'Because',
      regarding: { kind: 'Pod', namespace: 'NAMESPACE', name: 'p' },
      note: 'of that',
      type: 'Warning',
      deprecatedSource: { component: 'c' },
      deprecatedFirstTimestamp: 'TIME',
      deprecatedLastTimestamp: 'TIME',
      deprecatedCount: 1,
    });
    const changed = await server().request('PATCH', newer(namespace, '/e'), {
      body: { series: { count: 2, lastObservedTime: '2026-01-01T00:00:01.000000Z' } },
      type: 'application/merge-patch+json',
    });
    expect(at(changed.body, 'series', 'count')).toBe(2);
    const refused = await server().request('PATCH', newer(namespace, '/e'), {
      body: { note: 'of this' },
      type: 'application/merge-patch+json',
    });
    expect(at(refused.body, 'message')).toBe(
      'Event "e" is invalid: message: Invalid value: "of this": field is immutable',
    );
    expect((await server().request('DELETE', newer(namespace, '/e'))).status).toBe(200);
    expect((await server().request('GET', core(namespace, '/e'))).status).toBe(404);
  });

  it('can be selected by their object, with the field names of each API', async () => {
    const namespace = await server().namespace();
    for (const name of ['a', 'b']) {
      await server().request('POST', core(namespace), {
        body: { metadata: { name }, involvedObject: { kind: 'Pod', name: `pod-${name}`, namespace }, reason: 'R' },
      });
    }
    const count = async (path: string): Promise<number> => {
      const items = at((await server().request('GET', path)).body, 'items');
      return Array.isArray(items) ? items.length : -1;
    };
    expect(await count(`${core(namespace)}?fieldSelector=involvedObject.name=pod-a`)).toBe(1);
    expect(await count(`${core(namespace)}?fieldSelector=reason=R`)).toBe(2);
    expect(await count(`${newer(namespace)}?fieldSelector=regarding.name=pod-a`)).toBe(1);
    const unknown = await server().request('GET', `${newer(namespace)}?fieldSelector=involvedObject.name=a`);
    expect(at(unknown.body, 'message')).toBe('field label not supported: involvedObject.name');
  });
});
