/** Events against both API servers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectReference } from '../../src/api/core.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import type { KubeClient } from '../../src/kube/client/client.ts';
import { type EventDraft, EventRecorder } from '../../src/kube/events.ts';
import { onBothServers } from '../support/api-servers/both-servers.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { accessOf, clientOf, newNamespace } from './api-clients.ts';

interface Event extends KubeObject {
  readonly type: string;
  readonly reason: string;
  readonly action: string;
  readonly note: string;
  readonly eventTime: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly regarding: ObjectReference;
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
}

onBothServers((server) => {
  const MINUTE = 60_000;
  let client: KubeClient;
  let namespace: string;

  beforeAll(async () => {
    client = clientOf(accessOf(server().access));
    namespace = await newNamespace(client, 'events');
  });

  afterAll(async () => {
    await client.delete(RESOURCES.namespaces, { name: namespace });
    await client.close();
  });

  function about(name: string, note: Partial<EventDraft> = {}): EventDraft {
    return {
      type: 'Warning',
      reason: 'Conflict',
      message: 'ports differ',
      regarding: {
        apiVersion: 'multicluster.x-k8s.io/v1beta1',
        kind: 'ServiceExport',
        namespace,
        name,
        uid: `uid-of-${name}`,
      },
      ...note,
    };
  }

  async function eventsOf(name: string): Promise<readonly Event[]> {
    const { items } = await client.list<Event>(RESOURCES.events, { namespace });
    return items.filter(({ regarding }) => regarding.name === name);
  }

  function recorder(): { recorder: EventRecorder; clock: ManualClock; log: MemoryLogger } {
    const clock = new ManualClock();
    const log = new MemoryLogger();
    return {
      recorder: new EventRecorder({ client, clock, random: Math.random, logger: log, instance: 'replica-1' }),
      clock,
      log,
    };
  }

  describe('an Event', () => {
    it('has message, time, object and reporter', async () => {
      const { recorder: one } = recorder();
      one.record(about('first', { type: 'Normal', reason: 'Imported', message: 'x'.repeat(2_000), action: 'Import' }));
      await one.close();
      const [event] = await eventsOf('first');
      expect(event).toMatchObject({
        type: 'Normal',
        reason: 'Imported',
        action: 'Import',
        note: 'x'.repeat(1_024),
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingController: 'catamaran.dev/controller',
        reportingInstance: 'replica-1',
        regarding: about('first').regarding,
      });
      expect(event?.series).toBeUndefined();
    });

    it('has a note within the limit of the API, which is in bytes', async () => {
      const { recorder: one, log } = recorder();
      one.record(about('worded', { message: `${'x'.repeat(1_022)}… and 3 more` }));
      one.record(about('worded', { message: 'é'.repeat(600) }));
      await one.close();
      expect(log.lines).toEqual([]);
      const notes = (await eventsOf('worded')).map(({ note }) => note);
      expect(notes.toSorted()).toEqual(['x'.repeat(1_022), 'é'.repeat(512)]);
    });

    it('that is repeated within ten minutes raises a count', async () => {
      const { recorder: one, clock } = recorder();
      for (let i = 1; i <= 3; i++) {
        one.record(about('again'));
        await expect
          .poll(async () => (await eventsOf('again'))[0]?.series?.count ?? (await eventsOf('again')).length)
          .toBe(i);
        clock.step(MINUTE);
      }
      const events = await eventsOf('again');
      expect(events).toHaveLength(1);
      expect(events[0]?.series).toEqual({ count: 3, lastObservedTime: '2026-01-01T00:02:00.000000Z' });

      clock.step(10 * MINUTE);
      one.record(about('again'));
      await one.close();
      expect(await eventsOf('again')).toHaveLength(2);
    });

    it('with another reason, note or object is separate', async () => {
      const { recorder: one } = recorder();
      one.record(about('varied'));
      one.record(about('varied', { reason: 'NoService' }));
      one.record(about('varied', { message: 'types differ' }));
      one.record(about('varied', { regarding: { ...about('varied').regarding, uid: 'uid-of-the-next' } }));
      await one.close();
      expect(await eventsOf('varied')).toHaveLength(4);
    });

    it('that is repeated a thousand times at once takes one or two writes', async () => {
      const { recorder: one } = recorder();
      for (let i = 0; i < 1_000; i++) one.record(about('storm'));
      await one.close();
      const events = await eventsOf('storm');
      expect(events).toHaveLength(1);
      expect(events[0]?.series?.count).toBe(1_000);
    });

    it('is dropped if its object has too many, which does not affect other objects', async () => {
      const { recorder: one, clock } = recorder();
      for (let i = 0; i < 40; i++) one.record(about('chatty', { message: `number ${i}` }));
      one.record(about('quiet'));
      await expect.poll(async () => (await eventsOf('quiet')).length).toBe(1);
      expect(await eventsOf('chatty')).toHaveLength(25);
      clock.step(10 * MINUTE);
      for (let i = 40; i < 50; i++) one.record(about('chatty', { message: `number ${i}` }));
      await one.close();
      expect(await eventsOf('chatty')).toHaveLength(27);
    });

    it('about an object with a long name has a valid name', async () => {
      const name = `${'a'.repeat(61)}.${'b'.repeat(61)}.${'c'.repeat(61)}.${'d'.repeat(47)}.e--${'f'.repeat(10)}`;
      const { recorder: one, log } = recorder();
      one.record(about(name));
      await one.close();
      expect(log.lines).toEqual([]);
      expect(await eventsOf(name)).toHaveLength(1);
    });

    it('that cannot be written is dropped, and logged at debug', async () => {
      const { recorder: one, log } = recorder();
      one.record(about('lost', { regarding: { ...about('lost').regarding, namespace: `${namespace}-missing` } }));
      await one.close();
      expect(log.lines).toMatchObject([{ level: 'debug', message: 'event dropped', fields: { err: { status: 404 } } }]);
    });

    it('of a closed recorder is not written', async () => {
      const { recorder: one } = recorder();
      await one.close();
      one.record(about('late'));
      await one.close();
      expect(await eventsOf('late')).toEqual([]);
    });
  });
});
