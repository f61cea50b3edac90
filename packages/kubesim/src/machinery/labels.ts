/** Validation of labels and annotations. Source: Kubernetes, apimachinery, meta/v1 validation. */

import { type FieldError, invalidFor, tooLong } from './field-error.ts';
import { labelValue, qualifiedName } from './formats.ts';
import type { Json } from './json.ts';
import { objectOf, textOf } from './read.ts';

const ANNOTATION_LIMIT = 256 * 1024;

export function labelErrors(path: string, labels: Json | undefined): readonly FieldError[] {
  return Object.entries(objectOf(labels)).flatMap(([key, value]) => [
    ...invalidFor(path, key, qualifiedName(key)),
    ...invalidFor(path, textOf(value), labelValue(textOf(value))),
  ]);
}

export function annotationErrors(path: string, annotations: Json | undefined): readonly FieldError[] {
  const entries = Object.entries(objectOf(annotations));
  const size = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(textOf(value)),
    0,
  );
  return [
    ...entries.flatMap(([key]) => invalidFor(path, key, qualifiedName(key.toLowerCase()))),
    ...(size > ANNOTATION_LIMIT ? [tooLong(path, ANNOTATION_LIMIT)] : []),
  ];
}
