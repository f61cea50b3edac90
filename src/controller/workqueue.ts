/** A workqueue of keys: a key is queued once, however often it is added. */

import { Backoff, type BackoffLimits } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import { type Pace, type Priority, UNPACED } from '../runtime/pace.ts';
import type { Random } from '../runtime/random.ts';
import { FairLine } from './fair-line.ts';
import { Places } from './places.ts';
import type { Requeue } from './result.ts';
import { SlowLane, type SlowWork } from './slow-lane.ts';

export interface WorkqueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Number of keys that are processed at the same time. */
  readonly workers: number;
  /** How many of them are reserved for urgent keys. Default: none. */
  readonly reserved?: number;
  /** Default: never waits. */
  readonly pace?: Pace;
  /** Shared by all queues. Default: enough for this one. */
  readonly places?: Places;
  /** While it returns false, keys wait until {@link Workqueue.wake} is called. Default: true. */
  readonly isOpen?: () => boolean;
}

/** `signal` aborts if the key takes so long that others would suffer. */
export type Work<K> = (key: K, signal: AbortSignal) => Promise<Requeue>;

const RETRY: BackoffLimits = { baseMs: 50, capMs: 30_000, factor: 2 };

interface InProgress extends SlowWork {
  readonly priority: Priority;
  readonly origin: string;
}

/** What was added while a key was being processed. */
interface Dirty {
  readonly priority: Priority;
  readonly origins: ReadonlySet<string>;
}

/**
 * A level-triggered workqueue: a key that is added while it is waiting is processed once, and a key that is added while
 * it is being processed is processed once more, never concurrently. Urgent keys precede those of bulk work, and the
 * origins of the work take turns. A key that hangs gives up its place, and is processed in a lane of its own from then
 * on.
 */
export class Workqueue<K extends string> {
  readonly #options: WorkqueueOptions;
  readonly #waiting: Readonly<Record<Priority, FairLine<K>>> = { urgent: new FairLine(), bulk: new FairLine() };
  readonly #working = new Map<K, InProgress>();
  /** Keys added while they were processed. */
  readonly #dirty = new Map<K, Dirty>();
  readonly #slow: SlowLane<K>;
  readonly #backoffs = new Map<K, Backoff>();
  readonly #later = new Map<K, AbortController>();
  /** Keys of `#later` for which adds are deferred. */
  readonly #barred = new Set<K>();
  readonly #places: Places;
  /** Keys in progress that do not belong to the slow lane. */
  #busy = 0;
  /** Turns of the event loop that were asked for. */
  readonly #turns = new Set<Priority>();
  #run: { readonly work: Work<K>; readonly signal: AbortSignal } | undefined;
  #isScheduled = false;
  #idleBell: (() => void)[] = [];

  constructor(options: WorkqueueOptions) {
    this.#options = options;
    this.#places = options.places ?? new Places();
    this.#slow = new SlowLane({ clock: options.clock, freed: () => this.#freed() });
  }

  /** Keys that are waiting or being processed, excluding those in back-off. */
  get depth(): number {
    const { urgent, bulk } = this.#waiting;
    return urgent.size + bulk.size + this.#slow.waiting + this.#working.size;
  }

  /** Keys in back-off. */
  get retrying(): number {
    return this.#later.size;
  }

