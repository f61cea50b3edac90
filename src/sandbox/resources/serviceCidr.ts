/** networking.k8s.io/v1 ServiceCIDRs. They are kept and shown; the ranges of a cluster are those of its settings. */
import type { StoredObject } from '../apiserver/object.ts';
import { strictRange } from './addresses.ts';
import { column, printer } from './columns.ts';
import { define } from './define.ts';
import { type FieldError, invalid, required } from './fieldErrors.ts';
import { at, sameValue, textsOf } from './read.ts';

function rangeErrors(object: StoredObject): readonly FieldError[] {
  const ranges = textsOf(at(object.spec, 'cidrs'));
  const path = 'spec.cidrs';
  if (ranges.length === 0) return [required(path, 'at least one CIDR required')];
  const families = new Set(ranges.map((range) => range.includes(':')));
  if (ranges.length > 2) return [invalid(path, ranges, 'may only hold up to 2 values')];
  return [
    ...(ranges.length > families.size
      ? [
          invalid(
            path,
            ranges,
            'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
          ),
        ]
      : []),
    ...ranges.flatMap((range, i) => strictRange(`${path}[${i}]`, range)),
  ];
}

/** ServiceCIDRs. */
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
    validateUpdate: (object, old) => {
      const [now, before] = [textsOf(at(object.spec, 'cidrs')), textsOf(at(old.spec, 'cidrs'))];
      return sameValue(now, before) ? [] : [invalid('spec.cidrs', now, 'field is immutable')];
    },
  },
});
