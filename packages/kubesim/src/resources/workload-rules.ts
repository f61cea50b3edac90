/**
 * Validation shared by Deployments, ReplicaSets, StatefulSets and DaemonSets. Source: Kubernetes API reference,
 * apps/v1.
 */

import {
  type FieldError,
  forbidden,
  IMMUTABLE,
  invalid,
  NEGATIVE,
  notSupported,
  required,
} from '../machinery/field-error.ts';
import { percentage } from '../machinery/formats.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import { isUnset, maybeNumber, numberOf, objectOf, sameValue } from '../machinery/read.ts';
import type { ScalePaths } from '../machinery/resource.ts';
import { templateErrors } from './pod-rules.ts';
import { isEmptySelector, isUsable, selectorErrors, selects, sorted } from './selector-rules.ts';

/** Scale subresource of workloads. */
export const SCALE: ScalePaths = {
  specReplicas: '.spec.replicas',
  statusReplicas: '.status.replicas',
  labelSelector: '.spec.selector',
};

/** Errors of a number that must not be negative. */
export function countErrors(path: string, value: Json | undefined): readonly FieldError[] {
  return numberOf(value) < 0 ? [invalid(path, numberOf(value), NEGATIVE)] : [];
}

/** Errors of the selector alone; `kind` is the name of the workload in messages. */
export function ownSelectorErrors(spec: JsonObject, kind: string): readonly FieldError[] {
  const { selector } = spec;
  if (isUnset(selector)) return [required('spec.selector')];
  const empty = isEmptySelector(objectOf(selector));
  return [
    ...selectorErrors('spec.selector', objectOf(selector)),
    ...(empty ? [invalid('spec.selector', selector, `empty selector is invalid for ${kind}`)] : []),
  ];
}

/**
 * Errors of a template that does not match the selector, followed by those of `then`, which runs only if the selector
 * is valid. `words` is the message for an invalid selector.
 */
export function templateMatchErrors(
  spec: JsonObject,
  words: string,
  then: (spec: JsonObject) => readonly FieldError[],
): readonly FieldError[] {
  const selector = objectOf(spec.selector);
  if (!isUsable(selector)) {
    const value = {
      ...selector,
      ...(selector.matchLabels !== undefined && { matchLabels: sorted(objectOf(selector.matchLabels)) }),
    };
    return [invalid('spec.selector', value, words)];
  }
  const labels = objectOf(objectOf(objectOf(spec.template).metadata).labels);
  // A nil selector selects nothing, an empty one everything.
  const matches = !isUnset(spec.selector) && (isEmptySelector(selector) || selects(selector, labels));
  const value = Object.keys(labels).length === 0 ? null : sorted(labels);
  const path = 'spec.template.metadata.labels';
  return [...(matches ? [] : [invalid(path, value, '`selector` does not match template `labels`')]), ...then(spec)];
}

export function ownTemplateErrors(spec: JsonObject): readonly FieldError[] {
  return templateErrors('spec.template', objectOf(spec.template));
}

/** Errors of pod settings not allowed in workloads; `kind` is the name of the workload in messages. */
export function podPolicyErrors(spec: JsonObject, kind: string): readonly FieldError[] {
  const pod = objectOf(objectOf(spec.template).spec);
  return [
    ...(pod.restartPolicy === 'Always'
      ? []
      : [notSupported('spec.template.spec.restartPolicy', pod.restartPolicy, ['Always'])]),
    ...(maybeNumber(pod.activeDeadlineSeconds) === undefined
      ? []
      : [forbidden('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${kind} is not Supported`)]),
  ];
}

export function selectorChangeErrors(spec: JsonObject, old: JsonObject): readonly FieldError[] {
  return sameValue(spec.selector, old.selector) ? [] : [invalid('spec.selector', spec.selector, IMMUTABLE)];
}

/** Errors of a number or percentage. */
export function shareErrors(path: string, value: Json | undefined): readonly FieldError[] {
  if (typeof value === 'string') return percentage(value).map((problem) => invalid(path, value, problem));
  return countErrors(path, value);
}

export function excessErrors(path: string, value: Json | undefined): readonly FieldError[] {
  const over = typeof value === 'string' && percentage(value).length === 0 && shareValue(value) > 100;
  return over ? [invalid(path, value, 'must not be greater than 100%')] : [];
}

/** The numeric value of a number or percentage. */
export function shareValue(value: Json | undefined): number {
  return typeof value === 'string' ? Number.parseInt(value, 10) || 0 : numberOf(value);
}

/** Errors of replica counts in a status; each of `parts` must not exceed the total. */
export function statusErrors(
  status: JsonObject,
  counts: readonly string[],
  parts: readonly string[],
  readyPath: string,
): readonly FieldError[] {
  const more = (field: string, limit: string, words: string): readonly FieldError[] =>
    numberOf(status[field]) > numberOf(status[limit])
      ? [invalid(`status.${field}`, numberOf(status[field]), `cannot be greater than ${words}`)]
      : [];
  return [
    ...counts.flatMap((field) => countErrors(`status.${field}`, status[field])),
    ...parts.flatMap((field) => more(field, 'replicas', 'status.replicas')),
    ...more('availableReplicas', 'readyReplicas', readyPath),
  ];
}
