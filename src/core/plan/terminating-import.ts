/**
 * The status of a ServiceImport that is being deleted. Finalizers of other clients can hold it for long; meanwhile its
 * derived Service is gone, and its address may already belong to another one.
 */
import type { JsonObject } from '../../api/json.ts';
import { ImportCondition, ImportReason, type ServiceImport } from '../../api/multicluster.ts';
import { type PatchChange, preconditionOf, type Target } from '../change.ts';
import { equal } from '../fingerprint.ts';
import { clipped, listed, MESSAGE_LENGTH } from '../message.ts';
import { type ConditionSet, mergeConditions, noticesOf } from './conditions.ts';
import { annotationPatch } from './derived-service-annotation.ts';

function terminating({ metadata: { finalizers = [] } }: ServiceImport): ConditionSet {
  const held = finalizers.length > 0 ? `, held by finalizers ${listed(finalizers)}` : '';
  const message = clipped(`The import is being deleted${held}`, MESSAGE_LENGTH);
  return {
    types: Object.values(ImportCondition),
    drafts: [{ type: ImportCondition.Ready, status: 'False', reason: ImportReason.Terminating, message }],
  };
}

/** Removes the addresses of an import that is being deleted, and the name of its Service, then reports what holds it. */
export function planTerminating(target: Target, imported: ServiceImport, now: string): PatchChange[] {
  const base = { ...target, op: 'patch' as const, precondition: preconditionOf(imported) };
  const why = 'the import is being deleted';
  const annotations = annotationPatch(imported, null);
  const gone = {
    ...(Object.keys(annotations).length > 0 && { metadata: { annotations } }),
    ...(imported.spec.ips?.length && { spec: { ips: null } }),
  };
  if (Object.keys(gone).length > 0) return [{ ...base, stage: 'import', why, patch: gone }];
  const before = imported.status?.conditions ?? [];
  const wanted = terminating(imported);
  const after = mergeConditions(before, wanted, imported.metadata.generation, now);
  if (equal(before, after)) return [];
  const patch: JsonObject = { status: { conditions: after.map((condition) => ({ ...condition })) } };
  const notices = noticesOf(imported, before, wanted, { reason: 'Imported', message: 'The import is up to date' });
  return [{ ...base, stage: 'status', subresource: 'status', why, patch, notices }];
}
