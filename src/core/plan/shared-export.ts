/**
 * The conditions of a ServiceExport that another implementation reads, too. It also sets Valid, Ready and Conflict, with
 * other messages, and would set them again: they are left to it, and one condition of Catamaran says the same.
 */
import { ExportCondition, ExportReason, type ServiceExport } from '../../api/multicluster.ts';
import { exportRival } from '../import-manager.ts';
import { clipped, joined, MANAGER_LENGTH, MESSAGE_LENGTH, quoted } from '../message.ts';
import type { ConditionDraft, ConditionSet } from './conditions.ts';

const { Valid, Ready, Conflict, Exported } = ExportCondition;
const SHARED: ReadonlySet<string> = new Set([Valid, Ready, Conflict]);

/** What Valid, Ready and Conflict would say. */
function summary(manager: string, drafts: readonly ConditionDraft[]): ConditionDraft {
  const valid = drafts.find(({ type }) => type === Valid);
  const conflict = drafts.find(({ type, status }) => type === Conflict && status === 'True');
  const others = `${quoted(clipped(manager, MANAGER_LENGTH))} sets Valid, Ready and Conflict of this export, too; Catamaran leaves them to it`;
  const isInvalid = valid?.status === 'False';
  const said = isInvalid ? valid.message : drafts.find(({ type }) => type === Ready)?.message;
  const message = clipped(
    joined([...(said ? [said] : []), ...(conflict ? [conflict.message] : []), others], '. '),
    MESSAGE_LENGTH,
  );
  const reason = isInvalid ? valid.reason : (conflict?.reason ?? ExportReason.Exported);
  return { type: Exported, status: isInvalid ? 'False' : 'True', reason, message };
}

/** The conditions to set on an export, for the desired ones of an export that no other implementation reads. */
export function sharedConditions(exported: ServiceExport, wanted: ConditionSet): ConditionSet {
  const rival = exportRival(exported);
  if (rival === undefined) return { ...wanted, types: [...wanted.types, Exported] };
  return {
    types: [...wanted.types.filter((type) => !SHARED.has(type)), Exported],
    drafts: [...wanted.drafts.filter(({ type }) => !SHARED.has(type)), summary(rival, wanted.drafts)],
  };
}

/** The condition types of an export that are Catamaran's alone, if another implementation reads the export. */
export function ownConditions(exported: ServiceExport): ReadonlySet<string> {
  const types: readonly string[] = Object.values(ExportCondition);
  return new Set(exportRival(exported) === undefined ? types : types.filter((type) => !SHARED.has(type)));
}
