/** What the status of a ServiceImport says. Ready and Pending are those of the v1beta1 types, the other reasons ours. */
import type { Service } from '../api/core.ts';
import type { JsonObject } from '../api/json.ts';
import { ImportCondition, ImportReason, type ServiceImport } from '../api/multicluster.ts';
import { type ConditionDraft, type ConditionSet, mergeConditions } from './conditions.ts';
import type { Desired } from './desired.ts';
import { equal } from './fingerprint.ts';
import type { DesiredImport } from './import.ts';
import { servingIPs } from './import-spec.ts';
import { joined, listed, quoted } from './message.ts';
import type { ServiceView } from './view.ts';

const { Ready, SourcesReachable } = ImportCondition;

/** An import that is there and should be, with all that its status tells of. */
export interface ImportCase {
  readonly view: ServiceView;
  readonly wanted: Desired;
  readonly imported: DesiredImport;
  readonly observed: ServiceImport;
  /** The derived Service, unless somebody else made it. */
  readonly own: Service | undefined;
}

function isReady({ status }: ServiceImport): boolean {
  return status?.conditions?.some((condition) => condition.type === Ready && condition.status === 'True') ?? false;
}

/** What is still missing in the consumer for connections to arrive; undefined where nothing is. */
function missing({ view, wanted, imported: { serving }, observed, own }: ImportCase): string | undefined {
  if (serving === 'nothing') return undefined;
  const ips = servingIPs(own, serving.shape);
  if (!ips) return `Service ${quoted(wanted.derivedService)} is being made`;
  if (!equal(observed.spec.ips ?? [], ips)) return 'spec.ips is being filled in';
  // Later slices come and go while the import is ready; before it is, the first ones have to be there.
  const present = new Set(view.consumer.derivedSlices.map(({ name }) => name));
  const awaited = isReady(observed) ? [] : wanted.slices.filter(({ content }) => !present.has(content.name));
  return awaited.length > 0 ? 'EndpointSlices are being made' : undefined;
}

function readyCondition(the: ImportCase): ConditionDraft {
  const { problems, notes } = the.imported;
  const first = problems[0];
  if (first) {
    const message = joined(problems.map(({ message }) => message), '. '); // biome-ignore format: one thought
    return { type: Ready, status: 'False', reason: first.reason, message };
  }
  const lacking = missing(the);
  if (lacking !== undefined) return { type: Ready, status: 'False', reason: ImportReason.Pending, message: lacking };
  const message = joined([`Service ${quoted(the.wanted.derivedService)} serves what is exported`, ...notes], '. ');
  return { type: Ready, status: 'True', reason: ImportReason.Ready, message };
}

function lossOf(members: readonly string[], fate: string): readonly string[] {
  const whose = members.length === 1 ? 'its' : 'their';
  return members.length > 0 ? [`Cannot reach ${listed(members)}; ${whose} endpoints ${fate}`] : [];
}

/** There only while a member that takes part cannot be asked. No time is told: it would be a write a second. */
function reachableConditions({ view, wanted }: ImportCase): readonly ConditionDraft[] {
  const { exports, unknown } = wanted.knowledge;
  const lost = exports.valid.filter(({ source }) => !source.reachable).map(({ member }) => member);
  const members = [...new Set([...lost, ...unknown])].toSorted();
  if (members.length === 0) return [];
  const holding = new Set([
    ...wanted.slices.map(({ source }) => source),
    ...view.consumer.derivedSlices.filter(({ name }) => wanted.kept.has(name)).map(({ source }) => source),
  ]);
  const expired = new Set(view.sources.filter((source) => source.expired).map(({ member }) => member));
  const removed = members.filter((member) => expired.has(member) && !holding.has(member));
  const kept = members.filter((member) => !removed.includes(member));
  const message = joined([...lossOf(kept, 'are kept'), ...lossOf(removed, 'have expired')], '. ');
  return [{ type: SourcesReachable, status: 'False', reason: ImportReason.MemberUnreachable, message }];
}

/** Our conditions of an import. */
export function importConditions(the: ImportCase): ConditionSet {
  const reachable = reachableConditions(the);
  if (the.imported.readyStays) return { types: [SourcesReachable], drafts: reachable };
  return { types: [Ready, SourcesReachable], drafts: [readyCondition(the), ...reachable] };
}

/** The members that the import is derived from, by name; as observed while they cannot all be asked. */
function clustersOf({ wanted: { knowledge }, observed }: ImportCase): readonly { readonly cluster: string }[] {
  const last = observed.status?.clusters;
  if (knowledge.frozen && last) return last;
  return (knowledge.merged?.members ?? []).map((cluster) => ({ cluster }));
}

/** The merge patch of the status; undefined where it says all this already. */
export function importStatusPatch(the: ImportCase, conditions: ConditionSet, now: string): JsonObject | undefined {
  const { metadata, status } = the.observed;
  const observed = status?.conditions ?? [];
  const merged = mergeConditions(observed, conditions, metadata.generation, now);
  const clusters = clustersOf(the);
  const patch = {
    ...(status?.endpointSliceObjects !== 'Present' && { endpointSliceObjects: 'Present' }),
    ...(!equal(clusters, status?.clusters ?? []) && { clusters: clusters.map(({ cluster }) => ({ cluster })) }),
    ...(!equal(merged, observed) && { conditions: merged.map((condition) => ({ ...condition })) }),
  };
  return Object.keys(patch).length > 0 ? { status: patch } : undefined;
}
