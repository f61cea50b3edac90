/** The status of a ServiceExport. Conditions and reasons are those of the v1beta1 types. */
import { ExportCondition, ExportReason, type ServiceExport } from '../../api/multicluster.ts';
import type { Exporter, InvalidExport } from '../merge/exports.ts';
import type { Clusterset } from '../merge/merge.ts';
import { clipped, firstOf, listed, MESSAGE_LENGTH, PROBLEM_LENGTH, quoted } from '../message.ts';
import type { ConditionDraft, ConditionSet } from './conditions.ts';

/** A member's own export and the conditions it should have. */
export interface DesiredExport {
  readonly object: ServiceExport;
  readonly conditions: ConditionSet;
}

/** Number of refused addresses, slices and keys listed in a message; the others are only counted. */
const NAMED = 3;

const { Valid, Ready, Conflict, EndpointsAccepted, HostnamesUnique } = ExportCondition;

function invalidConditions({ reason, message }: InvalidExport): ConditionSet {
  // A missing Service may still be created; a wrong type has to be fixed.
  const ready = reason === ExportReason.NoService ? ExportReason.Pending : ExportReason.Failed;
  return {
    types: [Valid, Ready, Conflict, EndpointsAccepted, HostnamesUnique],
    drafts: [
      { type: Valid, status: 'False', reason, message },
      { type: Ready, status: 'False', reason: ready, message: 'The export is not valid' },
    ],
  };
}

function readyMessage({ labels, annotations }: Exporter): string {
  const note = (kind: string, refused: readonly string[]) =>
    refused.length > 0 ? `. Exported ${kind} left out: ${firstOf(refused, NAMED, '; ')}` : '';
  const notes = [note('labels', labels.refused), note('annotations', annotations.refused)].join('');
  return clipped(`The Service is exported to the clusterset${notes}`, MESSAGE_LENGTH);
}

function conflictCondition(clusterset: Clusterset): ConditionDraft {
  const conflict = clusterset.merged?.conflict;
  return conflict
    ? { type: Conflict, status: 'True', ...conflict }
    : { type: Conflict, status: 'False', reason: ExportReason.NoConflicts, message: 'All exports agree' };
}

/** What is left out of an export, by reason, as parts of a message. */
function leftOut({ slices, setAside, refusedSlices }: Exporter): ReadonlyMap<ExportReason, readonly string[]> {
  const parts = new Map<ExportReason, string[]>();
  const add = (reason: ExportReason, slice: string, text: string) => {
    const part = `EndpointSlice ${quoted(slice)}${text}`;
    const texts = parts.get(reason);
    if (texts) texts.push(part);
    else parts.set(reason, [part]);
  };
  for (const { name, field, problem } of setAside) {
    add(ExportReason.InvalidObject, name, `: ${clipped(`${field}: ${problem}`, PROBLEM_LENGTH)}`);
  }
  for (const { name, refused } of slices) {
    for (const { address, reason } of refused) {
      add(ExportReason.AddressRefused, name, `: ${clipped(address, PROBLEM_LENGTH)} ${reason}`);
    }
  }
  for (const { slice, reason, problem } of refusedSlices) add(reason, slice, ` ${problem}`);
  return new Map([...parts].map(([reason, texts]) => [reason, texts.toSorted()]));
}

function acceptedConditions(exporter: Exporter): readonly ConditionDraft[] {
  const parts = [...leftOut(exporter)];
  if (parts.length === 0) return [];
  const reason = parts.map(([each]) => each).join(',');
  const message = `Endpoints left out: ${parts.map(([, texts]) => firstOf(texts, NAMED, '; ')).join('; ')}`;
  return [{ type: EndpointsAccepted, status: 'False', reason, message: clipped(message, MESSAGE_LENGTH) }];
}

function hostnameConditions({ member }: Exporter, clusterset: Clusterset): readonly ConditionDraft[] {
  const shared = [...(clusterset.merged?.hostnames ?? [])].filter(([, members]) => members.includes(member));
  if (shared.length === 0) return [];
  const parts = shared.map(([hostname, members]) => `${quoted(hostname)} of ${listed(members)}`).toSorted();
  const message =
    `Hostnames in several clusters: ${firstOf(parts, NAMED, '; ')}. The derived Service has the name of the first ` +
    'cluster; all have a name with their cluster in the clusterset zone';
  const reason = ExportReason.HostnameCollision;
  return [{ type: HostnamesUnique, status: 'False', reason, message: clipped(message, MESSAGE_LENGTH) }];
}

function validConditions(exporter: Exporter, clusterset: Clusterset): ConditionSet {
  const drafts: readonly ConditionDraft[] = [
    { type: Valid, status: 'True', reason: ExportReason.Valid, message: 'The Service can be exported' },
    { type: Ready, status: 'True', reason: ExportReason.Exported, message: readyMessage(exporter) },
    ...acceptedConditions(exporter),
  ];
  const types = [Valid, Ready, EndpointsAccepted];
  // Whether an unknown member conflicts with the others cannot be decided: the last Conflict condition stays.
  if (clusterset.frozen) return { types, drafts };
  const compared = [conflictCondition(clusterset), ...hostnameConditions(exporter, clusterset)];
  return { types: [...types, Conflict, HostnamesUnique], drafts: [...drafts, ...compared] };
}

/** The desired conditions of the export of `member`; undefined if it does not export. */
export function desiredExport(member: string, clusterset: Clusterset): DesiredExport | undefined {
  const { valid, invalid } = clusterset.exports;
  const exporter = valid.find((candidate) => candidate.member === member);
  if (exporter) return { object: exporter.export, conditions: validConditions(exporter, clusterset) };
  const broken = invalid.find((candidate) => candidate.member === member);
  return broken && { object: broken.export, conditions: invalidConditions(broken) };
}
