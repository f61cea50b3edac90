/** Conditions of workloads. Source: Kubernetes API conventions, "Typical status properties". */
import type { StatusCondition } from './kinds.ts';

/** What a condition is to say. */
export interface ConditionNews {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** The conditions with this one among them; the time of its transition moves only when its status does. */
export function setCondition(
  conditions: readonly StatusCondition[] = [],
  news: ConditionNews,
  now: string,
): readonly StatusCondition[] {
  const old = conditions.find(({ type }) => type === news.type);
  const lastTransitionTime = old?.status === news.status ? (old.lastTransitionTime ?? now) : now;
  return [...conditions.filter(({ type }) => type !== news.type), { ...news, lastTransitionTime }];
}
