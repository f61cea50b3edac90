/**
 * Records Events, so that `kubectl describe` shows users what happened to their objects.
 *
 * Source: Kubernetes API reference, events.k8s.io/v1; API conventions, "Events".
 */
import type { ObjectReference } from '../api/core.ts';
import type { JsonObject } from '../api/json.ts';
import { apiVersion, RESOURCES } from '../api/resources.ts';
import { microTime } from '../api/time.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import { visible } from '../runtime/visible.ts';
import { isNotFound } from './client/api-errors.ts';
import type { KubeClient } from './client/client.ts';
import { TokenBucket } from './token-bucket.ts';

/** An Event to record; the recorder adds name, time, count and reporter. */
export interface EventDraft {
  readonly type: 'Normal' | 'Warning';
  /** UpperCamelCase, at most 128 characters. */
  readonly reason: string;
  /** For users; truncated to 1,024 bytes. */
  readonly message: string;
  readonly regarding: ObjectReference;
  /** The action in progress, UpperCamelCase. */
  readonly action?: string;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Name of this replica. */
  readonly instance: string;
  readonly random: Random;
}

/** An Event repeated within this time raises the count of the first one. */
const SERIES_MS = 10 * 60_000;
/** Writes per object: a burst, and one more per refill period. The values of client-go's spam filter. */
const BURST = 25;
const REFILL_MS = 5 * 60_000;
/**
 * The same for all objects of the cluster: a fleet in trouble must not fill etcd, or wear out the rate that the API
 * server grants to this client. More than that is in the conditions of the objects.
 */
const CLUSTER_BURST = 300;
const CLUSTER_REFILL_MS = 1_000;
/** Maximum number of series, and of objects with a token bucket. */
const MAX_REMEMBERED = 4_096;
/** Maximum number of Events waiting to be written. */
const MAX_WAITING = 1_024;
/** Longest note that the API accepts, in bytes of UTF-8. */
const MAX_NOTE = 1_024;
const CLOSE_MS = 2_000;
const CONTROLLER = 'catamaran.dev/controller';

interface Series {
  readonly draft: EventDraft;
  readonly name: string;
  readonly startedAt: number;
  lastAt: number;
  count: number;
  /** The part of `count` that has been written to the server. */
  written: number;
}

/** Records Events in one cluster without ever blocking its caller. Events that cannot be written are dropped. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #series = new Map<string, Series>();
  readonly #buckets = new Map<string, TokenBucket>();
  /** Created with the first Event. */
  #cluster: TokenBucket | undefined;
  readonly #waiting = new Set<Series>();
  readonly #stop = new AbortController();
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  /** A repetition within ten minutes only raises the count of the first Event. */
  record(recorded: EventDraft): void {
    if (this.#closed) return;
    // Shortened now, since thousands of drafts are remembered, and a message may have 32 KiB.
    const draft = { ...recorded, message: startOf(visible(recorded.message), MAX_NOTE) };
    const now = this.#options.clock.now();
    const key = seriesKey(draft);
    const known = this.#series.get(key);
    let series: Series;
    if (known && now - known.lastAt < SERIES_MS) {
      series = known;
      series.lastAt = now;
      series.count++;
    } else {
      series = { draft, name: this.#newName(draft, now), startedAt: now, lastAt: now, count: 1, written: 0 };
    }
    // Reinserted, so that the oldest is always first.
    this.#series.delete(key);
    remember(this.#series, key, series);
    if (this.#waiting.has(series)) return;
    if (this.#waiting.size >= MAX_WAITING || !this.#take(draft.regarding, now)) return;
    this.#waiting.add(series);
    this.#start();
  }

  /** Waits briefly for pending writes, then stops. */
  async close(): Promise<void> {
    this.#closed = true;
    const done = new AbortController();
    const limit = this.#options.clock.sleep(CLOSE_MS, done.signal).catch(() => {});
    await Promise.race([this.#writing, limit]);
    done.abort();
    this.#stop.abort(new Error('the recorder is closed'));
    await this.#writing;
  }

  #start(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
      if (this.#waiting.size > 0) this.#start();
    });
  }

  /** Writes one at a time: Events must not take connections from more important requests. */
  async #write(): Promise<void> {
    // One microtask later, so that the caller's loop over many objects completes and repetitions are merged.
    await Promise.resolve();
    for (const series of this.#waiting) {
      this.#waiting.delete(series);
      if (this.#stop.signal.aborted) continue;
      const count = series.count;
      try {
        await this.#send(series, count);
        series.written = count;
      } catch (error) {
        // A repetition must not raise the count of an Event that does not exist.
        if (series.written === 0 || isNotFound(error)) this.#series.delete(seriesKey(series.draft));
        this.#options.logger.debug({ event: series.draft.reason, err: error }, 'event dropped');
      }
    }
  }

  async #send(series: Series, count: number): Promise<void> {
    const { client, instance } = this.#options;
    const { draft, name } = series;
    const { namespace } = draft.regarding;
    const repeated = count > 1 ? { count, lastObservedTime: microTime(series.lastAt) } : undefined;
    const signal = this.#stop.signal;
    if (series.written > 0) {
      await client.patch(RESOURCES.events, { namespace, name }, { series: repeated }, { signal });
      return;
    }
    const event: JsonObject = {
      apiVersion: apiVersion(RESOURCES.events),
      kind: 'Event',
      metadata: { name, namespace },
      eventTime: microTime(series.startedAt),
      reportingController: CONTROLLER,
      reportingInstance: instance.slice(0, 128),
      type: draft.type,
      reason: draft.reason,
      action: draft.action ?? 'Reconcile',
      note: draft.message,
      regarding: { ...draft.regarding },
      series: repeated,
    };
    await client.create(RESOURCES.events, namespace, event, { signal });
  }

  /** Whether one more Event may be written about the object, and in the cluster. */
  #take(regarding: ObjectReference, now: number): boolean {
    const key = [regarding.kind, regarding.namespace, regarding.name, regarding.uid].join('/');
    const bucket = this.#buckets.get(key) ?? new TokenBucket(BURST, REFILL_MS, now);
    this.#buckets.delete(key);
    remember(this.#buckets, key, bucket);
    this.#cluster ??= new TokenBucket(CLUSTER_BURST, CLUSTER_REFILL_MS, now);
    return bucket.take(now) && this.#cluster.take(now);
  }

  /** `web.18a2...`, the form that kubectl users know; unique in the namespace. */
  #newName(draft: EventDraft, now: number): string {
    const random = Math.floor(this.#options.random() * 2 ** 32);
    const suffix = `.${now.toString(16)}${random.toString(16).padStart(8, '0')}`;
    // Truncated so that no dash or dot precedes the suffix.
    return draft.regarding.name.slice(0, 253 - suffix.length).replace(/[^a-z0-9]+$/, '') + suffix;
  }
}

/** The longest prefix of a text within so many bytes. */
function startOf(text: string, bytes: number): string {
  // In stream mode, the decoder withholds an incomplete character.
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true });
}

function seriesKey({ regarding, type, reason, action, message }: EventDraft): string {
  const { kind, namespace, name, uid } = regarding;
  return JSON.stringify([kind, namespace, name, uid, type, reason, action, message]);
}

/** Adds to a map that drops its oldest entry when it is full. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  if (map.size <= MAX_REMEMBERED) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
