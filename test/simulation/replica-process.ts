/** The process of one replica. Its clock may be skewed, and it can be paused or killed at any moment. */

import type { Clock } from '../../src/runtime/clock.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Timers, responses and events reach the controller only through its process. */
export class ReplicaProcess implements Clock {
  readonly identity: string;
  readonly #time: VirtualTime;
  readonly #skewMs: number;
  /** Kills the process at the write with this number, before it is sent or after it was applied. */
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

  /** From now on the process does nothing; anything pending waits forever. */
  kill(): void {
    this.#killed = true;
  }

  /** Kills the process at its write with this number, counted from 1. */
  killAtWrite(number: number, when: 'before' | 'after'): void {
    this.#fuse = { when, left: number };
  }

  /** Cancels a scheduled kill. */
  spare(): void {
    this.#fuse = undefined;
  }

  /** Called before a write is sent and after it was applied. Never resolves if the process is killed by it. */
  async aboutToWrite(when: 'before' | 'after', what: string): Promise<void> {
    if (this.#fuse?.when === when && --this.#fuse.left <= 0) {
      this.killedAt = `${when} ${what}`;
      this.kill();
    }
    await this.running();
  }

  /** Suspends the process, as by closing a laptop's lid or by a hypervisor; its clock keeps running. */
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

  /** Resolves when the process is running: immediately, after a pause, or never. */
  async running(): Promise<void> {
    if (this.#killed) await new Promise(() => {});
    while (this.#time.now() < this.#pausedUntil) await this.#time.sleep(this.#pausedUntil - this.#time.now());
    if (this.#killed) await new Promise(() => {});
  }
}
