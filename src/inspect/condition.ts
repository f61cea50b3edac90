import type { Condition } from '../api/meta.ts';

/** A condition of a type; undefined if the object has none, or if it does not describe the object's generation. */
export function conditionOf(
  object: {
    readonly metadata: { readonly generation?: number };
    readonly status?: { readonly conditions?: readonly Condition[] };
  },
  type: string,
): Condition | undefined {
  const condition = object.status?.conditions?.find((each) => each.type === type);
  const { generation } = object.metadata;
  const isOutdated =
    generation !== undefined &&
    condition?.observedGeneration !== undefined &&
    condition.observedGeneration < generation;
  return isOutdated ? undefined : condition;
}
