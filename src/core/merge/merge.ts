/**
 * The merge of all exports of one namespace/name, once for all consumers.
 * KEP-1645, "Constraints and Conflict Resolution".
 */
import type { IPFamily } from '../../api/meta.ts';
import type { ServiceImportType } from '../../api/multicluster.ts';
import type { SourceView } from '../view.ts';
import { type Conflict, conflictOf } from './conflicts.ts';
import type { Admitted } from './exported-keys.ts';
import { classifyExports, type Exporter, type Exports, importTypeOf } from './exports.ts';
import { familiesOf } from './families.ts';
import { type SharedHostnames, sharedHostnames } from './hostnames.ts';
import { type Port, portsOf, unionOfPorts } from './ports.ts';
import { type Precedence, precedence, type ServedRecords } from './precedence.ts';
import { type Traffic, trafficOf } from './traffic.ts';

/** The merge of at least one valid export. */
export interface Merged {
  /** Exporting members, in order of precedence. */
  readonly members: readonly string[];
  readonly type: ServiceImportType;
  readonly ports: readonly Port[];
  /** Every (protocol, port) of any exporter, including those that lost a conflict. */
  readonly offered: readonly Port[];
  /** Families of the first exporter, regardless of the consumer. */
  readonly families: readonly IPFamily[];
  readonly traffic: Traffic;
  readonly labels: Admitted;
  readonly annotations: Admitted;
  readonly conflict: Conflict | undefined;
  /** Of a Headless import. */
  readonly hostnames: SharedHostnames;
}

/** One namespace/name across the clusterset, and how reliable the knowledge of it is. */
export interface Clusterset {
  /** The valid ones in order of precedence. */
  readonly exports: Exports;
  readonly precedence: Precedence;
  /** The merge of the known exports; undefined if there are none. */
  readonly merged: Merged | undefined;
  /** Members of which nothing is known. Their endpoints and their contribution to the merge stay. */
  readonly unknown: ReadonlySet<string>;
  /** Those of {@link unknown} that exported when last known, by name. */
  readonly missing: readonly string[];
  /** Members whose endpoints have expired. */
  readonly expired: ReadonlySet<string>;
  /** Members that have not responded for a short time only. */
  readonly brief: ReadonlySet<string>;
  /** Whether merged fields stay as observed, because some of {@link missing} may have contributed to them. */
  readonly frozen: boolean;
}

/** The merge of exporters in order of precedence; undefined if there are none. */
export function mergeExports(exporters: readonly Exporter[]): Merged | undefined {
  const [first] = exporters;
  if (!first) return undefined;
  const ports = exporters.map(({ service }) => portsOf(service.spec.ports));
  const type = importTypeOf(first.service);
  return {
    members: exporters.map(({ member }) => member),
    type,
    ports: unionOfPorts(ports),
    offered: ports.flat(),
    families: familiesOf(first.service),
    traffic: trafficOf(first.service),
    labels: first.labels,
    annotations: first.annotations,
    conflict: conflictOf(exporters),
    hostnames: type === 'Headless' ? sharedHostnames(exporters) : new Map(),
  };
}

function isExpired(source: SourceView): boolean {
  return source.standing === 'expired' || (source.standing === 'unknown' && source.expired);
}

function inOrder(exporters: readonly Exporter[], order: readonly string[]): readonly Exporter[] {
  const byMember = new Map(exporters.map((exporter) => [exporter.member, exporter]));
  return order.flatMap((member) => byMember.get(member) ?? []);
}

/**
 * Merges the sources, in any order. `lastSources` are the members in `status.clusters` of any member's import of this
 * name, or in the source-cluster label of any member's derived slices: the last known exporters. They matter only if a
 * member is unknown. `records` are the exporters that each consumer serves.
 */
export function merge(
  sources: readonly SourceView[],
  lastSources: readonly string[] = [],
  records: ServedRecords = new Map(),
): Clusterset {
  const { valid: aged, invalid } = classifyExports(sources);
  const ranks = precedence(
    aged.map(({ member }) => member),
    records,
  );
  const valid = inOrder(aged, ranks.common);
  const unknown = new Set(sources.filter(({ standing }) => standing === 'unknown').map(({ member }) => member));
  const missing = [...unknown].filter((member) => lastSources.includes(member)).toSorted();
  return {
    exports: { valid, invalid },
    precedence: ranks,
    merged: mergeExports(valid),
    unknown,
    missing,
    expired: new Set(sources.filter(isExpired).map(({ member }) => member)),
    brief: new Set(sources.filter(({ brief }) => brief).map(({ member }) => member)),
    frozen: missing.length > 0,
  };
}

/** The clusterset from the perspective of one consumer; the same object unless its record differs from the others. */
export function seenBy(clusterset: Clusterset, consumer: string): Clusterset {
  const order = clusterset.precedence.own.get(consumer);
  if (!order) return clusterset;
  const { exports } = clusterset;
  const valid = inOrder(exports.valid, order);
  return { ...clusterset, exports: { ...exports, valid }, merged: mergeExports(valid) };
}
