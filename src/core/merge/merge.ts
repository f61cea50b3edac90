/**
 * The merge of all exports of one namespace/name, once for all consumers.
 * KEP-1645, "Constraints and Conflict Resolution".
 */
import type { IPFamily } from '../../api/meta.ts';
import type { ServiceImportType } from '../../api/multicluster.ts';
import type { SourceView } from '../view.ts';
import { type Conflict, conflictOf } from './conflicts.ts';
import { type Admitted, admitAnnotations, admitLabels } from './exported-keys.ts';
import { classifyExports, type Exporter, type Exports, importTypeOf } from './exports.ts';
import { commonFamilies, familiesOf } from './families.ts';
import { type Port, portsOf, unionOfPorts } from './ports.ts';
import { type Traffic, trafficOf } from './traffic.ts';

/** The merge of at least one valid export. */
export interface Merged {
  /** Members that export, by name. */
  readonly members: readonly string[];
  readonly oldest: string;
  readonly type: ServiceImportType;
  readonly ports: readonly Port[];
  /** Every (protocol, port) that some member offers, the losers of a conflict included. */
  readonly offered: readonly Port[];
  /** Families that the exporters have in common, whatever the consumer has. */
  readonly families: readonly IPFamily[];
  readonly traffic: Traffic;
  readonly labels: Admitted;
  readonly annotations: Admitted;
  readonly conflict: Conflict | undefined;
}

/** One namespace/name across the clusterset, and how far what is known of it can be relied on. */
export interface Clusterset {
  readonly exports: Exports;
  /** The merge of what is known; undefined if no known member exports. */
  readonly merged: Merged | undefined;
  /** Members of which nothing is known. Their endpoints and their part in the merge stay. */
  readonly unknown: ReadonlySet<string>;
  /** Those of {@link unknown} that took part when it was last known, by name. */
  readonly missing: readonly string[];
  /** Members whose endpoints have expired. */
  readonly expired: ReadonlySet<string>;
  /** Whether merged fields stay as they are observed, because some of {@link missing} may have shaped them. */
  readonly frozen: boolean;
}

function mergeExports(oldest: Exporter, exporters: readonly Exporter[]): Merged {
  const ports = exporters.map(({ service }) => portsOf(service.spec.ports));
  return {
    members: exporters.map(({ member }) => member).toSorted(),
    oldest: oldest.member,
    type: importTypeOf(oldest.service),
    ports: unionOfPorts(ports),
    offered: ports.flat(),
    families: commonFamilies(exporters.map(({ service }) => familiesOf(service))),
    traffic: trafficOf(oldest.service),
    labels: admitLabels(oldest.export.spec?.exportedLabels),
    annotations: admitAnnotations(oldest.export.spec?.exportedAnnotations),
    conflict: conflictOf(exporters),
  };
}

function isExpired(source: SourceView): boolean {
  return source.standing === 'expired' || (source.standing === 'unknown' && source.expired);
}

/**
 * Merges the sources, in any order. `lastSources` are the members named in `status.clusters` of any
 * member's import of this name, or in the source-cluster label of any member's derived slices: who took part when it was
 * last known. It matters only if a member is unknown.
 */
export function merge(sources: readonly SourceView[], lastSources: readonly string[] = []): Clusterset {
  const exports = classifyExports(sources);
  const oldest = exports.valid[0];
  const unknown = new Set(sources.filter(({ standing }) => standing === 'unknown').map(({ member }) => member));
  const missing = [...unknown].filter((member) => lastSources.includes(member)).toSorted();
  return {
    exports,
    merged: oldest && mergeExports(oldest, exports.valid),
    unknown,
    missing,
    expired: new Set(sources.filter(isExpired).map(({ member }) => member)),
    frozen: missing.length > 0,
  };
}
