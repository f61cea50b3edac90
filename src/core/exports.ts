/** Which members export a Service, and whether they may. KEP-1645, "Exporting Services" and "Service Types". */
import type { Service } from '../api/core.ts';
import type { EndpointSlice } from '../api/endpoint-slice.ts';
import { DERIVED_FROM, MANAGER, SLICE_MANAGED_BY, SOURCE_CLUSTER } from '../api/labels.ts';
import { ExportReason, type ServiceExport, type ServiceImportType } from '../api/multicluster.ts';
import { quoted } from './message.ts';
import type { SourceView } from './view.ts';

/** A member with a valid export: what the merge takes in. */
export interface Exporter {
  readonly member: string;
  readonly export: ServiceExport;
  readonly service: Service;
  /** Slices of its own endpoints. */
  readonly slices: readonly EndpointSlice[];
  readonly source: SourceView;
}

/** A member whose export cannot take part, and why. */
export interface InvalidExport {
  readonly member: string;
  readonly export: ServiceExport;
  readonly reason: 'NoService' | 'InvalidServiceType';
  readonly message: string;
}

/** The exports of one name, the valid ones in order of precedence. */
export interface Exports {
  readonly valid: readonly Exporter[];
  readonly invalid: readonly InvalidExport[];
}

/** Type of the import that a Service alone would give. */
export function importTypeOf(service: Service): ServiceImportType {
  return service.spec.clusterIP === 'None' ? 'Headless' : 'ClusterSetIP';
}

/** Slices of a member's own: nothing that was imported is exported again. */
function ownSlices({ slices }: SourceView): readonly EndpointSlice[] {
  return slices.filter(
    ({ metadata: { labels } }) => labels?.[SOURCE_CLUSTER] === undefined && labels?.[SLICE_MANAGED_BY] !== MANAGER,
  );
}

/** The oldest export first; exports of one second in the order of their members' names. */
function byPrecedence(a: Exporter, b: Exporter): number {
  const [first, second] = [a, b].map(({ export: { metadata } }) => Date.parse(metadata.creationTimestamp ?? ''));
  // An object without a time was not read from an API server: it comes last.
  const age = (first || Number.MAX_SAFE_INTEGER) - (second || Number.MAX_SAFE_INTEGER);
  return age || (a.member < b.member ? -1 : 1);
}

function judge(source: SourceView, exported: ServiceExport): Exporter | InvalidExport {
  const { member, service } = source;
  const invalid = { member, export: exported };
  const name = `${exported.metadata.namespace ?? ''}/${exported.metadata.name}`;
  if (!service || service.metadata.deletionTimestamp !== undefined) {
    const state = service ? 'is being deleted' : 'does not exist';
    return { ...invalid, reason: ExportReason.NoService, message: `Service ${quoted(name)} ${state}` };
  }
  if (service.spec.type === 'ExternalName') {
    const message = `Service ${quoted(name)} is of type ExternalName, which has no endpoints to export`;
    return { ...invalid, reason: ExportReason.InvalidServiceType, message };
  }
  if (service.metadata.labels?.[DERIVED_FROM] !== undefined) {
    const message = `Service ${quoted(name)} is derived from a ServiceImport; export the Service it was imported from`;
    return { ...invalid, reason: ExportReason.InvalidServiceType, message };
  }
  return { member, export: exported, service, slices: ownSlices(source), source };
}

function sortOut(sources: readonly SourceView[]): Exports {
  const verdicts = sources.flatMap((source) =>
    source.known && source.export && source.export.metadata.deletionTimestamp === undefined
      ? [judge(source, source.export)]
      : [],
  );
  return {
    valid: verdicts.filter((verdict) => 'service' in verdict).toSorted(byPrecedence),
    invalid: verdicts.filter((verdict) => 'reason' in verdict),
  };
}

const sortedOut = new WeakMap<readonly SourceView[], Exports>();

/**
 * Sorts out the exports of all known members. An export that is being deleted exports nothing any more. Remembered by
 * the identity of the list, which the consumers of a fleet share.
 */
export function exportsOf(sources: readonly SourceView[]): Exports {
  const known = sortedOut.get(sources) ?? sortOut(sources);
  sortedOut.set(sources, known);
  return known;
}
