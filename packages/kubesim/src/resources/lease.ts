/** coordination.k8s.io/v1 Leases. */

import { column, printer } from '../machinery/columns.ts';
import { type FieldError, invalid, NEGATIVE } from '../machinery/field-error.ts';
import type { StoredObject } from '../machinery/object.ts';
import { at, maybeNumber, objectOf, textOf, withObject, without } from '../machinery/read.ts';
import { define } from './define.ts';

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

export const leases = define({
  group: 'coordination.k8s.io',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
  createOnUpdate: true,
  versionedUpdates: true,
  printer: printer([column('Holder', 'Holder of the Lease.')], (lease) => [textOf(at(lease.spec, 'holderIdentity'))]),
  validate: leaseErrors,
  strategy: {
    // Fields of a feature gate that is off by default.
    defaults: (lease) => withObject(lease, 'spec', (spec) => without(spec, 'strategy', 'preferredHolder')),
  },
});
