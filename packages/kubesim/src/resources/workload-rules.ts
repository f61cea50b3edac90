/** Rules that Deployments, ReplicaSets, StatefulSets and DaemonSets share. Source: Kubernetes API reference, apps/v1. */

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

/** The scale subresource of workloads. */
export const SCALE: ScalePaths = {
  specReplicas: '.spec.replicas',
  statusReplicas: '.status.replicas',
  labelSelector: '.spec.selector',
};

/** Errors of a number that may not be below zero. */
export function countErrors(path: string, value: Json | undefined): readonly FieldError[] {
  return numberOf(value) < 0 ? [invalid(path, numberOf(value), NEGATIVE)] : [];
}

/** Errors of the selector alone; `kind` is how the words call the workload. */
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
 * Errors of a template that the selector does not select, and those of `then`, which are looked for only where the selector
 * can be used. `words` are said of one that cannot.
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
  // No selector at all selects nothing, an empty one everything.
  const matches = !isUnset(spec.selector) && (isEmptySelector(selector) || selects(selector, labels));
  const value = Object.keys(labels).length === 0 ? null : sorted(labels);
  const path = 'spec.template.metadata.labels';
  return [...(matches ? [] : [invalid(path, value, '`selector` does not match template `labels`')]), ...then(spec)];
}

/** Errors of a pod template. */
export function ownTemplateErrors(spec: JsonObject): readonly FieldError[] {
  return templateErrors('spec.template', objectOf(spec.template));
}

/** Errors of what pods of a workload may not have; `kind` is how the words call it. */
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

/** Errors of a selector that changed. */
export function selectorChangeErrors(spec: JsonObject, old: JsonObject): readonly FieldError[] {
  return sameValue(spec.selector, old.selector) ? [] : [invalid('spec.selector', spec.selector, IMMUTABLE)];
}

/** Errors of a count or percentage. */
export function shareErrors(path: string, value: Json | undefined): readonly FieldError[] {
  if (typeof value === 'string') return percentage(value).map((problem) => invalid(path, value, problem));
  return countErrors(path, value);
}

/** Errors of a percentage above 100. */
export function excessErrors(path: string, value: Json | undefined): readonly FieldError[] {
  const over = typeof value === 'string' && percentage(value).length === 0 && shareValue(value) > 100;
  return over ? [invalid(path, value, 'must not be greater than 100%')] : [];
}

/** The number of a count or percentage. */
export function shareValue(value: Json | undefined): number {
  return typeof value === 'string' ? Number.parseInt(value, 10) || 0 : numberOf(value);
}

/** Errors of replica counts of a status; those in `parts` cannot be more than all. */
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
