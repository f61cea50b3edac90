/**
 * The status of a ServiceImport. Ready and Pending are defined by the v1beta1 types, the other reasons by Catamaran.
 */
import type { JsonObject } from '../../api/json.ts';
import { ImportCondition, ImportReason, type ServiceImport } from '../../api/multicluster.ts';
import type { Desired } from '../desired/desired.ts';
import type { DesiredImport } from '../desired/import.ts';
import { equal } from '../fingerprint.ts';
import { joined, listed, quoted } from '../message.ts';
import type { ConsumerView } from '../view.ts';
import { availableConditions } from './available-endpoints.ts';
import { type ConditionDraft, type ConditionSet, mergeConditions } from './conditions.ts';
import { servingIPs } from './derived-service.ts';
import { annotationNotes } from './derived-service-annotation.ts';

const { Ready, SourcesReachable, EndpointsAvailable, Managed } = ImportCondition;

/** An existing, desired import, with everything that its status depends on. */
export interface ImportPlan {
  readonly consumer: ConsumerView;
  readonly wanted: Desired;
  readonly imported: DesiredImport;
  readonly observed: ServiceImport;
}

function isReady({ status }: ServiceImport): boolean {
  return status?.conditions?.some((condition) => condition.type === Ready && condition.status === 'True') ?? false;
}

/** What the consumer still lacks to serve connections; undefined if nothing. */
function missing({ consumer, wanted, imported: { serving }, observed }: ImportPlan): string | undefined {
  if (serving === 'nothing') return undefined;
  const ips = servingIPs(wanted.own, serving.shape);
  if (!ips) return `Service ${quoted(wanted.derivedService)} is being created`;
  if (!equal(observed.spec.ips ?? [], ips)) return 'spec.ips is being written';
  // Only the first slices must exist before the import is ready.
  const present = new Set(consumer.derivedSlices.map(({ name }) => name));
  const awaited = isReady(observed) ? [] : wanted.slices.filter(({ content }) => !present.has(content.name));
  return awaited.length > 0 ? 'EndpointSlices are being created' : undefined;
}

function readyCondition(ctx: ImportPlan): ConditionDraft {
  const { derivedService } = ctx.wanted;
  const { problems, notes } = ctx.imported;
  const first = problems[0];
  if (first) {
    const message = joined(problems.map(({ message }) => message), '. '); // biome-ignore format: one thought
    return { type: Ready, status: 'False', reason: first.reason, message };
  }
  const lacking = missing(ctx);
  if (lacking !== undefined) return { type: Ready, status: 'False', reason: ImportReason.Pending, message: lacking };
  const message = joined(
    [
      `Derived Service ${quoted(derivedService)} is up to date`,
      ...notes,
      ...annotationNotes(ctx.observed, derivedService),
    ],
    '. ',
  );
  return { type: Ready, status: 'True', reason: ImportReason.Ready, message };
}

function lossOf(members: readonly string[], fate: string): readonly string[] {
  const whose = members.length === 1 ? 'its' : 'their';
  return members.length > 0 ? [`Cannot reach ${listed(members)}; ${whose} endpoints ${fate}`] : [];
}

/** Exporters that cannot be reached, by name. */
function unreachableMembers({ wanted: { clusterset } }: ImportPlan): readonly string[] {
  const { exports, missing } = clusterset;
  const lost = exports.valid.filter(({ standing }) => standing !== 'current').map(({ member }) => member);
  return [...new Set([...lost, ...missing])].toSorted();
}

/**
 * Whether the consumer has ready endpoints of a member that can be reached. Slices that are kept without a known source
 * are those of unreachable members.
 */
function hasOthers({ wanted }: ImportPlan, members: readonly string[]): boolean {
  return wanted.slices.some(({ source, content }) => content.ready > 0 && !members.includes(source));
}

/** Without a duration, which would cause a write per second. */
function unreachableCondition({ consumer, wanted }: ImportPlan, members: readonly string[]): ConditionDraft {
  const { expired } = wanted.clusterset;
  const holding = new Set([
    ...wanted.slices.map(({ source }) => source),
    ...consumer.derivedSlices.filter(({ name }) => wanted.kept.has(name)).map(({ source }) => source),
  ]);
  const removed = members.filter((member) => expired.has(member) && !holding.has(member));
  const kept = members.filter((member) => !removed.includes(member));
  const message = joined([...lossOf(kept, 'are kept'), ...lossOf(removed, 'have expired')], '. ');
  return { type: SourcesReachable, status: 'False', reason: ImportReason.MemberUnreachable, message };
}

/**
 * SourcesReachable is present only while an exporter cannot be reached. A brief silence is reported if nothing else serves
 * the import; otherwise the condition stays as it is, since most outages are short, and reporting one takes a
 * write for every import.
 */
function reachableConditions(ctx: ImportPlan): ConditionSet {
  const members = unreachableMembers(ctx);
  const { brief } = ctx.wanted.clusterset;
  const reported = hasOthers(ctx, members) ? members.filter((member) => !brief.has(member)) : members;
  if (reported.length > 0) return { types: [SourcesReachable], drafts: [unreachableCondition(ctx, reported)] };
  return { types: members.length > 0 ? [] : [SourcesReachable], drafts: [] };
}

/** The conditions of an import that Catamaran manages. */
export function importConditions(ctx: ImportPlan): ConditionSet {
  const reachable = reachableConditions(ctx);
  const types = [...reachable.types, EndpointsAvailable, Managed];
  const drafts = [...reachable.drafts, ...availableConditions(ctx)];
  if (ctx.imported.readyStays) return { types, drafts };
  return { types: [Ready, ...types], drafts: [readyCondition(ctx), ...drafts] };
}

/**
 * The members that the import is derived from, in order of precedence; the observed ones while some are unknown, which
 * may precede those that are known.
 */
function clustersOf({ wanted: { clusterset }, observed }: ImportPlan): readonly { readonly cluster: string }[] {
  if (clusterset.frozen) return observed.status?.clusters ?? [];
  return (clusterset.merged?.members ?? []).map((cluster) => ({ cluster }));
}

/** The merge patch of the status; undefined if it is up to date. */
export function importStatusPatch(ctx: ImportPlan, conditions: ConditionSet, now: string): JsonObject | undefined {
  const { metadata, status } = ctx.observed;
  const observed = status?.conditions ?? [];
  const merged = mergeConditions(observed, conditions, metadata.generation, now);
  const clusters = clustersOf(ctx);
  const patch = {
    ...(status?.endpointSliceObjects !== 'Present' && { endpointSliceObjects: 'Present' }),
    ...(!equal(clusters, status?.clusters ?? []) && { clusters: clusters.map(({ cluster }) => ({ cluster })) }),
    ...(!equal(merged, observed) && { conditions: merged.map((condition) => ({ ...condition })) }),
  };
  return Object.keys(patch).length > 0 ? { status: patch } : undefined;
}
