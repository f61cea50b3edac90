/** One pass over one name in one member: view -> desired -> plan -> apply. */
import type { ServiceKey } from '../api/meta.ts';
import type { Change } from '../core/change.ts';
import type { Derivations } from '../core/desired/derivations.ts';
import { desired } from '../core/desired/desired.ts';
import { plan } from '../core/plan/plan.ts';
import type { ServiceView } from '../fleet/views.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from './metrics.ts';
import type { Result } from './result.ts';
import { WriteLoopDetector } from './write-loop.ts';

/** The changes that take the consumer of a view to what it should hold. `now` is in ms since the epoch. */
export function changesFor({ clusterset, consumer }: ServiceView, derivations: Derivations, now: number): Change[] {
  const wanted = desired(clusterset, consumer, derivations);
  return plan(consumer, wanted, timestamp(now));
}

/** RFC 3339 in UTC to the second, as metav1.Time is written. */
function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** What the reconciles of one member depend on. */
export interface ReconcilerOptions {
  readonly view: (key: ServiceKey) => ServiceView;
  /** {@link changesFor}, with all but the view bound. */
  readonly changes: (view: ServiceView) => readonly Change[];
  readonly apply: (changes: readonly Change[]) => Promise<Result>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'reconciled'>;
}

/** Reconciles the names of one member; remembers what its API server refused, and which writes do not last. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #writeLoops = new WriteLoopDetector();
  /** The API server's answer to the last writes of a key that it refuses. */
  readonly #refusals = new Map<ServiceKey, string>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async reconcile(key: ServiceKey): Promise<Result> {
    const { apply, clock, logger, metrics } = this.#options;
    const started = clock.now();
    try {
      const changes = this.#dueChanges(key);
      if (changes.length === 0) {
        this.#refusals.delete(key);
        return { outcome: 'unchanged' };
      }
      const result = await apply(changes);
      metrics.reconciled(result.outcome, clock.now() - started);
      await this.#reportRefusal(key, result.refusal);
      const wrote = result.outcome === 'applied' || result.outcome === 'stale';
      if (!wrote || !this.#writeLoops.note(key, changes, clock.now())) return result;
      const last = changes.map(({ op, resource, name, why }) => `${op} ${resource}/${name}: ${why}`);
      logger.warn({ service: key, last }, 'writes are being reverted by another client');
      return { outcome: 'reverted' };
    } catch (err) {
      logger.error({ service: key, err }, 'reconcile failed');
      metrics.reconciled('error', clock.now() - started);
      return { outcome: 'failed' };
    }
  }

  #changes(key: ServiceKey, refusal: string | undefined): readonly Change[] {
    const { clusterset, consumer } = this.#options.view(key);
    return this.#options.changes({ clusterset, consumer: { ...consumer, ...(refusal !== undefined && { refusal }) } });
  }

  /** Reporting a refusal is due only while what was refused is. */
  #dueChanges(key: ServiceKey): readonly Change[] {
    const refusal = this.#refusals.get(key);
    const changes = this.#changes(key, refusal);
    return refusal !== undefined && changes.every(isStatus) ? this.#changes(key, undefined) : changes;
  }

  /** What the API server refuses is reported on the import, since its user may be the one who can fix it. */
  async #reportRefusal(key: ServiceKey, refusal: string | undefined): Promise<void> {
    if (refusal === undefined) {
      this.#refusals.delete(key);
      return;
    }
    this.#refusals.set(key, refusal);
    await this.#options.apply(this.#changes(key, refusal).filter(isStatus));
  }
}

function isStatus({ stage }: Change): boolean {
  return stage === 'status';
}
