/** The process of one replica: a clock of its own, that may be off; it can be paused, and killed at any moment. */

import type { Clock } from '../../src/runtime/clock.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Everything that reaches the controller goes through its process: timers, answers, events. */
export class ReplicaProcess implements Clock {
  readonly identity: string;
  readonly #time: VirtualTime;
  readonly #skewMs: number;
  /** Kills at the write with this number, before it is sent or after it was done. */
  #fuse: { readonly when: 'before' | 'after'; left: number } | undefined;
  /** The write at which it was killed. */
  killedAt: string | undefined;
  #killed = false;
  #pausedUntil = 0;

  constructor(identity: string, time: VirtualTime, skewMs: number) {
    this.identity = identity;
    this.#time = time;
    this.#skewMs = skewMs;
  }

  get killed(): boolean {
    return this.#killed;
  }

  /** From now on it does nothing any more; what waits, waits for ever. */
  kill(): void {
    this.#killed = true;
  }

  /** From now on its write with this number, counted from 1, is its last. */
  killAtWrite(number: number, when: 'before' | 'after'): void {
    this.#fuse = { when, left: number };
  }

  /** Takes a plan to kill it back. */
  spare(): void {
    this.#fuse = undefined;
  }

  /** A write is to be sent, or has been done. Does not come back where the process dies of it. */
  async aboutToWrite(when: 'before' | 'after', what: string): Promise<void> {
    if (this.#fuse?.when === when && --this.#fuse.left <= 0) {
      this.killedAt = `${when} ${what}`;
      this.kill();
    }
    await this.running();
  }

  /** Stops it for a while, as a laptop's lid or a hypervisor does; its clock goes on. */
  pause(ms: number): void {
    this.#pausedUntil = this.#time.now() + ms;
  }

  now(): number {
    return this.#time.now() + this.#skewMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    try {
      await this.#time.sleep(ms, signal);
    } finally {
      if (!signal?.aborted) await this.running();
    }
  }

  /** Resolves when the process runs: at once, after a pause, or never. */
  async running(): Promise<void> {
    if (this.#killed) await new Promise(() => {});
    while (this.#time.now() < this.#pausedUntil) await this.#time.sleep(this.#pausedUntil - this.#time.now());
    if (this.#killed) await new Promise(() => {});
  }
}
