/** coordination.k8s.io/v1 Leases. */
import type { StoredObject } from '../apiserver/object.ts';
import { column, printer } from './columns.ts';
import { define } from './define.ts';
import { type FieldError, forbidden, invalid, invalidFor, NEGATIVE } from './fieldErrors.ts';
import { qualifiedName } from './formats.ts';
import { at, isUnset, maybeNumber, objectOf, textOf } from './read.ts';

const STRATEGY = 'OldestEmulationVersion';

function leaseErrors(lease: StoredObject): readonly FieldError[] {
  const spec = objectOf(lease.spec);
  const duration = maybeNumber(spec.leaseDurationSeconds);
  const transitions = maybeNumber(spec.leaseTransitions);
  const { strategy, preferredHolder } = spec;
  const errors: FieldError[] = [];
  if (duration !== undefined && duration <= 0) {
    errors.push(invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  }
  if (transitions !== undefined && transitions < 0) {
    errors.push(invalid('spec.leaseTransitions', transitions, NEGATIVE));
  }
  if (typeof strategy === 'string' && strategy !== STRATEGY) {
    errors.push(...invalidFor('spec.strategy', strategy, qualifiedName(strategy)));
  }
  if (!isUnset(preferredHolder) && isUnset(strategy)) {
    errors.push(forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined'));
  }
  return errors;
}

/** Leases. */
export const leases = define({
  group: 'coordination.k8s.io',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
  createOnUpdate: true,
  versionedUpdates: true,
  printer: printer([column('Holder', 'Who holds the lease.')], (lease) => [textOf(at(lease.spec, 'holderIdentity'))]),
  validate: leaseErrors,
});
