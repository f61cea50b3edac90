/** networking.k8s.io/v1 ServiceCIDRs. They are only stored and listed; the cluster's ranges come from its settings. */

import { column, printer } from '../machinery/columns.ts';
import { type FieldError, IMMUTABLE, invalid, required } from '../machinery/field-error.ts';
import type { StoredObject } from '../machinery/object.ts';
import { at, textsOf } from '../machinery/read.ts';
import { parseRange, strictRange } from './addresses.ts';
import { define } from './define.ts';

const PATH = 'spec.cidrs';
const ONE_EACH = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';

function rangesOf(object: StoredObject): readonly string[] {
  return textsOf(at(object.spec, 'cidrs'));
}

function rangeErrors(object: StoredObject): readonly FieldError[] {
  const ranges = rangesOf(object);
  if (ranges.length === 0) return [required(PATH, 'at least one CIDR required')];
  // The message contains Go's representation.
  if (ranges.length > 2) return [invalid(PATH, { CIDRs: ranges }, 'may only hold up to 2 values')];
  const [first, second] = ranges.map((range) => parseRange(range)?.address.kind());
  return [
    ...ranges.flatMap((range, i) => strictRange(`${PATH}[${i}]`, range)),
    ...(first !== undefined && first === second ? [invalid(PATH, ranges, ONE_EACH)] : []),
  ];
}

/** A second family may be added; all else is immutable. */
function changeErrors(object: StoredObject, old: StoredObject): readonly FieldError[] {
  const [now, before] = [rangesOf(object), rangesOf(old)];
  const grows = before.length === 1 && now.length === 2;
  if (now.length !== before.length && !grows) return [invalid(PATH, now, IMMUTABLE)];
  return [
    ...before.flatMap((range, i) => (range === now[i] ? [] : [invalid(`${PATH}[${i}]`, now[i], IMMUTABLE)])),
    ...(grows ? rangeErrors(object) : []),
  ];
}

export const serviceCidrs = define({
  group: 'networking.k8s.io',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  namespaced: false,
  status: true,
  printer: printer([column('CIDRs', 'Ranges of Service addresses.')], (object) => [
    textsOf(at(object.spec, 'cidrs')).join(','),
  ]),
  strategy: {
    prepareCreate: (object) => ({ ...object, status: {} }),
    validateCreate: rangeErrors,
    validateUpdate: changeErrors,
  },
});
