/** The writes that take a consumer from what it holds to what it should hold, as plain data. */
import type { JsonObject } from '../api/json.ts';
import type { KubeObject, OwnerReference } from '../api/meta.ts';
import {
  ExportCondition,
  ExportReason,
  ImportReason,
  MCS_API_VERSION,
  type ServiceImport,
} from '../api/multicluster.ts';
import { type Change, type PatchChange, type Precondition, STAGES, type Target } from './change.ts';
import { mergeConditions, noticesOf } from './conditions.ts';
import { mustBeReplaced, serviceObject, servicePatch } from './derived-service.ts';
import { type Desired, ownService } from './desired.ts';
import { equal } from './fingerprint.ts';
import { type DesiredImport, isAutomatic } from './import.ts';
import { importObject, importPatch } from './import-spec.ts';
import { type ImportCase, importConditions, importStatusPatch } from './import-status.ts';
import { planSlices, prunedSlice } from './plan-slices.ts';
import type { ServiceView } from './view.ts';

function versionOf({ metadata }: KubeObject): Precondition {
  return { uid: metadata.uid ?? '', resourceVersion: metadata.resourceVersion ?? '' };
}

function targetOf({ namespace, consumer }: ServiceView, resource: Target['resource'], name: string): Target {
  return { member: consumer.member, resource, namespace, name };
}

/** The import, as the garbage collector follows it. */
function ownerOf({ metadata: { name, uid = '' } }: ServiceImport): OwnerReference {
  return { apiVersion: MCS_API_VERSION, kind: 'ServiceImport', name, uid, controller: false };
}

