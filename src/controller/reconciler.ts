/** Where the work on one member is done: its queue, and the reconcile of one name. */
import type { ServiceKey } from '../api/meta.ts';
import type { Change } from '../core/change.ts';
import { fingerprint } from '../core/fingerprint.ts';
import type { Member } from '../fleet/member.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import type { Writer } from './apply.ts';
import type { Metrics } from './metrics.ts';
import { type Outcome, Queue } from './workqueue.ts';

/** Reconciles of one member at a time; the client bounds the requests below that. */
const WORKERS = 16;
/** More passes with writes over one key within {@link BUSY_MS} are looked at: the same write twice was undone. */
const MOST_PASSES = 20;
const BUSY_MS = 10_000;
/** They are looked at until there has been none for so long, in ms; longer than any back-off. */
const QUIET_MS = 60_000;
/** Parts of a change that differ each time that it is planned. */
const VARYING: ReadonlySet<string> = new Set(['precondition', 'lastTransitionTime']);

/** What a desk is made of. */
export interface DeskOptions {
  readonly member: Member;
  /** The changes that are due; `refusal` is what the API server said of the last ones, where it will not take them. */
  readonly plan: (key: ServiceKey, refusal: string | undefined) => readonly Change[];
  /** Whether there is anything to do: the member is listed and has not left. */
  readonly open: () => boolean;
  readonly writer: Pick<Writer, 'apply'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'reconciled'>;
}

/** Passes with writes over one key. */
interface Effort {
  readonly since: number;
  readonly lastAt: number;
  readonly count: number;
  /** Fingerprints of what was written, once there were too many. */
  readonly seen: Set<string>;
}

/** Reconciles the names of one member, one after the other for each name, some names at a time. */
export class Desk {
  readonly queue: Queue<ServiceKey>;
  readonly #options: DeskOptions;
  readonly #logger: Logger;
  /** By key, the one that was written last at the end. */
  readonly #efforts = new Map<ServiceKey, Effort>();
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
    const { member, open, writer, clock, metrics } = this.#options;
    const started = clock.now();
    try {
      if (!open()) return 'done';
      const changes = this.#due(key);
      if (changes.length === 0) {
        this.#refusals.delete(key);
        return 'done';
      }
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

  /** The changes that are due, and so is telling of a refusal while what was refused is. */
  #due(key: ServiceKey): readonly Change[] {
    const { plan } = this.#options;
    const refusal = this.#refusals.get(key);
    const changes = plan(key, refusal);
    return refusal !== undefined && changes.every(isStatus) ? plan(key, undefined) : changes;
  }

  /** Another pass at once; later and later where another controller or an admission webhook undoes our writes. */
  #again(key: ServiceKey, changes: readonly Change[]): Outcome {
    const { count, seen } = this.#noteEffort(key);
    if (count <= MOST_PASSES) return 'again';
    const print = fingerprint(JSON.stringify(changes, (field, value) => (VARYING.has(field) ? undefined : value)));
    if (!seen.has(print)) {
      // Other writes each time: much happens.
      if (seen.size >= MOST_PASSES) seen.clear();
      seen.add(print);
      return 'again';
    }
    const last = changes.map(({ op, resource, name, why }) => `${op} ${resource}/${name}: ${why}`);
    this.#logger.warn({ service: key, last }, 'writes do not last: somebody undoes them');
    return 'undone';
  }

  #noteEffort(key: ServiceKey): Effort {
    const now = this.#options.clock.now();
    const last = this.#efforts.get(key);
    const goesOn = last && now - last.lastAt < QUIET_MS && (last.count > MOST_PASSES || now - last.since < BUSY_MS);
    const effort = goesOn
      ? { ...last, lastAt: now, count: last.count + 1 }
      : { since: now, lastAt: now, count: 1, seen: new Set<string>() };
    this.#efforts.delete(key);
    this.#efforts.set(key, effort);
    for (const [other, { lastAt }] of this.#efforts) {
      if (now - lastAt < QUIET_MS) break;
      this.#efforts.delete(other);
    }
    return effort;
  }

  /** What the API server will not take is told on the import, since its user may be the one to mend it. */
  async #tellRefusal(key: ServiceKey, refusal: string | undefined): Promise<void> {
    if (refusal === undefined) {
      this.#refusals.delete(key);
      return;
    }
    this.#refusals.set(key, refusal);
    const statuses = this.#options.plan(key, refusal).filter(isStatus);
    await this.#options.writer.apply(this.#options.member, statuses);
  }
}

function isStatus({ stage }: Change): boolean {
  return stage === 'status';
}
