/** A member's exports, imports and endpoints by state, for metrics. */
import type { Condition } from '../api/meta.ts';
import {
  ExportCondition,
  ImportCondition,
  ImportReason,
  type ServiceExport,
  type ServiceImport,
} from '../api/multicluster.ts';
import type { AddressRefusal } from '../core/export-policy.ts';
import { exportRival, otherImplementation } from '../core/import-manager.ts';
import type { SourceSlice } from '../core/view.ts';
import type { Logger } from '../runtime/logger.ts';
import { OtherWriters } from './other-writers.ts';
import { Tally } from './tally.ts';

export type ExportState = 'valid' | 'invalid' | 'pending';
export type ImportState = ImportReason | 'Other';
export type EndpointState = 'accepted' | AddressRefusal['kind'];

const REASONS: ReadonlySet<string> = new Set(Object.values(ImportReason));

function isImportReason(reason: string | undefined): reason is ImportReason {
  return reason !== undefined && REASONS.has(reason);
}

function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

function exportState({ status }: ServiceExport): ExportState {
  const { Exported, Valid } = ExportCondition;
  // Valid may be of another implementation, which has its own reasons.
  const valid = conditionOf(status?.conditions, Exported) ?? conditionOf(status?.conditions, Valid);
  if (!valid) return 'pending';
  return valid.status === 'True' ? 'valid' : 'invalid';
}

function isInConflict({ status }: ServiceExport): boolean {
  return conditionOf(status?.conditions, ExportCondition.Conflict)?.status === 'True';
}

/** Other clients may write any reason; it must not become a label. */
function importState({ status }: ServiceImport): ImportState {
  const ready = conditionOf(status?.conditions, ImportCondition.Ready);
  if (!ready) return ImportReason.Pending;
  return isImportReason(ready.reason) ? ready.reason : 'Other';
}

function isShared(exported: ServiceExport | undefined): boolean {
  return exported !== undefined && exportRival(exported) !== undefined;
}

function isOthers(imported: ServiceImport | undefined): boolean {
  return imported !== undefined && otherImplementation(imported) !== undefined;
}

/** Counts what the objects of a cache say, with each change of one of them. */
export class MemberTallies {
  readonly exports = new Tally<ExportState>();
  readonly imports = new Tally<ImportState>();
  readonly endpoints = new Tally<EndpointState>();
  /** Objects whose status another implementation writes. */
  readonly shared = new Tally<'ServiceExport' | 'ServiceImport'>();
  readonly #others: OtherWriters | undefined;
  #conflicts = 0;

  /** `logger`: for the other implementations whose objects are counted. Default: none. */
  constructor(logger?: Logger) {
    this.#others = logger && new OtherWriters(logger);
  }

  /** Exports with a conflict. */
  get conflicts(): number {
    return this.#conflicts;
  }

  exportChanged(before: ServiceExport | undefined, after: ServiceExport | undefined): void {
    this.exports.move(before && exportState(before), after && exportState(after));
    this.#others?.seen(after);
    this.shared.add('ServiceExport', Number(isShared(after)) - Number(isShared(before)));
    this.#conflicts += Number(after !== undefined && isInConflict(after));
    this.#conflicts -= Number(before !== undefined && isInConflict(before));
  }

  importChanged(before: ServiceImport | undefined, after: ServiceImport | undefined): void {
    this.imports.move(before && importState(before), after && importState(after));
    this.#others?.seen(after);
    this.shared.add('ServiceImport', Number(isOthers(after)) - Number(isOthers(before)));
  }

  /** For slices of endpoints that the member exports. */
  sliceChanged(before: SourceSlice | undefined, after: SourceSlice | undefined): void {
    if (before) this.#count(before, -1);
    if (after) this.#count(after, 1);
  }

  #count({ endpoints, refused }: SourceSlice, times: 1 | -1): void {
    this.endpoints.add('accepted', endpoints.length * times);
    for (const { kind } of refused) this.endpoints.add(kind, times);
  }
}
