/**
 * Classifies the exports of a Service as valid or invalid, and reduces valid ones to what the fleet file allows.
 * KEP-1645, "Exporting Services" and "Service Types".
 */
import type { Service } from '../../api/core.ts';
import { ExportReason, type ServiceExport, type ServiceImportType } from '../../api/multicluster.ts';
import { clipped, PROBLEM_LENGTH, quoted } from '../message.ts';
import { isImportedService } from '../other-implementations.ts';
import { importOfService } from '../ownership.ts';
import type { KnownSource, SetAside, SourceSlice, SourceView } from '../view.ts';
import { acceptSlices, type RefusedSlice } from './accepted-slices.ts';
import { type Admitted, admitKeys } from './exported-keys.ts';
import { byAge } from './precedence.ts';

/** A member with a valid export, which is part of the merge. */
export interface Exporter {
  readonly member: string;
  readonly standing: KnownSource['standing'];
  readonly export: ServiceExport;
  readonly service: Service;
  /** Whether all addresses are in networks that the fleet file declares for the member. */
  readonly bounded: boolean;
  readonly slices: readonly SourceSlice[];
  /** Slices that do not fit their schema; their endpoints are unknown. */
  readonly setAside: readonly SetAside[];
  /** Slices that the fleet file does not allow. */
  readonly refusedSlices: readonly RefusedSlice[];
  /** Exported labels and annotations that may be set on an import. */
  readonly labels: Admitted;
  readonly annotations: Admitted;
}

/** A member whose export is not part of the merge, and why. */
export interface InvalidExport {
  readonly member: string;
  readonly export: ServiceExport;
  readonly reason: 'NoService' | 'InvalidServiceType' | 'InvalidService' | 'NotAllowed' | 'LimitReached';
  readonly message: string;
}

/** The exports of one name. */
export interface Exports {
  readonly valid: readonly Exporter[];
  readonly invalid: readonly InvalidExport[];
}

export function importTypeOf(service: Service): ServiceImportType {
  return service.spec.clusterIP === 'None' ? 'Headless' : 'ClusterSetIP';
}

function classify(source: KnownSource, exported: ServiceExport): Exporter | InvalidExport {
  const { member, standing, service, slices, policy, setAside = [] } = source;
  const invalid = { member, export: exported };
  if (policy.refusal) return { ...invalid, ...policy.refusal };
  const name = `${exported.metadata.namespace ?? ''}/${exported.metadata.name}`;
  const unusable = setAside.find(({ resource }) => resource === 'services');
  if (unusable) {
    const problem = clipped(`${unusable.field}: ${unusable.problem}`, PROBLEM_LENGTH);
    const message = `Service ${quoted(name)} does not fit the Kubernetes API: ${problem}`;
    return { ...invalid, reason: ExportReason.InvalidService, message };
  }
  if (!service || service.metadata.deletionTimestamp !== undefined) {
    const state = service ? 'is being deleted' : 'does not exist';
    return { ...invalid, reason: ExportReason.NoService, message: `Service ${quoted(name)} ${state}` };
  }
  if (service.spec.type === 'ExternalName') {
    const message = `Service ${quoted(name)} is of type ExternalName, which has no endpoints to export`;
    return { ...invalid, reason: ExportReason.InvalidServiceType, message };
  }
  if (importOfService(service.metadata) !== undefined) {
    const message = `Service ${quoted(name)} is derived from a ServiceImport; export the original Service instead`;
    return { ...invalid, reason: ExportReason.InvalidServiceType, message };
  }
  if (isImportedService(service.metadata)) {
    const message = `Service ${quoted(name)} is imported from other clusters by another implementation; export the original Service instead`;
    return { ...invalid, reason: ExportReason.InvalidServiceType, message };
  }
  const accepted = { bounded: policy.bounded, ...acceptSlices(slices, service, policy) };
  return { member, standing, export: exported, service, setAside, ...accepted, ...admitKeys(exported.spec, policy) };
}

/**
 * Classifies the exports of all known members, the valid ones in order of age. An export that is being deleted no longer
 * counts.
 */
export function classifyExports(sources: readonly SourceView[]): Exports {
  const classified = sources.flatMap((source) =>
    source.standing !== 'unknown' && source.export && source.export.metadata.deletionTimestamp === undefined
      ? [classify(source, source.export)]
      : [],
  );
  return {
    valid: classified.filter((each) => 'service' in each).toSorted(byAge),
    invalid: classified.filter((each) => 'reason' in each),
  };
}
