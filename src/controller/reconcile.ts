/** One pass over one name in one member: view -> desired -> plan -> apply. */
import type { ServiceKey } from '../api/meta.ts';
import { timestamp } from '../api/time.ts';
import type { Change } from '../core/change.ts';
import type { Derivations } from '../core/desired/derivations.ts';
import { desired } from '../core/desired/desired.ts';
import type { Exports } from '../core/merge/exports.ts';
import { plan } from '../core/plan/plan.ts';
import type { ServiceView } from '../fleet/views.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { MetadataPace } from './metadata-pace.ts';
import type { Metrics } from './metrics.ts';
import type { Result } from './result.ts';
import { SingleReports } from './single-reports.ts';
import { WriteLoopDetector } from './write-loop.ts';

/** The due changes in the consumer of a view. `now` is in ms since the epoch. */
export function changesFor({ clusterset, consumer }: ServiceView, derivations: Derivations, now: number): Change[] {
  const wanted = desired(clusterset, consumer, derivations);
  return plan(consumer, wanted, timestamp(now));
}

export interface ReconcilerOptions {
  readonly view: (key: ServiceKey) => ServiceView;
  /** {@link changesFor}, with everything but the view bound. */
  readonly changes: (view: ServiceView) => readonly Change[];
  /** `signal` aborts the writes; `key` is the one that they are for. */
  readonly apply: (changes: readonly Change[], signal?: AbortSignal, key?: ServiceKey) => Promise<Result>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'reconciled'>;
}

/** The due changes, and the exports that they follow from. */
interface Plan {
  readonly changes: readonly Change[];
  readonly exports: Exports;
}

/** Reconciles the keys of one member; remembers refused writes, and detects reverted ones. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #writeLoops = new WriteLoopDetector();
  readonly #metadata = new MetadataPace();
  readonly #reports = new SingleReports();
  /** Messages of the API server for refused writes, by key. */
  readonly #refusals = new Map<ServiceKey, string>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** Never rejects. `signal` gives up writes that hang. */
  async reconcile(key: ServiceKey, signal?: AbortSignal): Promise<Result> {
    const { apply, clock, logger, metrics } = this.#options;
    const started = clock.now();
    try {
      const planned = this.#duePlan(key);
      const { changes, waitMs } = this.#metadata.due(key, this.#reports.due(key, planned.changes), started);
      if (changes.length === 0) {
        if (waitMs !== undefined) return { outcome: 'unchanged', retryMs: waitMs };
        this.#refusals.delete(key);
        return { outcome: 'unchanged' };
      }
      const result = await apply(changes, signal, key);
      metrics.reconciled(result.outcome, clock.now() - started);
      if (result.outcome === 'applied') this.#reports.note(key, changes);
      await this.#reportRefusal(key, result.refusal, signal);
      const wrote = result.outcome === 'applied' || result.outcome === 'stale';
      if (!wrote || !this.#writeLoops.note(key, changes, clock.now(), () => causeOf(planned.exports))) return result;
      const last = changes.map(({ op, resource, name, why }) => `${op} ${resource}/${name}: ${why}`);
      logger.warn({ service: key, last }, 'writes are being reverted by another client');
      return { outcome: 'reverted' };
    } catch (err) {
      logger.error({ service: key, err }, 'reconcile failed');
      metrics.reconciled('error', clock.now() - started);
      return { outcome: 'failed' };
    }
  }

  #plan(key: ServiceKey, refusal: string | undefined): Plan {
    const { clusterset, consumer } = this.#options.view(key);
    const reported = { ...consumer, ...(refusal !== undefined && { refusal }) };
    return { changes: this.#options.changes({ clusterset, consumer: reported }), exports: clusterset.exports };
  }

  /** A refusal is reported only as long as the refused change is due. */
  #duePlan(key: ServiceKey): Plan {
    const refusal = this.#refusals.get(key);
    const planned = this.#plan(key, refusal);
    return refusal !== undefined && planned.changes.every(isStatus) ? this.#plan(key, undefined) : planned;
  }

  /** Reports a refusal on the import, since its user may be able to fix the cause. */
  async #reportRefusal(key: ServiceKey, refusal: string | undefined, signal?: AbortSignal): Promise<void> {
    if (refusal === undefined) {
      this.#refusals.delete(key);
      return;
    }
    this.#refusals.set(key, refusal);
    await this.#options.apply(this.#plan(key, refusal).changes.filter(isStatus), signal, key);
  }
}

/** Identifies the exports and their Services. */
function causeOf({ valid, invalid }: Exports): string {
  const parts = valid.map(({ service, ...exporter }) => [exporter.export.metadata.uid, service.metadata.uid]);
  return JSON.stringify([...parts, ...invalid.map((each) => each.export.metadata.uid)]);
}

function isStatus({ stage }: Change): boolean {
  return stage === 'status';
}
