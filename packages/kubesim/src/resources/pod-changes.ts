/** Validation of pod updates. Source: Kubernetes documentation, "Pods", Pod update and replacement. */

import { type FieldError, forbidden, invalid, required } from '../machinery/field-error.ts';
import type { JsonObject } from '../machinery/json.ts';
import { isUnset, maybeNumber, objectsOf, sameValue, textOf, without } from '../machinery/read.ts';

const MUTABLE =
  '`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Errors of an update from pod spec `old` to `spec`. */
export function podChangeErrors(spec: JsonObject, old: JsonObject): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['containers', 'initContainers']) {
    const [now, before] = [objectsOf(spec[field]), objectsOf(old[field])];
    if (now.length !== before.length) {
      return [...errors, forbidden(`spec.${field}`, 'pod updates may not add or remove containers')];
    }
    errors.push(...imageErrors(`spec.${field}`, now));
  }
  const [deadline, oldDeadline] = [maybeNumber(spec.activeDeadlineSeconds), maybeNumber(old.activeDeadlineSeconds)];
  const path = 'spec.activeDeadlineSeconds';
  if (deadline === undefined && oldDeadline !== undefined) {
    errors.push(invalid(path, null, 'must not update from a positive integer to nil value'));
  }
  if (deadline !== undefined && oldDeadline !== undefined && deadline > oldDeadline) {
    return [...errors, invalid(path, deadline, 'must be less than or equal to previous value')];
  }
  errors.push(...tolerationErrors(spec, old));
  if (!sameValue(fixed(spec, old), fixed(old, old))) {
    errors.push(forbidden('spec', `pod updates may not change fields other than ${MUTABLE}\n`));
  }
  return errors;
}

function imageErrors(path: string, containers: readonly JsonObject[]): readonly FieldError[] {
  return containers.flatMap((container, i) => {
    const image = textOf(container.image);
    if (image === '') return [required(`${path}[${i}].image`)];
    const padded = image !== image.trim();
    return padded ? [invalid(`${path}[${i}].image`, image, 'must not have leading or trailing whitespace')] : [];
  });
}

function tolerationErrors(spec: JsonObject, old: JsonObject): readonly FieldError[] {
  const now = objectsOf(spec.tolerations);
  const kept = objectsOf(old.tolerations).every((before) =>
    now.some((one) => sameValue(without(one, 'tolerationSeconds'), without(before, 'tolerationSeconds'))),
  );
  return kept
    ? []
    : [forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}

/** The spec with its mutable fields reset to their old values. */
function fixed(spec: JsonObject, old: JsonObject): JsonObject {
  const images = (field: string): JsonObject => ({
    [field]: objectsOf(spec[field]).map((container) => without(container, 'image')),
  });
  const grace = maybeNumber(old.terminationGracePeriodSeconds);
  const shortened = grace !== undefined && grace < 0 && spec.terminationGracePeriodSeconds === 1;
  const rest = without(
    spec,
    'activeDeadlineSeconds',
    'tolerations',
    ...(shortened ? ['terminationGracePeriodSeconds'] : []),
    // Set once by the scheduler.
    ...(isUnset(old.nodeName) ? ['nodeName'] : []),
  );
  return { ...rest, ...images('containers'), ...images('initContainers') };
}
