/**
 * Conditions of a status: those of Catamaran are replaced, all others stay. Kubernetes API conventions, "Typical status
 * properties".
 */
import type { ObjectReference } from '../../api/core.ts';
import type { Condition, KubeObject } from '../../api/meta.ts';
import { ExportCondition, ImportCondition } from '../../api/multicluster.ts';
import { visible } from '../../runtime/visible.ts';
import type { Notice } from '../change.ts';
import { clipped, MESSAGE_LENGTH } from '../message.ts';

/** A condition before it is compared with the observed one. Its message may quote text of other parties as it is. */
export type ConditionDraft = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** The conditions of `types` become exactly `drafts`; all others stay. */
export interface ConditionSet {
  readonly types: readonly string[];
  readonly drafts: readonly ConditionDraft[];
}

/**
 * The desired conditions of an object. `lastTransitionTime` changes only with the status, so an unchanged state results
 * in a list equal to the observed one.
 */
export function mergeConditions(
  observed: readonly Condition[],
  wanted: ConditionSet,
  generation: number | undefined,
  now: string,
): readonly Condition[] {
  const before = new Map(observed.map((condition) => [condition.type, condition]));
  const merged = wanted.drafts.map((draft): [string, Condition] => {
    const last = before.get(draft.type);
    const { type, status, reason } = draft;
    const message = clipped(visible(draft.message), MESSAGE_LENGTH);
    const lastTransitionTime = last?.status === status ? last.lastTransitionTime : now;
    const observedGeneration = generation === undefined ? {} : { observedGeneration: generation };
    return [type, { type, status, reason, message, lastTransitionTime, ...observedGeneration }];
  });
  const after = new Map(merged);
  const kept = observed.flatMap((condition) => {
    const ours = after.get(condition.type);
    if (ours) return [ours];
    return wanted.types.includes(condition.type) ? [] : [condition];
  });
  return [...kept, ...after.values().filter(({ type }) => !before.has(type))];
}

/** The status of a condition that needs no attention. */
const GOOD: Readonly<Record<string, Condition['status']>> = {
  [ExportCondition.Valid]: 'True',
  [ExportCondition.Conflict]: 'False',
  [ExportCondition.EndpointsAccepted]: 'True',
  [ExportCondition.HostnamesUnique]: 'True',
  [ExportCondition.Exported]: 'True',
  [ImportCondition.Ready]: 'True',
  [ImportCondition.SourcesReachable]: 'True',
  [ImportCondition.EndpointsAvailable]: 'True',
  [ImportCondition.Managed]: 'True',
};

function isBad(condition: ConditionDraft | undefined): boolean {
  // Pending needs no attention.
  return condition !== undefined && condition.reason !== 'Pending' && condition.status !== GOOD[condition.type];
}

/**
 * Events for a change of conditions: a Warning when a condition becomes bad or is bad for another reason, a Normal one
 * when it recovers. `silent` conditions only repeat another one.
 */
export function noticesOf(
  object: KubeObject,
  observed: readonly Condition[],
  wanted: ConditionSet,
  recovered: { readonly reason: string; readonly message: string },
  silent: readonly string[] = [],
): readonly Notice[] {
  const { name, namespace = '', uid } = object.metadata;
  const regarding: ObjectReference = {
    apiVersion: object.apiVersion,
    kind: object.kind,
    namespace,
    name,
    ...(uid !== undefined && { uid }),
  };
  const types = wanted.types.filter((type) => !silent.includes(type));
  const pairs = types.map((type) => ({
    before: observed.find((condition) => condition.type === type),
    after: wanted.drafts.find((condition) => condition.type === type),
  }));
  const warnings = pairs.flatMap(({ before, after }): Notice[] =>
    after && isBad(after) && !(isBad(before) && before?.reason === after.reason)
      ? [{ type: 'Warning', reason: after.reason, message: after.message, regarding }]
      : [],
  );
  const recovery = pairs.some(({ before, after }) => isBad(before) && !isBad(after) && after?.reason !== 'Pending');
  return recovery && !pairs.some(({ after }) => isBad(after))
    ? [{ type: 'Normal', ...recovered, regarding }]
    : warnings;
}