function isGoing(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** Takes away Services that were derived under another prefix, with what depends on their name. */
function planOutdated(view: ServiceView): Change[] {
  const outdated = (view.consumer.outdatedServices ?? []).filter((service) => !isGoing(service));
  return outdated.map((service) => ({
    ...targetOf(view, 'services', service.metadata.name),
    stage: 'prune',
    op: 'delete',
    why: 'derived Services have another prefix now',
    precondition: versionOf(service),
  }));
}

/** Takes away all that is ours, also where nothing owns it any more. */
function planAbsence(view: ServiceView): Change[] {
  const { import: imported, derivedSlices } = view.consumer;
  const own = ownService(view);
  const why = 'there is nothing to import';
  const doomed = [
    ...(own ? [{ object: own, target: targetOf(view, 'services', own.metadata.name) }] : []),
    ...(imported && isAutomatic(imported)
      ? [{ object: imported, target: targetOf(view, 'serviceImports', view.name) }]
      : []),
  ].filter(({ object }) => !isGoing(object));
  return [
    ...planOutdated(view),
    ...derivedSlices.map((slice) => prunedSlice(targetOf(view, 'endpointSlices', slice.name), slice, why)),
    ...doomed.map(
      ({ object, target }): Change => ({
        ...target,
        stage: 'prune',
        op: 'delete',
        why,
        precondition: versionOf(object),
      }),
    ),
  ];
}

function planNewImport(view: ServiceView, imported: DesiredImport): Change[] {
  if (!imported.content) return [];
  const { namespace, name } = view;
  const object = importObject({ namespace, name }, imported, imported.content);
  return [
    {
      ...targetOf(view, 'serviceImports', name),
      stage: 'import',
      op: 'create',
      why: 'the Service is exported',
      object,
    },
  ];
}

function planImport({ view, imported, observed, own }: ImportCase): Change[] {
  const patch = importPatch(observed, imported, own);
  if (!patch) return [];
  const why = imported.origin === 'user' ? 'its addresses changed' : 'what is exported, or its addresses, changed';
  const target = targetOf(view, 'serviceImports', view.name);
  return [{ ...target, stage: 'import', op: 'patch', why, precondition: versionOf(observed), patch }];
}

function planService({ view, wanted, imported: { serving }, observed, own }: ImportCase): Change[] {
  if (serving === 'nothing' || !serving.write || (own && isGoing(own))) return [];
  const { shape } = serving;
  const { namespace, name } = view;
  const owner = ownerOf(observed);
  const target = { ...targetOf(view, 'services', wanted.derivedService), stage: 'service' as const };
  if (!own) {
    const object = serviceObject({ namespace, name: wanted.derivedService }, name, owner, shape);
    return [{ ...target, op: 'create', why: 'the import needs a Service', object }];
  }
  const precondition = versionOf(own);
  if (mustBeReplaced(own, shape)) {
    const why = 'its cluster IP or primary family has to change, which needs a new Service';
    return [{ ...target, op: 'delete', why, precondition }];
  }
  const patch = servicePatch(own, name, owner, shape);
  return patch ? [{ ...target, op: 'patch', why: 'it differs from what is imported', precondition, patch }] : [];
}

function statusChange(target: Target, object: KubeObject, patch: JsonObject, why: string): PatchChange {
  return {
    ...target,
    stage: 'status',
    op: 'patch',
    subresource: 'status',
    why,
    precondition: versionOf(object),
    patch,
  };
}

function planImportStatus(the: ImportCase, others: readonly Change[], now: string): Change[] {
  const { view, observed } = the;
  // One write an object: the version that a second one would insist on is gone after the first.
  if (others.some(({ stage }) => stage === 'import')) return [];
  const conditions = importConditions(the);
  const before = observed.status?.conditions ?? [];
  const ready = before.some(({ type, status }) => type === 'Ready' && status === 'True');
  const pending = conditions.drafts.some(({ reason }) => reason === ImportReason.Pending);
  // Until something was ready, being on the way there is not worth a write: this very plan goes that way.
  if (pending && !ready && others.some(({ op }) => op === 'create')) return [];
  const patch = importStatusPatch(the, conditions, now);
  if (!patch) return [];
  const recovered = { reason: 'Imported', message: 'The import serves what is exported' };
  const notices = noticesOf(observed, before, conditions, recovered);
  const target = targetOf(view, 'serviceImports', view.name);
  return [{ ...statusChange(target, observed, patch, 'its state changed'), ...(notices.length > 0 && { notices }) }];
}

function planExportStatus(view: ServiceView, wanted: Desired, now: string): Change[] {
  if (!wanted.export) return [];
  const { object, conditions } = wanted.export;
  const before = object.status?.conditions ?? [];
  const after = mergeConditions(before, conditions, object.metadata.generation, now);
  if (equal(before, after)) return [];
  const recovered = { reason: ExportReason.Exported, message: 'The Service is exported to the clusterset' };
  // Ready only repeats what Valid says.
  const notices = noticesOf(object, before, conditions, recovered, [ExportCondition.Ready]);
  const patch = { status: { conditions: after.map((condition) => ({ ...condition })) } };
  const target = targetOf(view, 'serviceExports', view.name);
  return [{ ...statusChange(target, object, patch, 'its state changed'), ...(notices.length > 0 && { notices }) }];
}

function planConsumer(view: ServiceView, wanted: Desired, now: string): Change[] {
  const imported = wanted.import;
  if (imported === 'held') return [];
  if (imported === 'absent') return planAbsence(view);
  const observed = view.consumer.import;
  // What the import will own needs its UID: that is for the next plan.
  if (!observed) return planNewImport(view, imported);
  const the: ImportCase = { view, wanted, imported, observed, own: ownService(view) };
  const changes = [
    ...planImport(the),
    ...planService(the),
    ...planSlices(view, wanted, ownerOf(observed)),
    ...planOutdated(view),
  ];
  return [...changes, ...planImportStatus(the, changes, now)];
}

/**
 * Plans one pass for the consumer of a view. `now` is RFC 3339 in UTC, to the second. An object is written at most
 * once a pass; some steps need what the step before them gives (a UID, a cluster IP), so apply, look and plan again
 * until the plan is empty.
 */
export function plan(view: ServiceView, wanted: Desired, now: string): Change[] {
  const changes = [...planConsumer(view, wanted, now), ...planExportStatus(view, wanted, now)];
  return changes.toSorted(
    (a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}
