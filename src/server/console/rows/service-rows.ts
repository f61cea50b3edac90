/** The rows of the matrix, each made once per change of its Service, for all pages. */
import type { ServiceKey } from '../../../api/meta.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import { type Attention, serviceAttention } from '../../../inspect/attention.ts';
import { type ServiceReport, serviceReport } from '../../../inspect/service-report.ts';
import type { Pace } from '../../../runtime/pace.ts';
import { visibleJson } from '../../../runtime/visible.ts';
import type { ExportCell, Flow, ImportCell, ServiceSummary } from '../api-types.ts';

/** What is kept of one Service. */
export interface Row {
  readonly summary: ServiceSummary;
  readonly json: string;
  readonly attention: readonly Attention[];
  readonly flows: readonly Omit<Flow, 'services'>[];
}

/** Notices of one Service that are kept: with hundreds of importers, one problem is on all of them. */
const MOST_ATTENTION = 20;

export function summaryOf({ namespace, name, state, exports, imports }: ServiceReport): ServiceSummary {
  const type = imports[0]?.type;
  return {
    namespace,
    name,
    state,
    ...(type !== undefined && { type }),
    exports: exports.map(
      ({ member, state: each, reason, endpoints: { ready, total } }): ExportCell => ({
        member,
        state: each,
        ...(reason !== undefined && { reason }),
        ready,
        total,
      }),
    ),
    imports: imports.map(
      ({ member, state: each, reason, managedBy, endpoints }): ImportCell => ({
        member,
        state: each,
        ...(reason !== undefined && { reason }),
        ready: endpoints.reduce((sum, { ready }) => sum + ready, 0),
        ...(managedBy !== undefined && { managedBy }),
      }),
    ),
  };
}

function rowOf(report: ServiceReport): Row {
  const summary = summaryOf(report);
  return {
    summary,
    json: visibleJson(JSON.stringify(summary)),
    attention: serviceAttention(report).slice(0, MOST_ATTENTION),
    flows: report.imports.flatMap(({ member: to, endpoints }) =>
      endpoints.map(({ member: from, ready }) => ({ from, to, endpoints: ready })),
    ),
  };
}

export class ServiceRows {
  readonly #fleet: Fleet;
  readonly #pace: Pace;
  /** `undefined`: neither exported nor imported. */
  readonly #rows = new Map<ServiceKey, Row | undefined>();
  /** All keys in order; undefined if one was added or removed. */
  #sorted: readonly ServiceKey[] | undefined;

  constructor(fleet: Fleet, pace: Pace) {
    this.#fleet = fleet;
    this.#pace = pace;
  }

  changed(key: ServiceKey): void {
    if (!this.#rows.delete(key)) this.#sorted = undefined;
  }

  /** After a change of the members. */
  clear(): void {
    this.#rows.clear();
    this.#sorted = undefined;
  }

  row(key: ServiceKey): Row | undefined {
    if (this.#rows.has(key)) return this.#rows.get(key);
    const report = serviceReport(this.#fleet, key);
    const row = report.exports.length + report.imports.length > 0 ? rowOf(report) : undefined;
    this.#rows.set(key, row);
    return row;
  }

  /** Calls `visit` for the rows after a key, in order, until it returns false; lets other work run in between. */
  async each(after: ServiceKey | undefined, visit: (key: ServiceKey, row: Row) => boolean): Promise<void> {
    const keys = this.#keys();
    for (let at = after === undefined ? 0 : firstAfter(keys, after); at < keys.length; at++) {
      const key = keys[at];
      if (key === undefined) return;
      const turn = this.#rows.has(key) ? undefined : this.#pace.turn('bulk');
      if (turn) await turn;
      const row = this.row(key);
      if (row && !visit(key, row)) return;
    }
  }

  #keys(): readonly ServiceKey[] {
    if (this.#sorted && this.#sorted.length === this.#fleet.index.size) return this.#sorted;
    this.#sorted = [...this.#fleet.index.keys()].sort();
    const held = new Set(this.#sorted);
    for (const key of this.#rows.keys()) if (!held.has(key)) this.#rows.delete(key);
    return this.#sorted;
  }
}

function firstAfter(keys: readonly ServiceKey[], after: ServiceKey): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
