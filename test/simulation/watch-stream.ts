/** A watch stream from an API server to a replica, with faults. */
import type { Json, JsonObject } from '../../src/api/json.ts';
import { isJsonObject, metadataOf, parseJson } from '../../src/api/json.ts';
import { jsonLines } from '../../src/kube/client/lines.ts';
import { orAborted, socketError } from '../support/memory-body.ts';
import type { Dice } from './dice.ts';
import type { Weather } from './weather.ts';

/** One event of a watch. */
export interface StreamEvent {
  readonly type: string;
  readonly object: JsonObject;
}

export interface StreamOptions {
  readonly dice: Dice;
  /** Evaluated for each event. */
  readonly weather: () => Weather;
  /** Network delay: waits while the link is blocked, and throws if it is broken. */
  readonly travel: (signal: AbortSignal) => Promise<void>;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Called for each event that is delivered. */
  readonly delivered: (event: StreamEvent) => void;
  readonly signal: AbortSignal;
}

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** Whether an event ends the initial state of a WatchList. */
export function endsInitialState({ type, object }: StreamEvent): boolean {
  const annotations = metadataOf(object)?.annotations;
  return type === 'BOOKMARK' && isJsonObject(annotations) && annotations[INITIAL_EVENTS_END] === 'true';
}

/** The bookmark that ends the initial state of a WatchList. */
export function initialStateEnd(apiVersion: string, kind: string, resourceVersion: string): StreamEvent {
  const metadata = { resourceVersion, annotations: { [INITIAL_EVENTS_END]: 'true' } };
  return { type: 'BOOKMARK', object: { apiVersion, kind, metadata } };
}

/** Decodes the events of a body. */
export async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent, void, undefined> {
  for await (const { json } of jsonLines(body)) yield asEvent(json);
}

function asEvent(line: Json): StreamEvent {
  if (!isJsonObject(line) || typeof line.type !== 'string' || !isJsonObject(line.object)) {
    throw new Error(`not an event: ${JSON.stringify(line)}`);
  }
  return { type: line.type, object: line.object };
}

const EXPIRED: StreamEvent = {
  type: 'ERROR',
  object: parseObject(
    '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version","reason":"Expired","code":410}',
  ),
};

function parseObject(text: string): JsonObject {
  const value = parseJson(text);
  if (!isJsonObject(value)) throw new Error('not an object');
  return value;
}

/** The bytes that arrive. `initial`: the stream starts with the full state, from which faults drop nothing. */
export async function* spoiled(
  events: AsyncIterator<StreamEvent, void, undefined>,
  initial: boolean,
  { dice, weather, travel, sleep, delivered, signal }: StreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let whole = initial;
  for (;;) {
    const next = await orAborted(events.next(), signal);
    if (next.done) return;
    const event = next.value;
    const { bookmarks, promptEvents, delayedEvents, eventDelayMs, doubledEvents, cuts, mutes, gaps, expiries } =
      weather();
    const ends = whole && endsInitialState(event);
    if (ends) whole = false;
    if (event.type === 'BOOKMARK' && !ends && !bookmarks) continue;
    if (!whole && !ends && event.type !== 'BOOKMARK' && dice.chance(gaps)) continue;
    if (dice.chance(delayedEvents)) await sleep(dice.next() * eventDelayMs, signal);
    if (!promptEvents) await travel(signal);
    const times = !ends && dice.chance(doubledEvents) ? 2 : 1;
    for (let time = 0; time < times; time++) {
      delivered(event);
      yield Buffer.from(`${JSON.stringify(event)}\n`);
    }
    if (!whole && dice.chance(expiries)) yield Buffer.from(`${JSON.stringify(EXPIRED)}\n`);
    if (dice.chance(cuts)) throw socketError('ECONNRESET');
    if (dice.chance(mutes)) await orAborted(new Promise(() => {}), signal);
  }
}
