/** Label selectors of workloads. Source: Kubernetes documentation, "Labels and Selectors", resources that support set-based requirements. */
import type { StringMap } from '../machinery/json.ts';
import type { LabelSelector } from './kinds.ts';

/** Whether the labels include all of `wanted`. */
export function hasLabels(labels: StringMap | undefined, wanted: StringMap): boolean {
  for (const key in wanted) if (labels?.[key] !== wanted[key]) return false;
  return true;
}

export function selects(selector: LabelSelector, labels: StringMap | undefined): boolean {
  if (!hasLabels(labels, selector.matchLabels ?? {})) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels?.[key];
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      default:
        return false;
    }
  });
}
