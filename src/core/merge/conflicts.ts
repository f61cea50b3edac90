/**
 * Conflicts between the exports of one name. Each field is one row of a table.
 * KEP-1645, "Constraints and Conflict Resolution"; the reasons are those of the v1beta1 types.
 */
import type { IPFamily, StringMap } from '../../api/meta.ts';
import { ExportReason } from '../../api/multicluster.ts';
import { equal } from '../fingerprint.ts';
import { clipped, joined, listed, MESSAGE_LENGTH, quoted } from '../message.ts';
import { type Exporter, importTypeOf } from './exports.ts';
import { familiesOf, intersection } from './families.ts';
import { portsOf, showPorts } from './ports.ts';
import { byAge } from './precedence.ts';
import { DEFAULT_AFFINITY_SECONDS } from './traffic.ts';

/** A field that exports can disagree on. */
interface Row<T> {
  readonly field: string;
  readonly reason: ExportReason;
  readonly read: (exporter: Exporter) => T;
  readonly equal: (winner: T, other: T) => boolean;
  readonly show: (value: T) => string;
  /** False if the field has no meaning for this import. */
  readonly applies?: (winner: Exporter) => boolean;
}

/** Maximum length of a value in a message; an annotation can be of any length. */
const VALUE_LENGTH = 200;

const isClusterSetIP = ({ service }: Exporter) => importTypeOf(service) === 'ClusterSetIP';

const showUnset = (value: string | undefined) => value ?? 'none';

/** @param map admitted keys, which are in order. */
function showMap(map: StringMap): string {
  const pairs = Object.entries(map);
  return pairs.length === 0 ? 'none' : pairs.map(([key, value]) => `${key}=${value}`).join(', ');
}

/** One field of all exports. */
export interface FieldComparison {
  readonly field: string;
  /** Reason of the condition Conflict if exports differ. */
  readonly reason: ExportReason;
  /** The first export in order of precedence, whose value is used. */
  readonly winner: string;
  /** For users; clipped. */
  readonly value: string;
  /** Other values, with the members that have them. */
  readonly others: readonly { readonly value: string; readonly members: readonly string[] }[];
}

/** Binds the type parameter of a row, so that one table can have rows of different types. */
function row<T>(definition: Row<T>): (exporters: readonly Exporter[]) => FieldComparison | undefined {
  return (exporters) => comparison(definition, exporters);
}

const TABLE = [
  row({
    field: 'ports',
    reason: ExportReason.PortConflict,
    read: ({ service }) => portsOf(service.spec.ports),
    equal: (a, b) => showPorts(a) === showPorts(b),
    show: showPorts,
  }),
  row({
    field: 'type',
    reason: ExportReason.TypeConflict,
    read: ({ service }) => importTypeOf(service),
    equal,
    show: String,
  }),
  row({
    field: 'sessionAffinity',
    reason: ExportReason.SessionAffinityConflict,
    read: ({ service }) => service.spec.sessionAffinity ?? 'None',
    equal,
    show: String,
    applies: isClusterSetIP,
  }),
  row({
    field: 'sessionAffinityConfig',
    reason: ExportReason.SessionAffinityConfigConflict,
    read: ({ service: { spec } }) =>
      spec.sessionAffinity === 'ClientIP'
        ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS)
        : undefined,
    // If only one side has affinity, the row above reports it.
    equal: (a, b) => a === undefined || b === undefined || a === b,
    show: (seconds) => (seconds === undefined ? 'none' : `a timeout of ${seconds} s`),
    applies: isClusterSetIP,
  }),
  row({
    field: 'internalTrafficPolicy',
    reason: ExportReason.InternalTrafficPolicyConflict,
    read: ({ service }) => service.spec.internalTrafficPolicy ?? 'Cluster',
    equal,
    show: String,
  }),
  row({
    field: 'trafficDistribution',
    reason: ExportReason.TrafficDistributionConflict,
    read: ({ service }) => service.spec.trafficDistribution,
    equal,
    show: showUnset,
  }),
  row<StringMap>({
    field: 'exportedLabels',
    reason: ExportReason.LabelsConflict,
    // Refused keys are reported on their export and conflict with nothing.
    read: ({ labels }) => labels.admitted,
    equal,
    show: showMap,
  }),
  row<StringMap>({
    field: 'exportedAnnotations',
    reason: ExportReason.AnnotationsConflict,
    read: ({ annotations }) => annotations.admitted,
    equal,
    show: showMap,
  }),
  row<readonly IPFamily[]>({
    field: 'ipFamilies',
    reason: ExportReason.IPFamilyConflict,
    read: ({ service }) => familiesOf(service),
    // Connections of a family that an exporter lacks reach only the others.
    equal: (served, families) => intersection(served, families).length === served.length,
    show: (families) => families.toSorted().join(', '),
  }),
];

/** One field that differs, with the parts of its message. */
interface Difference {
  readonly reason: ExportReason;
  readonly intro: string;
  readonly others: readonly string[];
  readonly count: string;
}

function comparison<T>(definition: Row<T>, exporters: readonly Exporter[]): FieldComparison | undefined {
  const { field, reason, read, show } = definition;
  const [first] = exporters;
  if (!first || definition.applies?.(first) === false) return undefined;
  const winner = read(first);
  const differing = exporters.filter((exporter) => !definition.equal(winner, read(exporter)));
  const shown = (value: T) => clipped(show(value), VALUE_LENGTH);
  const groups = Map.groupBy(differing, (exporter) => shown(read(exporter)));
  const others = [...groups].map(([value, group]) => ({ value, members: group.map(({ member }) => member) }));
  return { field, reason, winner: first.member, value: shown(winner), others };
}

/** The fields that exports can disagree on, of the exporters in order of precedence. */
export function fieldsOf(exporters: readonly Exporter[]): readonly FieldComparison[] {
  return TABLE.flatMap((compare) => compare(exporters) ?? []);
}

function difference(
  { field, reason, winner, value, others }: FieldComparison,
  exporters: readonly Exporter[],
): Difference | undefined {
  const [first] = exporters;
  if (!first || others.length === 0) return undefined;
  const isOldest = exporters.every((exporter) => exporter === first || byAge(first, exporter) < 0);
  const why = isOldest ? 'as the oldest export' : 'because it was served first';
  const differing = others.reduce((sum, { members }) => sum + members.length, 0);
  return {
    reason,
    intro: `${field}: ${quoted(winner)} has ${value} and wins ${why}`,
    others: others.map(
      ({ value: other, members }) => `${listed(members)} ${members.length === 1 ? 'has' : 'have'} ${other}`,
    ),
    count: `(${differing} of ${exporters.length} clusters differ)`,
  };
}

/** A conflict: comma-separated reasons, and a message that names fields, members and values. */
export interface Conflict {
  readonly reason: string;
  readonly message: string;
}

/** Compares the exporters, in order of precedence; undefined if they agree. */
export function conflictOf(exporters: readonly Exporter[]): Conflict | undefined {
  const differences = fieldsOf(exporters).flatMap((field) => difference(field, exporters) ?? []);
  if (differences.length === 0) return undefined;
  const share = Math.floor(MESSAGE_LENGTH / differences.length) - 100;
  const message = differences.map(({ intro, others, count }) => `${joined([intro, ...others], '; ', share)} ${count}`);
  return {
    reason: differences.map(({ reason }) => reason).join(','),
    message: clipped(message.join('; '), MESSAGE_LENGTH),
  };
}
