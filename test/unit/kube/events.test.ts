import { expect, it } from 'vitest';
import type { JsonObject } from '../../../src/api/json.ts';
import type { KubeClient } from '../../../src/kube/client/client.ts';
import { EventRecorder } from '../../../src/kube/events.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

/** The note of the Event that is recorded for a message. */
async function noteOf(message: string): Promise<string> {
  const created: JsonObject[] = [];
  const client: Pick<KubeClient, 'create'> = {
    create: async (_resource, _namespace, object) => {
      created.push(object);
      return object as never;
    },
  };
  const recorder = new EventRecorder({
    client: client as KubeClient, // only create is called
    clock: new ManualClock(),
    random: Math.random,
    logger: new MemoryLogger(),
    instance: 'replica-1',
  });
  const regarding = { apiVersion: 'v1', kind: 'Service', namespace: 'ns', name: 'web' };
  recorder.record({ type: 'Warning', reason: 'Conflict', message, regarding });
  await recorder.close();
  return String(created[0]?.note);
}

it('an Event shows every character of its message', async () => {
  expect(await noteOf('exported "a\u001b[2J\u202eb"\nforged')).toBe('exported "a\\u{1b}[2J\\u{202e}b"\\u{a}forged');
});

it.each([`${'x'.repeat(1_022)}… and 3 more`, 'é'.repeat(600), '🛶'.repeat(300), `${'x'.repeat(1_023)}🛶`, 'short'])(
  'an Event has at most 1,024 bytes, in whole characters, and is no shorter than necessary',
  async (message) => {
    const note = await noteOf(message);
    expect(message.startsWith(note)).toBe(true);
    const next = [...message][[...note].length] ?? '';
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1_024);
    expect(next === '' || Buffer.byteLength(note + next) > 1_024).toBe(true);
  },
);

/** Records an Event for each of many objects, and returns how many were written. */
async function writtenOf(objects: number, perSecond: number): Promise<number> {
  let created = 0;
  const client: Pick<KubeClient, 'create'> = {
    create: async (_resource, _namespace, object) => {
      created++;
      return object as never;
    },
  };
  const clock = new ManualClock();
  const recorder = new EventRecorder({
    client: client as KubeClient, // only create is called
    clock,
    random: Math.random,
    logger: new MemoryLogger(),
    instance: 'replica-1',
  });
  for (let index = 0; index < objects; index++) {
    const regarding = { apiVersion: 'v1', kind: 'Service', namespace: 'ns', name: `web-${index}` };
    recorder.record({ type: 'Warning', reason: 'Conflict', message: 'a', regarding });
    if (index % perSecond === perSecond - 1) await clock.advance(1_000);
  }
  await recorder.close();
  return created;
}

it.each([
  { objects: 200, perSecond: 10_000, written: 200, what: 'a few at once are all written' },
  { objects: 10_000, perSecond: 10_000, written: 300, what: 'a storm is cut after a burst' },
  { objects: 1_000, perSecond: 10, written: 400, what: 'a stream is thinned out to one a second' },
])('Events are bounded per cluster: $what', async ({ objects, perSecond, written }) => {
  const count = await writtenOf(objects, perSecond);
  expect(count).toBeGreaterThanOrEqual(written - 2);
  expect(count).toBeLessThanOrEqual(written + 2);
});
