/**
 * Validation of Service updates: primary address and family are immutable. Source: Kubernetes documentation, "IPv4/IPv6
 * dual-stack".
 */
import { type FieldError, forbidden, IMMUTABLE, invalid } from '../machinery/field-error.ts';
import { numberOf, textOf } from '../machinery/read.ts';
import { clusterIPsOf, familiesOf, isHeadless, needsHealthCheck, policyOf, type Spec } from './service-fields.ts';

const ONCE = 'may not change once set';

/** Errors of forbidden changes; the API server reports them after those of {@link serviceErrors}. */
export function serviceChangeErrors(spec: Spec, old: Spec): readonly FieldError[] {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return classErrors(spec, old);
  const [now, before] = [isHeadless(spec), isHeadless(old)];
  return [
    ...(now && before ? [] : addressChangeErrors(spec, old)),
    ...(now || before ? [] : familyChangeErrors(spec, old)),
    ...classErrors(spec, old),
    ...(needsHealthCheck(old) &&
    needsHealthCheck(spec) &&
    numberOf(spec.healthCheckNodePort) !== numberOf(old.healthCheckNodePort)
      ? [forbidden('spec.healthCheckNodePort', IMMUTABLE)]
      : []),
  ];
}

function classErrors(spec: Spec, old: Spec): readonly FieldError[] {
  const both = spec.type === 'LoadBalancer' && old.type === 'LoadBalancer';
  return both && textOf(spec.loadBalancerClass) !== textOf(old.loadBalancerClass)
    ? [invalid('spec.loadBalancerClass', spec.loadBalancerClass, ONCE)]
    : [];
}

function addressChangeErrors(spec: Spec, old: Spec): readonly FieldError[] {
  const [now, before] = [clusterIPsOf(spec), clusterIPsOf(old)];
  const first = 'spec.clusterIPs[0]';
  if (now.length === before.length) {
    return before.flatMap((address, i) => (address === now[i] ? [] : [invalid(`spec.clusterIPs[${i}]`, now, ONCE)]));
  }
  const errors: FieldError[] = [];
  if (now.length === 0) errors.push(invalid(first, now, 'primary clusterIP can not be unset'));
  if (now.length > 0 && before.length > 0 && now[0] !== before[0]) errors.push(invalid(first, now, ONCE));
  if (now.length === 1 && before.length > 1 && policyOf(spec) !== 'SingleStack') {
    errors.push(
      invalid(
        'spec.ipFamilyPolicy',
        spec.ipFamilyPolicy,
        "must be set to 'SingleStack' when releasing the secondary clusterIP",
      ),
    );
  }
  return errors;
}

function familyChangeErrors(spec: Spec, old: Spec): readonly FieldError[] {
  const [now, before] = [familiesOf(spec), familiesOf(old)];
  const first = 'spec.ipFamilies[0]';
  if (now.length === before.length) {
    return before.flatMap((family, i) => (family === now[i] ? [] : [invalid(first, now, ONCE)]));
  }
  const errors: FieldError[] = [];
  if (now.length > 0 && before.length > 0 && now[0] !== before[0]) {
    errors.push(invalid(first, clusterIPsOf(spec), ONCE));
  }
  if (now.length === 1 && before.length > 1 && policyOf(spec) !== 'SingleStack') {
    errors.push(
      invalid(
        'spec.ipFamilyPolicy',
        spec.ipFamilyPolicy,
        "must be set to 'SingleStack' when releasing the secondary ipFamily",
      ),
    );
  }
  return errors;
}
