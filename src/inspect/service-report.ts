/** One Service of the clusterset as its members show it, as plain data: for the command line and the console. */
import { IMPORT_ORIGIN, IMPORT_ORIGIN_AUTOMATIC } from '../api/labels.ts';
import { type ServiceKey, splitKey } from '../api/meta.ts';
import {
  ExportCondition,
  ImportCondition,
  type ServiceExport,
  type ServiceImport,
  type ServiceImportType,
} from '../api/multicluster.ts';
import { otherImplementation } from '../core/import-manager.ts';
import { derivedServiceName } from '../core/naming.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Member } from '../fleet/member.ts';
import { conditionOf } from './condition.ts';

/** Reason and message of the condition that explains a state. */
export interface Cause {
  readonly reason?: string;
  readonly message?: string;
}

/** Endpoints of an exported Service. */
export interface EndpointCounts {
  readonly ready: number;
  /** Including those that are not ready. */
  readonly total: number;
  /** Endpoints that may not be announced; not part of the others. */
  readonly refused: number;
}

/** `Pending`: the controller has not reported on the export as it is now. */
export type ExportState = 'Exported' | 'Conflict' | 'Invalid' | 'Pending';

export interface ExportReport extends Cause {
  readonly member: string;
  readonly state: ExportState;
  /** RFC 3339. */
  readonly createdAt?: string;
  readonly endpoints: EndpointCounts;
}

/** `Pending`: no controller has reported on the import as it is now. */
export type ImportState = 'Ready' | 'NotReady' | 'Pending';

/** Ready endpoints that a consumer has from a member. */
export interface ImportedEndpoints {
  readonly member: string;
  readonly ready: number;
}

export interface ImportReport extends Cause {
  readonly member: string;
  readonly state: ImportState;
  readonly origin: 'automatic' | 'user';
  /** The field manager of another implementation that manages the import. */
  readonly managedBy?: string;
  readonly type: ServiceImportType;
  readonly ips: readonly string[];
  /** Name of the derived Service; absent if it does not exist. */
  readonly derivedService?: string;
  /** In the order of the members' names. */
  readonly endpoints: readonly ImportedEndpoints[];
}

/**
 * What a user has to know first: nothing is imported from an invalid or pending export; `Conflict` and `NotReady` apply
 * to at least one member.
 */
export type ServiceState = 'Ready' | 'Conflict' | 'NotReady' | 'Pending' | 'Invalid' | 'NotExported' | 'NotImported';

export interface ServiceReport {
  readonly namespace: string;
  readonly name: string;
  readonly state: ServiceState;
  readonly exports: readonly ExportReport[];
  readonly imports: readonly ImportReport[];
}

function causeOf(condition: Cause | undefined): Cause {
  if (!condition) return {};
  const { reason, message } = condition;
  return { ...(reason !== undefined && { reason }), ...(message !== undefined && message !== '' && { message }) };
}

function exportState(exported: ServiceExport): Pick<ExportReport, 'state' | 'reason' | 'message'> {
  const valid = conditionOf(exported, ExportCondition.Valid);
  if (!valid || valid.status === 'Unknown') return { state: 'Pending', ...causeOf(valid) };
  if (valid.status === 'False') return { state: 'Invalid', ...causeOf(valid) };
  const conflict = conditionOf(exported, ExportCondition.Conflict);
  if (conflict?.status === 'True') return { state: 'Conflict', ...causeOf(conflict) };
  const accepted = conditionOf(exported, ExportCondition.EndpointsAccepted);
  return { state: 'Exported', ...(accepted?.status === 'False' && causeOf(accepted)) };
}

export function exportReport(key: ServiceKey, { name, cache }: Member, exported: ServiceExport): ExportReport {
  const slices = cache.sourceSlices(key);
  const endpoints = slices.flatMap((slice) => slice.endpoints);
  const { creationTimestamp } = exported.metadata;
  return {
    member: name,
    ...exportState(exported),
    ...(creationTimestamp !== undefined && { createdAt: creationTimestamp }),
    endpoints: {
      ready: endpoints.filter(({ conditions }) => conditions?.ready !== false).length,
      total: endpoints.length,
      refused: slices.reduce((sum, { refused }) => sum + refused.length, 0),
    },
  };
}

/** Conditions that explain an import on which requests may fail although it is ready. */
const CAVEATS = [ImportCondition.EndpointsAvailable, ImportCondition.SourcesReachable] as const;

function importState(imported: ServiceImport): Pick<ImportReport, 'state' | 'reason' | 'message'> {
  const ready = conditionOf(imported, ImportCondition.Ready);
  if (!ready || ready.status === 'Unknown') return { state: 'Pending', ...causeOf(ready) };
  if (ready.status === 'False') return { state: 'NotReady', ...causeOf(ready) };
  const caveat = CAVEATS.map((type) => conditionOf(imported, type)).find((each) => each?.status === 'False');
  const isEmpty = caveat?.type === ImportCondition.EndpointsAvailable;
  return { state: isEmpty ? 'NotReady' : 'Ready', ...causeOf(caveat) };
}

export function importReport(key: ServiceKey, { name, cache, config }: Member, imported: ServiceImport): ImportReport {
  const derived = derivedServiceName(config.derivedPrefix, splitKey(key).name);
  const ready = new Map<string, number>();
  for (const slice of cache.derivedSlices(key)) ready.set(slice.source, (ready.get(slice.source) ?? 0) + slice.ready);
  const other = otherImplementation(imported);
  return {
    member: name,
    ...importState(imported),
    origin: imported.metadata.labels?.[IMPORT_ORIGIN] === IMPORT_ORIGIN_AUTOMATIC ? 'automatic' : 'user',
    ...(other && { managedBy: other.manager }),
    type: imported.spec.type,
    ips: imported.spec.ips ?? [],
    ...(cache.derivedServices(key).some(({ metadata }) => metadata.name === derived) && { derivedService: derived }),
    endpoints: [...ready].sort(([a], [b]) => (a < b ? -1 : 1)).map(([member, count]) => ({ member, ready: count })),
  };
}

function stateOf(exports: readonly ExportReport[], imports: readonly ImportReport[]): ServiceState {
  const served = exports.filter(({ state }) => state === 'Exported' || state === 'Conflict');
  if (exports.length === 0) return 'NotExported';
  if (served.length === 0) return exports.some(({ state }) => state === 'Invalid') ? 'Invalid' : 'Pending';
  if (imports.some(({ state }) => state === 'NotReady')) return 'NotReady';
  if (imports.some(({ state }) => state === 'Pending')) return 'Pending';
  if (exports.some(({ state }) => state === 'Conflict')) return 'Conflict';
  if (exports.some(({ state }) => state === 'Invalid')) return 'Invalid';
  return imports.length === 0 ? 'NotImported' : 'Ready';
}

/** A name that at least one member exports or imports. */
export function serviceReport(fleet: Fleet, key: ServiceKey): ServiceReport {
  const members = fleet.members.filter((member) => fleet.isMember(member));
  const exports = members.flatMap((member) => {
    const exported = member.cache.exports.get(key);
    return exported ? [exportReport(key, member, exported)] : [];
  });
  const imports = members.flatMap((member) => {
    const imported = member.cache.imports.get(key);
    return imported ? [importReport(key, member, imported)] : [];
  });
  return { ...splitKey(key), state: stateOf(exports, imports), exports, imports };
}
