/** Validation of node affinity. Source: Kubernetes API reference, core/v1 NodeAffinity. */

import { type FieldError, invalid, required } from '../machinery/field-error.ts';
import type { JsonObject } from '../machinery/json.ts';
import { isUnset, numberOf, objectOf, objectsOf, textOf, textsOf } from '../machinery/read.ts';
import { requirementErrors } from './selector-rules.ts';

const MAX_WEIGHT = 100;

export function nodeAffinityErrors(path: string, affinity: JsonObject): readonly FieldError[] {
  const needed = affinity.requiredDuringSchedulingIgnoredDuringExecution;
  const wanted = objectsOf(affinity.preferredDuringSchedulingIgnoredDuringExecution);
  return [
    ...(isUnset(needed)
      ? []
      : selectorErrors(`${path}.requiredDuringSchedulingIgnoredDuringExecution`, objectOf(needed))),
    ...wanted.flatMap(({ weight, preference }, i) => {
      const own = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
      const heavy = numberOf(weight);
      return [
        ...(heavy >= 1 && heavy <= MAX_WEIGHT ? [] : [invalid(`${own}.weight`, heavy, 'must be in the range 1-100')]),
        ...termErrors(`${own}.preference`, objectOf(preference)),
      ];
    }),
  ];
}

function selectorErrors(path: string, selector: JsonObject): readonly FieldError[] {
  const terms = objectsOf(selector.nodeSelectorTerms);
  const own = `${path}.nodeSelectorTerms`;
  if (terms.length === 0) return [required(own, 'must have at least one node selector term')];
  return terms.flatMap((term, i) => termErrors(`${own}[${i}]`, term));
}

function termErrors(path: string, term: JsonObject): readonly FieldError[] {
  return objectsOf(term.matchExpressions).flatMap((one, i) => {
    const own = `${path}.matchExpressions[${i}]`;
    const operator = textOf(one.operator);
    if (operator !== 'Gt' && operator !== 'Lt') return requirementErrors(own, one);
    const words = "must be specified single value when `operator` is 'Lt' or 'Gt'";
    return [
      ...(textsOf(one.values).length === 1 ? [] : [required(`${own}.values`, words)]),
      // Apart from the values, validated like In.
      ...requirementErrors(own, { ...one, operator: 'In', values: one.values ?? [] }).filter(
        ({ path: at }) => at !== `${own}.values`,
      ),
    ];
  });
}
