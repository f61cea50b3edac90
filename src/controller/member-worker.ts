/** The worker of one member: its workqueue, its reconciles, and the Events that they record. */
import type { ServiceKey } from '../api/meta.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { EventRecorder } from '../kube/events.ts';
import type { Pace } from '../runtime/pace.ts';
import type { Random } from '../runtime/random.ts';
import type { Places } from './places.ts';
import { Reconciler, type ReconcilerOptions } from './reconcile.ts';
import { requeueOf } from './result.ts';
import { Workqueue } from './workqueue.ts';

/** Concurrent reconciles per member; the client further bounds concurrent requests. */
const WORKERS = 16;
/** Those of them that bulk work leaves to changes. */
const RESERVED = 4;

export interface MemberWorkerOptions extends Omit<ReconcilerOptions, 'apply'> {
  readonly client: KubeClient;
  /** Name of this replica in Events. */
  readonly identity: string;
  readonly random: Random;
  /** Whether the member can be reconciled: it is synced and has not left. Otherwise keys are dropped. */
  readonly isOpen: () => boolean;
  /** Whether this replica may write to the member. Otherwise keys wait. */
  readonly mayWrite: () => boolean;
  readonly pace: Pace;
  readonly places: Places;
  readonly apply: (recorder: EventRecorder) => ReconcilerOptions['apply'];
}

export class MemberWorker {
  readonly queue: Workqueue<ServiceKey>;
  readonly recorder: EventRecorder;
  readonly #options: MemberWorkerOptions;
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(options: MemberWorkerOptions) {
    const { client, clock, random, logger, identity, pace, places, mayWrite } = options;
    this.#options = options;
    this.queue = new Workqueue({ clock, random, pace, places, workers: WORKERS, reserved: RESERVED, isOpen: mayWrite });
    this.recorder = new EventRecorder({ client, clock, random, logger, instance: identity });
  }

  /** Processes keys until the signal aborts or {@link stop} is called, then finishes those in progress. */
  run(signal: AbortSignal): void {
    const { isOpen, apply } = this.#options;
    const reconciler = new Reconciler({ ...this.#options, apply: apply(this.recorder) });
    const work = async (key: ServiceKey, stop: AbortSignal) =>
      isOpen() ? requeueOf(await reconciler.reconcile(key, stop)) : 'when-added';
    this.#done = this.queue.run(work, AbortSignal.any([this.#stop.signal, signal]));
  }

  /** Accepts no new work; resolves when the keys in progress are finished. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  /** Resolves when all work is finished and every Event has been sent. */
  async close(): Promise<void> {
    await this.stop();
    await this.recorder.close();
  }
}
