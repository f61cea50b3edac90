/** The writes that turn the observed state of a consumer into the desired one, as plain data. */
import type { JsonObject } from '../../api/json.ts';
import type { KubeObject, OwnerReference } from '../../api/meta.ts';
import {
  ExportCondition,
  ExportReason,
  ImportCondition,
  ImportReason,
  MCS_API_VERSION,
  type ServiceImport,
} from '../../api/multicluster.ts';
import { type Change, type PatchChange, preconditionOf, STAGES, type Target } from '../change.ts';
import { renamedPorts } from '../desired/derivations.ts';
import type { Desired } from '../desired/desired.ts';
import type { DesiredImport } from '../desired/import.ts';
import { equal } from '../fingerprint.ts';
import { exportRival, isAutomatic, type OtherImplementation, otherImplementation } from '../import-manager.ts';
import { portsOf } from '../merge/ports.ts';
import type { ConsumerView } from '../view.ts';
import { addressNotices } from './address-notices.ts';
import { mergeConditions, noticesOf } from './conditions.ts';
import { mustBeReplaced, serviceObject, servicePatch } from './derived-service.ts';
import { desiredExport } from './export-status.ts';
import { importObject, importPatch } from './import-spec.ts';
import { type ImportPlan, importConditions, importStatusPatch } from './import-status.ts';
import { planOtherStatus } from './other-implementation.ts';
import { planSlices, prunedSlice } from './plan-slices.ts';
import { sharedConditions } from './shared-export.ts';
import { planTerminating } from './terminating-import.ts';

function targetOf({ member, namespace }: ConsumerView, resource: Target['resource'], name: string): Target {
  return { member, resource, namespace, name };
}

/** The owner reference to the import, for the garbage collector. */
function ownerOf({ metadata: { name, uid = '' } }: ServiceImport): OwnerReference {
  return { apiVersion: MCS_API_VERSION, kind: 'ServiceImport', name, uid, controller: false };
}

