/** Validation of topology spread constraints. Source: Kubernetes API reference, core/v1 TopologySpreadConstraint. */

import { duplicate, type FieldError, invalid, notSupported, required } from '../machinery/field-error.ts';
import type { JsonObject } from '../machinery/json.ts';
import { isUnset, maybeNumber, objectOf, textOf } from '../machinery/read.ts';
import { oneOf } from './choices.ts';
import { selectorErrors } from './selector-rules.ts';

const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'] as const;
const POLICIES = ['Honor', 'Ignore'] as const;
const NOT_POSITIVE = 'must be greater than zero';

export function topologySpreadErrors(path: string, constraints: readonly JsonObject[]): readonly FieldError[] {
  const pairs = constraints.map(pairOf);
  return constraints.flatMap((constraint, i) => {
    const own = `${path}[${i}]`;
    const key = textOf(constraint.topologyKey);
    const action = textOf(constraint.whenUnsatisfiable);
    const pair = pairOf(constraint);
    // Reported for all duplicates except the last.
    const again = pairs.includes(pair, i + 1);
    const skew = maybeNumber(constraint.maxSkew) ?? 0;
    return [
      ...(skew <= 0 ? [invalid(`${own}.maxSkew`, skew, NOT_POSITIVE)] : []),
      ...(key === '' ? [required(`${own}.topologyKey`, 'can not be empty')] : []),
      ...(ACTIONS.some((one) => one === action) ? [] : [notSupported(`${own}.whenUnsatisfiable`, action, ACTIONS)]),
      ...(again ? [duplicate(`${own}.{topologyKey, whenUnsatisfiable}`, pair)] : []),
      ...domainErrors(`${own}.minDomains`, constraint, action),
      ...policyErrors(`${own}.nodeAffinityPolicy`, constraint.nodeAffinityPolicy),
      ...policyErrors(`${own}.nodeTaintsPolicy`, constraint.nodeTaintsPolicy),
      ...selectorErrors(`${own}.labelSelector`, objectOf(constraint.labelSelector)),
    ];
  });
}

function pairOf({ topologyKey, whenUnsatisfiable }: JsonObject): string {
  return `{${textOf(topologyKey)}, ${textOf(whenUnsatisfiable)}}`;
}

function domainErrors(path: string, { minDomains }: JsonObject, action: string): readonly FieldError[] {
  const least = maybeNumber(minDomains);
  if (least === undefined) return [];
  return [
    ...(least <= 0 ? [invalid(path, least, NOT_POSITIVE)] : []),
    ...(action === 'DoNotSchedule'
      ? []
      : [invalid(path, least, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action || '""'}`)]),
  ];
}

function policyErrors(path: string, policy: JsonObject[string]): readonly FieldError[] {
  return isUnset(policy) ? [] : oneOf(path, policy, POLICIES);
}

/** Warnings about questionable constraints. */
export function topologySpreadWarnings(path: string, constraints: readonly JsonObject[]): readonly string[] {
  return constraints.flatMap(({ labelSelector }, i) =>
    isUnset(labelSelector) ? [`${path}[${i}].labelSelector: a null labelSelector results in matching no pod`] : [],
  );
}
