/** Shares the event loop: work that is done in bulk runs in slices, between which responses, events and timers run. */

/** What a turn is for: `urgent`, a change that someone waits for, precedes `bulk`. */
export type Priority = 'urgent' | 'bulk';

export interface Pace {
  /**
   * Asks for the loop. Undefined: go on at once; otherwise go on when the promise resolves, without awaiting anything
   * else before the work, since its duration counts.
   */
  turn(priority: Priority): Promise<void> | undefined;
}

/** Never waits; for virtual time, in which work takes no time. */
export const UNPACED: Pace = { turn: () => undefined };

/** Length of a slice in ms. Heartbeats and Lease renewals wait for one slice, not for a storm. */
const SLICE_MS = 8;

/** Waiting callers, first come, first served, without moving the rest of the line for each of them. */
class Line {
  #callers: (() => void)[] = [];
  #next = 0;

  get isEmpty(): boolean {
    return this.#next === this.#callers.length;
  }

  push(caller: () => void): void {
    this.#callers.push(caller);
  }

  shift(): (() => void) | undefined {
    const caller = this.#callers[this.#next];
    if (!caller) return undefined;
    this.#next++;
    if (this.isEmpty) {
      this.#callers = [];
      this.#next = 0;
    }
    return caller;
  }
}

/** Slices of at most 8 ms per iteration of the event loop, shared by all callers. */
export class LoopPace implements Pace {
  readonly #lines: Readonly<Record<Priority, Line>> = { urgent: new Line(), bulk: new Line() };
  /** End of the current slice, on the clock of {@link performance}; undefined if none was begun. */
  #endsAt: number | undefined;

  turn(priority: Priority): Promise<void> | undefined {
    this.#endsAt ??= this.#begin();
    const { urgent, bulk } = this.#lines;
    const isFirst = urgent.isEmpty && (priority === 'urgent' || bulk.isEmpty);
    if (isFirst && performance.now() < this.#endsAt) return undefined;
    return new Promise((resolve) => this.#lines[priority].push(resolve));
  }

  /** Begins a slice, which ends with its time or with this iteration of the event loop. */
  #begin(): number {
    setImmediate(() => this.#iterate());
    return performance.now() + SLICE_MS;
  }

  #iterate(): void {
    this.#endsAt = undefined;
    if (this.#lines.urgent.isEmpty && this.#lines.bulk.isEmpty) return;
    this.#endsAt = this.#begin();
    this.#admit();
  }

  /** Resumes callers one at a time. The work of a caller is a microtask, and has run before the next one is resumed. */
  #admit(): void {
    if (this.#endsAt === undefined || performance.now() >= this.#endsAt) return;
    const resume = this.#lines.urgent.shift() ?? this.#lines.bulk.shift();
    if (!resume) return;
    resume();
    queueMicrotask(() => this.#admit());
  }
}