  /** `origin` is who caused the work (default: no one in particular). */
  add(key: K, priority: Priority = 'urgent', origin = ''): void {
    if (this.#barred.has(key)) return;
    this.#later.get(key)?.abort();
    this.#later.delete(key);
    if (this.#working.has(key)) {
      const dirty = this.#dirty.get(key);
      if (dirty?.priority === 'urgent' && (priority === 'bulk' || dirty.origins.has(origin))) return;
      const others = dirty?.priority === priority ? dirty.origins : [];
      this.#dirty.set(key, { priority, origins: new Set([...others, origin]) });
      return;
    }
    if (this.#slow.take(key)) {
      this.wake();
      return;
    }
    const { urgent, bulk } = this.#waiting;
    if (priority === 'urgent') bulk.delete(key);
    else if (urgent.has(key)) return;
    this.#waiting[priority].add(key, origin);
    this.wake();
  }

  /** Processes what can be processed now; to be called when `isOpen` has become true. */
  wake(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // One microtask later, so that the caller has finished, and repetitions are merged.
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#dispatch();
    });
  }

  /** Adds a key after `ms` milliseconds, unless it is added earlier. */
  #addAfter(key: K, { priority, origin }: Omit<InProgress, keyof SlowWork>, ms: number, signal: AbortSignal): void {
    const timer = new AbortController();
    this.#later.set(key, timer);
    this.#options.clock.sleep(ms, AbortSignal.any([timer.signal, signal])).then(
      () => {
        if (this.#later.get(key) !== timer) return;
        this.#barred.delete(key);
        this.add(key, priority, origin);
      },
      () => {
        if (this.#later.get(key) === timer) this.#later.delete(key);
      },
    );
  }

  /** Drops all waiting keys. */
  clear(): void {
    this.#waiting.urgent.clear();
    this.#waiting.bulk.clear();
    this.#slow.clear();
    this.#dirty.clear();
    for (const timer of this.#later.values()) timer.abort();
    this.#later.clear();
    this.#barred.clear();
    this.#backoffs.clear();
    this.#ringIfIdle();
  }

  /** Processes keys until the signal aborts; then finishes those in progress. */
  async run(work: Work<K>, signal: AbortSignal): Promise<void> {
    this.#run = { work, signal };
    this.wake();
    if (!signal.aborted) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    }
    this.#run = undefined;
    while (this.#working.size > 0) await Promise.all([...this.#working.values()].map(({ done }) => done));
  }

  /** Resolves when no key is waiting or being processed. */
  async idle(): Promise<void> {
    while (this.depth > 0) await new Promise<void>((resolve) => this.#idleBell.push(resolve));
  }

  /** Starts keys until all places are taken, or this iteration of the event loop has no time left. */
  #dispatch(): void {
    for (let priority = this.#nextPriority(); priority; priority = this.#nextPriority()) {
      if (this.#turns.has(priority)) return;
      const place = this.#places.take(priority);
      const turn = place ? undefined : this.#turn(priority);
      if (place || turn) {
        this.#turns.add(priority);
        this.#startAfter(place, turn, priority);
        return;
      }
      this.#startNext();
    }
  }

  #turn(priority: Priority): Promise<void> | undefined {
    return (this.#options.pace ?? UNPACED).turn(priority);
  }

  async #startAfter(
    place: Promise<void> | undefined,
    turn: Promise<void> | undefined,
    priority: Priority,
  ): Promise<void> {
    await place;
    const wait = turn ?? this.#turn(priority);
    if (wait) await wait;
    this.#turns.delete(priority);
    this.#startNext();
    this.#dispatch();
  }

  /** The priority of the next key; undefined if none can be started. */
  #nextPriority(): Priority | undefined {
    if (!this.#run || this.#run.signal.aborted || !this.#isOpen()) return undefined;
    const { workers, reserved = 0 } = this.#options;
    const { urgent, bulk } = this.#waiting;
    if (urgent.size > 0 && this.#busy < workers) return 'urgent';
    if (bulk.size > 0 && this.#busy < workers - reserved) return 'bulk';
    return this.#slow.canStart ? 'bulk' : undefined;
  }

  #isOpen(): boolean {
    return this.#options.isOpen?.() ?? true;
  }

  /** Starts the next key, in the place that was taken. */
  #startNext(): void {
    const priority = this.#nextPriority();
    if (!priority || !this.#run) {
      this.#places.give();
      return;
    }
    const { workers, reserved = 0 } = this.#options;
    const { urgent, bulk } = this.#waiting;
    const line = priority === 'urgent' ? urgent : this.#busy < workers - reserved ? bulk : undefined;
    const waiting = line?.shift();
    if (waiting) {
      this.#busy++;
      this.#start(waiting.key, { priority, origin: waiting.origin }, this.#run);
      return;
    }
    this.#places.give();
    const slow = this.#slow.next();
    if (slow !== undefined) this.#start(slow, { priority: 'bulk', origin: '' }, this.#run);
  }

  #start(
    key: K,
    cause: Omit<InProgress, keyof SlowWork>,
    { work, signal }: { readonly work: Work<K>; readonly signal: AbortSignal },
  ): void {
    const stop = new AbortController();
    const done = work(key, stop.signal).then((requeue) => this.#finish(key, requeue, signal));
    const inProgress = { ...cause, stop, done };
    this.#working.set(key, inProgress);
    this.#slow.started(key, inProgress, signal);
  }

  /** A key that hangs has left its place to others. */
  #freed(): void {
    this.#leavePlace();
    this.#dispatch();
  }

  #leavePlace(): void {
    this.#busy--;
    this.#places.give();
  }

  #finish(key: K, requeue: Requeue, signal: AbortSignal): void {
    const cause = this.#working.get(key) ?? { priority: 'bulk' as const, origin: '' };
    this.#working.delete(key);
    if (this.#slow.finished(key, requeue !== 'after-backoff')) this.#leavePlace();
    const dirty = this.#dirty.get(key);
    this.#dirty.delete(key);
    const again = { priority: dirty?.priority ?? cause.priority, origin: cause.origin };
    if (
      requeue === 'after-backoff' ||
      requeue === 'not-before-backoff' ||
      (requeue === 'when-open' && this.#isOpen())
    ) {
      // Even if it was added in the meantime, as by the controller's own writes.
      if (requeue === 'not-before-backoff') this.#barred.add(key);
      this.#addAfter(key, again, this.#backoff(key).next(), signal);
    } else if (typeof requeue === 'number' && !dirty) {
      this.#backoffs.delete(key);
      this.#addAfter(key, cause, requeue, signal);
    } else {
      this.#backoffs.delete(key);
      for (const origin of dirty?.origins ?? []) this.add(key, again.priority, origin);
      if (!dirty && (requeue === 'at-once' || requeue === 'when-open')) this.add(key, cause.priority, cause.origin);
    }
    this.#ringIfIdle();
    this.#dispatch();
  }

  #ringIfIdle(): void {
    if (this.depth === 0) for (const wake of this.#idleBell.splice(0)) wake();
  }

  #backoff(key: K): Backoff {
    const held = this.#backoffs.get(key);
    if (held) return held;
    const made = new Backoff(RETRY, this.#options.random);
    this.#backoffs.set(key, made);
    return made;
  }
}
