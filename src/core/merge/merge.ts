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
  /** Exporting members, by name. */
  readonly members: readonly string[];
  readonly oldest: string;
  readonly type: ServiceImportType;
  readonly ports: readonly Port[];
  /** Every (protocol, port) of any exporter, including those that lost a conflict. */
  readonly offered: readonly Port[];
  /** Families that the exporters share, regardless of the consumer. */
  readonly families: readonly IPFamily[];
  readonly traffic: Traffic;
  readonly labels: Admitted;
  readonly annotations: Admitted;
  readonly conflict: Conflict | undefined;
}

/** One namespace/name across the clusterset, and how reliable the knowledge of it is. */
export interface Clusterset {
  readonly exports: Exports;
  /** The merge of the known exports; undefined if there are none. */
  readonly merged: Merged | undefined;
  /** Members of which nothing is known. Their endpoints and their contribution to the merge stay. */
  readonly unknown: ReadonlySet<string>;
  /** Those of {@link unknown} that exported when last known, by name. */
  readonly missing: readonly string[];
  /** Members whose endpoints have expired. */
  readonly expired: ReadonlySet<string>;
  /** Whether merged fields stay as observed, because some of {@link missing} may have contributed to them. */
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
 * Merges the sources, in any order. `lastSources` are the members in `status.clusters` of any member's import of this
 * name, or in the source-cluster label of any member's derived slices: the last known exporters. They matter only if a
 * member is unknown.
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
