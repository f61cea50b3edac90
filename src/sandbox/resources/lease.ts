/** coordination.k8s.io/v1 Leases. */
import type { StoredObject } from '../apiserver/object.ts';
import { column, printer } from './columns.ts';
import { define } from './define.ts';
import { type FieldError, invalid, NEGATIVE } from './fieldErrors.ts';
import { at, maybeNumber, objectOf, textOf, withObject, without } from './read.ts';

function leaseErrors(lease: StoredObject): readonly FieldError[] {
  const spec = objectOf(lease.spec);
  const duration = maybeNumber(spec.leaseDurationSeconds);
  const transitions = maybeNumber(spec.leaseTransitions);
  const errors: FieldError[] = [];
  if (duration !== undefined && duration <= 0) {
    errors.push(invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  }
  if (transitions !== undefined && transitions < 0) {
    errors.push(invalid('spec.leaseTransitions', transitions, NEGATIVE));
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
  strategy: {
    // Fields of a feature that is off where nobody turned it on.
    defaults: (lease) => withObject(lease, 'spec', (spec) => without(spec, 'strategy', 'preferredHolder')),
  },
});
