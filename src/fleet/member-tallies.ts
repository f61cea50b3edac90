/** A member's exports, imports and endpoints by state, for metrics. */
import type { Condition } from '../api/meta.ts';
import {
  ExportCondition,
  ExportReason,
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
import { Troubles } from './troubles.ts';

export type ExportState = 'valid' | 'invalid' | 'pending';
export type ImportState = ImportReason | 'Other';
export type EndpointState = 'accepted' | AddressRefusal['kind'];

/** Why an export does not have the effect that its user expects, or a part of it. */
const EXPORT_TROUBLES = [
  ExportReason.AddressRefused,
  ExportReason.InvalidObject,
  ExportReason.NotAllowed,
  ExportReason.LimitReached,
] as const;
/** Why nothing answers at an import. */
const IMPORT_TROUBLES = [
  ImportReason.NoEndpoints,
  ImportReason.NoneReady,
  ImportReason.AddressesRefused,
  ImportReason.LocalPolicyOnly,
] as const;

export type ExportTrouble = 'Conflict' | (typeof EXPORT_TROUBLES)[number] | 'Other';
export type ImportTrouble = (typeof IMPORT_TROUBLES)[number] | 'Other';

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

/** The reason of a condition that is False, if it is one of those; other clients may write any. */
function falseReason<Reason extends string>(
  condition: Condition | undefined,
  reasons: readonly Reason[],
): readonly (Reason | 'Other')[] {
  if (condition?.status !== 'False') return [];
  return [reasons.find((reason) => reason === condition.reason) ?? 'Other'];
}

function exportTroubles(exported: ServiceExport | undefined): readonly ExportTrouble[] {
  if (!exported) return [];
  const accepted = conditionOf(exported.status?.conditions, ExportCondition.EndpointsAccepted);
  return [...(isInConflict(exported) ? ['Conflict' as const] : []), ...falseReason(accepted, EXPORT_TROUBLES)];
}

function importTroubles(imported: ServiceImport | undefined): readonly ImportTrouble[] {
  return falseReason(conditionOf(imported?.status?.conditions, ImportCondition.EndpointsAvailable), IMPORT_TROUBLES);
}

function objectName({ metadata }: ServiceExport | ServiceImport): string {
  return `${metadata.namespace}/${metadata.name}`;
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
  readonly troubledExports = new Troubles<ExportTrouble>();
  readonly troubledImports = new Troubles<ImportTrouble>();
  readonly #others: OtherWriters | undefined;

  /** `logger`: for the other implementations whose objects are counted. Default: none. */
  constructor(logger?: Logger) {
    this.#others = logger && new OtherWriters(logger);
  }

  /** Exports with a conflict. */
  get conflicts(): number {
    return this.troubledExports.count('Conflict');
  }

  exportChanged(before: ServiceExport | undefined, after: ServiceExport | undefined): void {
    this.exports.move(before && exportState(before), after && exportState(after));
    this.#others?.seen(after);
    this.shared.add('ServiceExport', Number(isShared(after)) - Number(isShared(before)));
    const either = after ?? before;
    if (either) this.troubledExports.changed(objectName(either), exportTroubles(before), exportTroubles(after));
  }

  importChanged(before: ServiceImport | undefined, after: ServiceImport | undefined): void {
    this.imports.move(before && importState(before), after && importState(after));
    this.#others?.seen(after);
    this.shared.add('ServiceImport', Number(isOthers(after)) - Number(isOthers(before)));
    const either = after ?? before;
    if (either) this.troubledImports.changed(objectName(either), importTroubles(before), importTroubles(after));
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
