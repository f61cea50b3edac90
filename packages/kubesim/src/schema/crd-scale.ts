/** The scale subresource of custom resources. Source: Kubernetes documentation, CRDs, "Scale subresource". */

import type { FieldError } from '../machinery/field-error.ts';
import { invalid } from '../machinery/field-error.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import { isObject, ownMember } from '../machinery/json.ts';
import type { ScalePaths } from '../machinery/resource.ts';
import { goPrint, goType } from './golang.ts';

const MAX = 2 ** 31 - 1;

/** Validates spec.replicas, at the path defined by the CRD. */
export function scaleSpecErrors({ specReplicas }: ScalePaths, object: JsonObject): readonly FieldError[] {
  return countErrors(specReplicas, object);
}

/** Validates status.replicas and the selector, at the paths defined by the CRD. */
export function scaleStatusErrors(paths: ScalePaths, object: JsonObject): readonly FieldError[] {
  const { statusReplicas, labelSelector } = paths;
  const selector = labelSelector === undefined ? undefined : valueAt(labelSelector, object);
  const text = selector === undefined || typeof selector === 'string';
  return [
    ...countErrors(statusReplicas, object),
    ...(text || labelSelector === undefined ? [] : [wrongType(labelSelector, selector, 'string', '')]),
  ];
}

function countErrors(path: string, object: JsonObject): readonly FieldError[] {
  const value = valueAt(path, object);
  if (value === undefined) return [];
  if (typeof value !== 'number' || !Number.isInteger(value)) return [wrongType(path, value, 'int64', 0)];
  if (value < 0) return [invalid(path, value, 'should be a non-negative integer')];
  return value > MAX ? [invalid(path, value, `should be less than or equal to ${MAX}`)] : [];
}

function wrongType(path: string, value: Json, type: string, zero: Json): FieldError {
  return invalid(
    path,
    zero,
    `${path} accessor error: ${goPrint(value)} is of the type ${goType(value)}, expected ${type}`,
  );
}

function valueAt(path: string, object: JsonObject): Json | undefined {
  let here: Json | undefined = object;
  for (const key of path.replace(/^\./, '').split('.')) here = isObject(here) ? ownMember(here, key) : undefined;
  return here;
}
