/**
 * Decides who manages a ServiceImport. The only place for this decision.
 *
 * | status.clusters or Ready set by | origin label | type and ports set by | applied with kubectl | managed by           |
 * | ------------------------------- | ------------ | --------------------- | -------------------- | -------------------- |
 * | another controller              | any          | any                   | any                  | that controller      |
 * | Catamaran, kubectl or no one    | automatic    | any                   | any                  | Catamaran            |
 * |                                 | other        | Catamaran alone       | no                   | Catamaran            |
 * |                                 | other        | Catamaran alone       | yes                  | its user             |
 * |                                 | other        | others, or unknown    | any                  | its user             |
 *
 * Only a controller writes the status: users and GitOps tools write the spec. Users who edit a status do so with
 * kubectl, and it is repaired. Of a user's import, Catamaran never sets the type or the ports, so these show that it
 * created an import whose label was removed. A user who applies a manifest without the label takes the import over.
 */
import { FIELD_MANAGER, IMPORT_ORIGIN, IMPORT_ORIGIN_AUTOMATIC, LAST_APPLIED } from '../api/labels.ts';
import type { ManagedFieldsEntry } from '../api/meta.ts';
import type { ServiceExport, ServiceImport } from '../api/multicluster.ts';
import { areOfCatamaran, setsClusters, setsExportCondition, setsReady, settersOf } from './field-managers.ts';
import { implementationOf } from './other-implementations.ts';

/** Whether Catamaran created the import, and follows the exports with it. */
export function isAutomatic(imported: ServiceImport): boolean {
  const { labels, annotations } = imported.metadata;
  if (labels?.[IMPORT_ORIGIN] === IMPORT_ORIGIN_AUTOMATIC) return true;
  if (annotations?.[LAST_APPLIED] !== undefined) return false;
  return areOfCatamaran(settersOf(imported, 'type')) && areOfCatamaran(settersOf(imported, 'ports'));
}

function isController({ manager = '' }: ManagedFieldsEntry): boolean {
  return manager !== FIELD_MANAGER && manager !== 'kubectl' && !manager.startsWith('kubectl-');
}

/** Entries of other controllers that have a part of the status that Catamaran would set. */
export function rivalsOf(entries: readonly ManagedFieldsEntry[]): readonly ManagedFieldsEntry[] {
  return entries.filter((entry) => isController(entry) && (setsClusters(entry) || setsReady(entry)));
}

/** Another implementation that writes the status of an import. */
export interface OtherImplementation {
  /** Name of its field manager. */
  readonly manager: string;
  /** Whether it sets the condition Ready. */
  readonly setsReady: boolean;
}

/** The other implementation that manages an import; undefined if none does. */
export function otherImplementation({ metadata }: ServiceImport): OtherImplementation | undefined {
  if (!metadata.managedFields) return undefined;
  const rivals = rivalsOf(metadata.managedFields);
  const [manager] = rivals.map(({ manager = '' }) => manager).toSorted();
  return manager === undefined ? undefined : { manager, setsReady: rivals.some(setsReady) };
}

/** Entries of other controllers that set a condition of an export that Catamaran would set. */
export function exportRivalsOf(entries: readonly ManagedFieldsEntry[]): readonly ManagedFieldsEntry[] {
  return entries.filter((entry) => isController(entry) && setsExportCondition(entry));
}

/**
 * Who else sets the conditions of an export: a field manager, or an implementation that is known by its messages, since
 * API servers record no managers of an export that was created without labels, annotations and spec. Undefined if no one.
 */
export function exportRival({ metadata, status }: ServiceExport): string | undefined {
  const [manager] = exportRivalsOf(metadata.managedFields ?? [])
    .map(({ manager = '' }) => manager)
    .toSorted();
  return manager ?? implementationOf(status?.conditions ?? []);
}
