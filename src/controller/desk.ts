/** Where the work on one member is done: its queue, and the reconcile of one name. */
import type { ServiceKey } from '../api/meta.ts';
import type { Clock, Logger, Random } from '../api/runtime.ts';
import type { Change } from '../core/change.ts';
import type { Member } from '../fleet/member.ts';
import type { Metrics } from './metrics.ts';
import { type Outcome, Queue } from './queue.ts';
import type { Writer } from './writer.ts';

/** Reconciles of one member at a time; the client bounds the requests below that. */
const WORKERS = 16;
/** Passes over one key, each with writes, after which something must be undoing them. */
const MOST_PASSES = 20;

/** What a desk is made of. */
export interface DeskOptions {
  readonly member: Member;
  /** The changes that are due; `refusal` is what the API server said of the last ones, where it will not take them. */
  readonly plan: (key: ServiceKey, refusal: string | undefined) => readonly Change[];
  /** Whether there is anything to do: the member is listed and has not left. */
  readonly open: () => boolean;
  readonly writer: Writer;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Reconciles the names of one member, one after the other for each name, some names at a time. */
export class Desk {
  readonly queue: Queue<ServiceKey>;
  readonly #options: DeskOptions;
  readonly #logger: Logger;
  /** Passes with writes since the last one without, by key. */
  readonly #passes = new Map<ServiceKey, number>();
  /** What the API server said of our last writes for a key, where it will not take them. */
  readonly #refusals = new Map<ServiceKey, string>();

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ member: options.member.name });
    this.queue = new Queue({ clock: options.clock, random: options.random, workers: WORKERS });
  }

  /** Works until the signal aborts, and then finishes what is worked on. */
  async run(signal: AbortSignal): Promise<void> {
    await this.queue.run((key) => this.#reconcile(key), signal);
  }

  /** Read the view, plan, apply. Everything else is told by the next key. */
  async #reconcile(key: ServiceKey): Promise<Outcome> {
    const { member, plan, open, writer, clock, metrics } = this.#options;
    const started = clock.now();
    try {
      if (!open()) return 'done';
      const changes = plan(key, this.#refusals.get(key));
      if (changes.length === 0) return this.#rest(key);
      const { outcome, refusal } = await writer.apply(member, changes);
      metrics.reconciled(outcome, clock.now() - started);
      await this.#tellRefusal(key, refusal);
      if (outcome === 'denied') return 'done';
      // After a write the next step may be possible, such as the owner's UID for what it owns.
      return outcome === 'failed' ? 'failed' : this.#again(key, changes);
    } catch (err) {
      this.#logger.error({ service: key, err }, 'reconcile failed');
      metrics.reconciled('error', clock.now() - started);
      return 'failed';
    }
  }

  #rest(key: ServiceKey): Outcome {
    this.#passes.delete(key);
    return 'done';
  }

  /** Another pass at once; after too many, later and later: an admission webhook or another controller undoes our writes. */
  #again(key: ServiceKey, changes: readonly Change[]): Outcome {
    const count = (this.#passes.get(key) ?? 0) + 1;
    this.#passes.set(key, count);
    if (count <= MOST_PASSES) return 'again';
    const last = changes.map(({ op, resource, name, why }) => `${op} ${resource}/${name}: ${why}`);
    this.#logger.warn({ service: key, last }, 'writes do not last: somebody undoes them');
    return 'failed';
  }

  /** What the API server will not take is told on the import, since its user may be the one to mend it. */
  async #tellRefusal(key: ServiceKey, refusal: string | undefined): Promise<void> {
    if (refusal === undefined) {
      this.#refusals.delete(key);
      return;
    }
    this.#refusals.set(key, refusal);
    const statuses = this.#options.plan(key, refusal).filter(({ stage }) => stage === 'status');
    await this.#options.writer.apply(this.#options.member, statuses);
  }
}