function isGoing(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** Deletes Services that were derived under another prefix. */
function planOutdated(consumer: ConsumerView): Change[] {
  const outdated = (consumer.outdatedServices ?? []).filter((service) => !isGoing(service));
  return outdated.map((service) => ({
    ...targetOf(consumer, 'services', service.metadata.name),
    stage: 'prune',
    op: 'delete',
    why: 'the prefix of derived Services changed',
    precondition: preconditionOf(service),
  }));
}

/** Deletes everything that Catamaran manages, even if its owner is gone. */
function planAbsence(consumer: ConsumerView, { own }: Desired): Change[] {
  const { import: imported, derivedSlices, name } = consumer;
  const why = 'nothing is exported';
  const unwanted = [
    ...(own ? [{ object: own, target: targetOf(consumer, 'services', own.metadata.name) }] : []),
    ...(imported && isAutomatic(imported)
      ? [{ object: imported, target: targetOf(consumer, 'serviceImports', name) }]
      : []),
  ].filter(({ object }) => !isGoing(object));
  return [
    ...planOutdated(consumer),
    ...derivedSlices.map((slice) => prunedSlice(targetOf(consumer, 'endpointSlices', slice.name), slice, why)),
    ...unwanted.map(
      ({ object, target }): Change => ({
        ...target,
        stage: 'prune',
        op: 'delete',
        why,
        precondition: preconditionOf(object),
      }),
    ),
  ];
}

function planNewImport(consumer: ConsumerView, imported: DesiredImport, derivedService: string): Change[] {
  if (!imported.content) return [];
  const { namespace, name } = consumer;
  const object = importObject({ namespace, name }, imported, imported.content, derivedService);
  return [
    {
      ...targetOf(consumer, 'serviceImports', name),
      stage: 'import',
      op: 'create',
      why: 'the Service is exported',
      object,
    },
  ];
}

function planImport({ consumer, wanted, imported, observed }: ImportPlan): Change[] {
  const patch = importPatch(observed, imported, wanted.derivedService, wanted.own);
  if (!patch) return [];
  const why = imported.origin === 'user' ? 'its addresses changed' : 'the exports or its addresses changed';
  const target = targetOf(consumer, 'serviceImports', consumer.name);
  const notices = addressNotices(observed, patch);
  return [
    {
      ...target,
      stage: 'import',
      op: 'patch',
      why,
      precondition: preconditionOf(observed),
      patch,
      ...(notices.length > 0 && { notices }),
    },
  ];
}

/** The cluster IPs to ask for, unless the API server has refused them because another Service has them now. */
function requestedAddresses({ lastAddresses, refusal }: ConsumerView): readonly string[] | undefined {
  return refusal?.includes('spec.clusterIP') ? undefined : lastAddresses;
}

function planService({ consumer, wanted, imported: { serving }, observed }: ImportPlan): Change[] {
  const { own } = wanted;
  if (serving === 'nothing' || !serving.write || (own && isGoing(own))) return [];
  const { shape } = serving;
  const { namespace, name } = consumer;
  const owner = ownerOf(observed);
  const target = { ...targetOf(consumer, 'services', wanted.derivedService), stage: 'service' as const };
  if (!own) {
    const addresses = requestedAddresses(consumer);
    const object = serviceObject({ namespace, name: wanted.derivedService }, name, owner, shape, addresses);
    return [{ ...target, op: 'create', why: 'the import has no Service yet', object }];
  }
  const precondition = preconditionOf(own);
  if (mustBeReplaced(own, shape)) {
    const why = 'its cluster IP type or primary family changes, which needs a new Service';
    return [{ ...target, op: 'delete', why, precondition }];
  }
  const patch = servicePatch(own, name, owner, shape);
  if (!patch) return [];
  const renames = !shape.headless && renamedPorts(shape.ports, portsOf(own.spec.ports)).size > 0;
  const stage = renames ? 'rename' : 'service';
  return [{ ...target, stage, op: 'patch', why: 'it differs from the import', precondition, patch }];
}

function statusChange(target: Target, object: KubeObject, patch: JsonObject, why: string): PatchChange {
  return {
    ...target,
    stage: 'status',
    op: 'patch',
    subresource: 'status',
    why,
    precondition: preconditionOf(object),
    patch,
  };
}

function planImportStatus(ctx: ImportPlan, others: readonly Change[], now: string): Change[] {
  const { consumer, observed } = ctx;
  // One write per object: the first one changes the version that a second one would require.
  if (others.some(({ stage }) => stage === 'import')) return [];
  const conditions = importConditions(ctx);
  const before = observed.status?.conditions ?? [];
  const ready = before.some(({ type, status }) => type === 'Ready' && status === 'True');
  const pending = conditions.drafts.some(({ reason }) => reason === ImportReason.Pending);
  // Before an import has ever been ready, Pending is not worth a write, since this plan makes progress.
  if (pending && !ready && others.some(({ op }) => op === 'create')) return [];
  const patch = importStatusPatch(ctx, conditions, now);
  if (!patch) return [];
  const recovered = { reason: 'Imported', message: 'The import is up to date' };
  // One Event on the Lease reports an outage for all imports of the member.
  const notices = noticesOf(observed, before, conditions, recovered, [ImportCondition.SourcesReachable]);
  const target = targetOf(consumer, 'serviceImports', consumer.name);
  return [{ ...statusChange(target, observed, patch, 'its status changed'), ...(notices.length > 0 && { notices }) }];
}

function planExportStatus(consumer: ConsumerView, { clusterset }: Desired, now: string): Change[] {
  const exported = desiredExport(consumer.member, clusterset);
  if (!exported) return [];
  const { object } = exported;
  const conditions = sharedConditions(object, exported.conditions);
  const before = object.status?.conditions ?? [];
  const after = mergeConditions(before, conditions, object.metadata.generation, now);
  if (equal(before, after)) return [];
  const recovered = { reason: ExportReason.Exported, message: 'The Service is exported to the clusterset' };
  // Ready only repeats Valid.
  const notices = noticesOf(object, before, conditions, recovered, [ExportCondition.Ready]);
  const patch = { status: { conditions: after.map((condition) => ({ ...condition })) } };
  const target = targetOf(consumer, 'serviceExports', consumer.name);
  const rival = exportRival(object);
  const report = conditions.drafts.map(({ status, reason }) => `${status} ${reason}`).join();
  return [
    {
      ...statusChange(target, object, patch, 'its status changed'),
      // Another implementation may replace all conditions.
      ...(rival !== undefined && { once: `${object.metadata.uid} ${rival} ${report}` }),
      ...(notices.length > 0 && { notices }),
    },
  ];
}

/** For an import that another implementation manages: endpoints of an existing derived Service, and a condition. */
function planOfOther(
  consumer: ConsumerView,
  wanted: Desired,
  observed: ServiceImport,
  other: OtherImplementation,
  now: string,
): Change[] {
  // A Service under a former prefix has no successor, so it keeps its endpoints.
  const slices = consumer.outdatedServices?.length ? [] : planSlices(consumer, wanted, ownerOf(observed));
  const kept = wanted.own && wanted.derivedService;
  return [
    ...slices,
    ...planOtherStatus(targetOf(consumer, 'serviceImports', consumer.name), observed, other, kept, now),
  ];
}

function planConsumer(consumer: ConsumerView, wanted: Desired, now: string): Change[] {
  const imported = wanted.import;
  if (imported === 'undecided') return [];
  const observed = consumer.import;
  if (imported === 'absent') {
    const status =
      observed && isGoing(observed) && !otherImplementation(observed)
        ? planTerminating(targetOf(consumer, 'serviceImports', consumer.name), observed, now)
        : [];
    return [...status, ...planAbsence(consumer, wanted)];
  }
  // Objects that the import will own require its UID, so they follow in the next plan.
  if (!observed) return planNewImport(consumer, imported, wanted.derivedService);
  if (imported.other) return planOfOther(consumer, wanted, observed, imported.other, now);
  const ctx: ImportPlan = { consumer, wanted, imported, observed };
  const changes = [
    ...planImport(ctx),
    ...planService(ctx),
    ...planSlices(consumer, wanted, ownerOf(observed)),
    ...planOutdated(consumer),
  ];
  return [...changes, ...planImportStatus(ctx, changes, now)];
}

/**
 * Plans one pass for a consumer; empty if `wanted` is undefined. `now` is RFC 3339 in UTC, to the second. An object is
 * written at most once per pass. Some steps need the result of the previous one (a UID, a cluster IP), so apply, read
 * and plan again until the plan is empty.
 */
export function plan(consumer: ConsumerView, wanted: Desired | undefined, now: string): Change[] {
  if (!wanted) return [];
  const planned = consumer.unreadable ? [] : planConsumer(consumer, wanted, now);
  const changes = [...planned, ...planExportStatus(consumer, wanted, now)];
  return changes.toSorted(
    (a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}
