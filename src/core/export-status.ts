/** What the status of a ServiceExport says. Conditions and reasons are those of the v1beta1 types. */
import { ExportCondition, ExportReason, type ServiceExport } from '../api/multicluster.ts';
import type { ConditionDraft, ConditionSet } from './conditions.ts';
import { inspect, type Refusal } from './derive-slice.ts';
import { admitAnnotations, admitLabels } from './exported-keys.ts';
import type { Exporter, InvalidExport } from './exports.ts';
import { clipped, firstOf, MESSAGE_LENGTH, quoted } from './message.ts';
import type { Knowledge } from './source-state.ts';

/** A member's own export and the conditions it should have. */
export interface DesiredExport {
  readonly object: ServiceExport;
  readonly conditions: ConditionSet;
}

/** Refused addresses and keys named in a message; the others are counted. */
const NAMED = 3;

const { Valid, Ready, Conflict, EndpointsAccepted } = ExportCondition;

function invalidConditions({ reason, message }: InvalidExport): ConditionSet {
  // A Service may still come; a wrong type has to be mended.
  const ready = reason === ExportReason.NoService ? ExportReason.Pending : ExportReason.Failed;
  return {
    types: [Valid, Ready, Conflict, EndpointsAccepted],
    drafts: [
      { type: Valid, status: 'False', reason, message },
      { type: Ready, status: 'False', reason: ready, message: 'Not exported: the export is not valid' },
    ],
  };
}

function readyMessage({ export: { spec } }: Exporter): string {
  const note = (kind: string, refused: readonly string[]) =>
    refused.length > 0 ? `. Exported ${kind} left out: ${firstOf(refused, NAMED, '; ')}` : '';
  const labels = note('labels', admitLabels(spec?.exportedLabels).refused);
  const annotations = note('annotations', admitAnnotations(spec?.exportedAnnotations).refused);
  return clipped(`The Service is exported to the clusterset${labels}${annotations}`, MESSAGE_LENGTH);
}

function conflictCondition(knowledge: Knowledge): ConditionDraft {
  const conflict = knowledge.merged?.conflict;
  return conflict
    ? { type: Conflict, status: 'True', ...conflict }
    : { type: Conflict, status: 'False', reason: ExportReason.NoConflicts, message: 'All exports agree' };
}

function acceptedConditions({ slices, source }: Exporter): readonly ConditionDraft[] {
  const refused: readonly Refusal[] = slices.flatMap((slice) => inspect(slice, source.addresses).refused);
  if (refused.length === 0) return [];
  const parts = refused
    .map(({ slice, address, reason }) => `EndpointSlice ${quoted(slice)}: ${clipped(address, 253)} ${reason}`)
    .toSorted();
  const message = `Endpoints left out: ${firstOf(parts, NAMED, '; ')}`;
  return [{ type: EndpointsAccepted, status: 'False', reason: ExportReason.AddressRefused, message }];
}

function validConditions(exporter: Exporter, knowledge: Knowledge): ConditionSet {
  const drafts: readonly ConditionDraft[] = [
    { type: Valid, status: 'True', reason: ExportReason.Valid, message: 'The Service can be exported' },
    { type: Ready, status: 'True', reason: ExportReason.Exported, message: readyMessage(exporter) },
    ...acceptedConditions(exporter),
  ];
  const types = [Valid, Ready, EndpointsAccepted];
  // Whether a member of which nothing is known is at odds with the others cannot be told: what was said stays.
  if (knowledge.frozen) return { types, drafts };
  return { types: [...types, Conflict], drafts: [...drafts, conflictCondition(knowledge)] };
}

/** The conditions of the export that `member` has; undefined where it exports nothing. */
export function desiredExport(member: string, knowledge: Knowledge): DesiredExport | undefined {
  const { valid, invalid } = knowledge.exports;
  const exporter = valid.find((candidate) => candidate.member === member);
  if (exporter) return { object: exporter.export, conditions: validConditions(exporter, knowledge) };
  const broken = invalid.find((candidate) => candidate.member === member);
  return broken && { object: broken.export, conditions: invalidConditions(broken) };
}
