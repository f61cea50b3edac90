/** Validation and evaluation of label selectors. Source: Kubernetes, meta/v1 LabelSelector. */

import { type FieldError, forbidden, invalid, invalidFor, required } from '../machinery/field-error.ts';
import { labelValue, qualifiedName } from '../machinery/formats.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import { labelErrors } from '../machinery/labels.ts';
import { objectOf, objectsOf, textOf, textsOf } from '../machinery/read.ts';

export function selectorErrors(path: string, selector: JsonObject): readonly FieldError[] {
  return [
    ...labelErrors(`${path}.matchLabels`, selector.matchLabels),
    ...objectsOf(selector.matchExpressions).flatMap((one, i) =>
      requirementErrors(`${path}.matchExpressions[${i}]`, one),
    ),
  ];
}

export function requirementErrors(path: string, requirement: JsonObject): readonly FieldError[] {
  const operator = textOf(requirement.operator);
  const values = textsOf(requirement.values);
  const found: FieldError[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      found.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      found.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    }
  } else {
    found.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  }
  const key = textOf(requirement.key);
  found.push(...invalidFor(`${path}.key`, key, qualifiedName(key)));
  found.push(...values.flatMap((value, i) => invalidFor(`${path}.values[${i}]`, value, labelValue(value))));
  return found;
}

/** A map sorted by key, as Go prints it. */
export function sorted(map: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether a selector is valid. */
export function isUsable(selector: JsonObject): boolean {
  return selectorErrors('', selector).length === 0;
}

export function isEmptySelector(selector: JsonObject): boolean {
  return Object.keys(objectOf(selector.matchLabels)).length === 0 && objectsOf(selector.matchExpressions).length === 0;
}

export function selects(selector: JsonObject, labels: Readonly<Record<string, Json | undefined>>): boolean {
  const equal = Object.entries(objectOf(selector.matchLabels)).every(([key, value]) => labels[key] === value);
  return equal && objectsOf(selector.matchExpressions).every((one) => meets(one, labels));
}

function meets(requirement: JsonObject, labels: Readonly<Record<string, Json | undefined>>): boolean {
  const key = textOf(requirement.key);
  const label = labels[key];
  const values = textsOf(requirement.values);
  switch (requirement.operator) {
    case 'In':
      return typeof label === 'string' && values.includes(label);
    case 'NotIn':
      return typeof label !== 'string' || !values.includes(label);
    case 'Exists':
      return label !== undefined;
    case 'DoesNotExist':
      return label === undefined;
    default:
      return false;
  }
}

function requirementText(requirement: JsonObject): string {
  const key = textOf(requirement.key);
  const values = textsOf(requirement.values).toSorted().join(',');
  switch (requirement.operator) {
    case 'In':
      return `${key} in (${values})`;
    case 'NotIn':
      return `${key} notin (${values})`;
    case 'Exists':
      return key;
    default:
      return `!${key}`;
  }
}

/** A selector as shown by `kubectl get -o wide`, sorted by key; empty if it selects everything. */
export function selectorText(selector: JsonObject): string {
  const equal = Object.entries(objectOf(selector.matchLabels)).map(([key, value]): readonly [string, string] => [
    key,
    `${key}=${textOf(value)}`,
  ]);
  const others = objectsOf(selector.matchExpressions).map((one): readonly [string, string] => [
    textOf(one.key),
    requirementText(one),
  ]);
  return [...equal, ...others]
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, text]) => text)
    .join(',');
}
