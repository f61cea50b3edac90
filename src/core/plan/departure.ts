/** Cleanup of a member that left the fleet: everything that Catamaran created or filled in, and nothing else. */

import type { JsonObject } from '../../api/json.ts';
import type { Condition, KubeObject } from '../../api/meta.ts';
import { ImportCondition, type ServiceExport, type ServiceImport } from '../../api/multicluster.ts';
import {
  type Change,
  type DeleteChange,
  type PatchChange,
  type Precondition,
  preconditionOf,
  type Target,
} from '../change.ts';
import { isAutomatic, type OtherImplementation, otherImplementation } from '../import-manager.ts';
import { areFilledIn } from '../merge/families.ts';
import { importOfService } from '../ownership.ts';
import type { ConsumerView } from '../view.ts';
import { annotationPatch } from './derived-service-annotation.ts';
import { ownConditions } from './shared-export.ts';

const WHY = 'the member left the fleet';

const IMPORT_CONDITIONS: ReadonlySet<string> = new Set(Object.values(ImportCondition));

/**
 * The changes that remove Catamaran from a consumer and from its export. Objects of users stay, without the fields that
 * were filled in (`spec.ips`, `spec.ipFamilies`, the name of the derived Service, conditions). Like a plan, it is empty once it has been applied
 * completely.
 */
export function departure(consumer: ConsumerView, exported: ServiceExport | undefined): Change[] {
  const { namespace, name } = consumer;
  const target = (resource: Target['resource'], name: string): Target => ({
    member: consumer.member,
    resource,
    namespace,
    name,
  });
  const changes: Change[] = consumer.derivedSlices.map((slice) => ({
    ...remove(target('endpointSlices', slice.name), slice),
    stage: 'prune',
  }));
  const { derivedService, import: imported } = consumer;
  const current = derivedService && importOfService(derivedService.metadata) === name ? [derivedService] : [];
  for (const service of [...current, ...(consumer.outdatedServices ?? [])]) {
    changes.push(remove(target('services', service.metadata.name), preconditionOf(service)));
  }
  if (imported) changes.push(...leaveImport(target('serviceImports', name), imported));
  if (exported) changes.push(...leaveExport(target('serviceExports', name), exported));
  return changes;
}

function leaveImport(target: Target, imported: ServiceImport): Change[] {
  const other = otherImplementation(imported);
  if (other) return leaveOther(target, imported, other);
  if (isAutomatic(imported)) return [remove(target, preconditionOf(imported))];
  const families = imported.spec.ipFamilies !== undefined && areFilledIn(imported);
  const annotations = annotationPatch(imported, null);
  const filledIn = {
    ...(Object.keys(annotations).length > 0 && { metadata: { annotations } }),
    ...((imported.spec.ips?.length || families) && { spec: { ips: null, ...(families && { ipFamilies: null }) } }),
  };
  if (Object.keys(filledIn).length > 0) return [patch(target, imported, filledIn)];
  const kept = foreign(imported.status?.conditions, IMPORT_CONDITIONS);
  const { status } = imported;
  if (!status?.clusters && !status?.endpointSliceObjects && kept.length === (status?.conditions?.length ?? 0))
    return [];
  return [statusPatch(target, imported, { clusters: null, endpointSliceObjects: null, conditions: orNull(kept) })];
}

/** Another implementation manages the import, so only conditions of Catamaran go. */
function leaveOther(target: Target, imported: ServiceImport, { setsReady }: OtherImplementation): Change[] {
  const ours = new Set([...IMPORT_CONDITIONS].filter((type) => type !== ImportCondition.Ready || !setsReady));
  const kept = foreign(imported.status?.conditions, ours);
  if (kept.length === (imported.status?.conditions?.length ?? 0)) return [];
  return [statusPatch(target, imported, { conditions: orNull(kept) })];
}

function leaveExport(target: Target, exported: ServiceExport): Change[] {
  const kept = foreign(exported.status?.conditions, ownConditions(exported));
  if (kept.length === (exported.status?.conditions?.length ?? 0)) return [];
  return [statusPatch(target, exported, { conditions: orNull(kept) })];
}

function foreign(conditions: readonly Condition[] | undefined, ours: ReadonlySet<string>): readonly Condition[] {
  return (conditions ?? []).filter((condition) => !ours.has(condition.type));
}

function orNull(conditions: readonly Condition[]) {
  return conditions.length > 0 ? conditions.map((condition) => ({ ...condition })) : null;
}

function remove(target: Target, { uid, resourceVersion }: Precondition): DeleteChange {
  return { ...target, op: 'delete', stage: 'prune', precondition: { uid, resourceVersion }, why: WHY };
}

function patch(target: Target, object: KubeObject, change: JsonObject): PatchChange {
  return { ...target, op: 'patch', stage: 'prune', precondition: preconditionOf(object), patch: change, why: WHY };
}

function statusPatch(target: Target, object: KubeObject, status: JsonObject): PatchChange {
  return { ...patch(target, object, { status }), subresource: 'status', stage: 'status' };
}
