/** The status of a ServiceImport that another implementation of the Multi-Cluster Services API manages. */
import type { JsonObject } from '../../api/json.ts';
import { ImportCondition, ImportReason, type ServiceImport } from '../../api/multicluster.ts';
import { type PatchChange, preconditionOf, type Target } from '../change.ts';
import { equal } from '../fingerprint.ts';
import type { OtherImplementation } from '../import-manager.ts';
import { clipped, MANAGER_LENGTH, quoted } from '../message.ts';
import { type ConditionSet, mergeConditions, noticesOf } from './conditions.ts';

function managedByOther({ manager, setsReady }: OtherImplementation, kept: string | undefined): ConditionSet {
  const name = quoted(clipped(manager, MANAGER_LENGTH));
  const derived =
    kept === undefined ? 'serves nothing for it' : `only updates the endpoints of its derived Service ${quoted(kept)}`;
  const message =
    `${name} writes the status of this import, so Catamaran leaves it alone and ${derived}. To have it served by ` +
    `Catamaran, stop ${name} from managing it, then clear its status`;
  const { Ready, Managed } = ImportCondition;
  return {
    types: Object.values(ImportCondition).filter((type) => type !== Ready || !setsReady),
    drafts: [{ type: Managed, status: 'False', reason: ImportReason.ManagedByOther, message }],
  };
}

/**
 * Reports who manages the import, and removes conditions of Catamaran that the other implementation does not set. `kept`
 * is the name of a derived Service that stays. An implementation that replaces all conditions removes the report, so it
 * is written only once.
 */
export function planOtherStatus(
  target: Target,
  imported: ServiceImport,
  other: OtherImplementation,
  kept: string | undefined,
  now: string,
): PatchChange[] {
  const before = imported.status?.conditions ?? [];
  const wanted = managedByOther(other, kept);
  const after = mergeConditions(before, wanted, imported.metadata.generation, now);
  if (equal(before, after)) return [];
  const patch: JsonObject = { status: { conditions: after.map((condition) => ({ ...condition })) } };
  const notices = noticesOf(imported, before, wanted, { reason: 'Imported', message: 'The import is up to date' });
  return [
    {
      ...target,
      op: 'patch',
      stage: 'status',
      subresource: 'status',
      why: 'another implementation manages it',
      precondition: preconditionOf(imported),
      once: `${imported.metadata.uid} ${other.manager}`,
      patch,
      notices,
    },
  ];
}
