/**
 * The IP family fields of a Service: `clusterIP`, `clusterIPs`, `ipFamilies` and `ipFamilyPolicy`. A client may set any
 * of them; the others are derived. Source: Kubernetes documentation, "IPv4/IPv6 dual-stack"; KEP-563.
 */

import { duplicate, type FieldError, invalid, notSupported, required } from '../machinery/field-error.ts';
import { isUnset, textOf } from '../machinery/read.ts';
import type { IPFamily } from '../machinery/well-known.ts';
import { familyOf, looseAddress, otherFamily } from './addresses.ts';
import {
  clusterIPsOf,
  familiesOf,
  isHeadless,
  isSelectorless,
  NONE,
  needsClusterIP,
  policyOf,
  type Spec,
  sameField,
} from './service-fields.ts';

/** Result of a step: the spec, or its errors. */
export type Step = { readonly spec: Spec } | { readonly errors: readonly FieldError[] };

const POLICY = 'spec.ipFamilyPolicy';
const SINGLE = 'SingleStack';

/** Synchronizes `clusterIP` and `clusterIPs` of a new Service. */
export function synced(spec: Spec): Spec {
  const { clusterIP } = spec;
  return !isUnset(clusterIP) && clusterIPsOf(spec).length === 0 ? { ...spec, clusterIPs: [textOf(clusterIP)] } : spec;
}

/** Synchronizes them on update. A client may have changed or omitted one of the two. */
export function syncedUpdate(given: Spec, old: Spec): Spec {
  const [now, before] = [textOf(given.clusterIP), textOf(old.clusterIP)];
  const spec =
    clusterIPsOf(old).length > 0 && clusterIPsOf(given).length === 0 && now === before
      ? { ...given, clusterIPs: clusterIPsOf(old) }
      : given;
  if (now === before || !sameField(spec, old, 'clusterIPs')) return spec;
  return { ...spec, clusterIPs: now === '' ? undefined : [now] };
}

/** Whether a PreferDualStack Service keeps its families: it is not changed by a change of the cluster's families. */
export function keepsBoth(spec: Spec, old: Spec | undefined): boolean {
  const prefers = (one: Spec): boolean => ['', 'PreferDualStack'].includes(policyOf(one));
  return (
    old !== undefined &&
    !isUnset(spec.ipFamilyPolicy) &&
    spec.type === old.type &&
    needsClusterIP(spec) &&
    prefers(spec) &&
    prefers(old) &&
    sameField(spec, old, 'clusterIPs') &&
    sameField(spec, old, 'ipFamilies')
  );
}

function withPolicy(spec: Spec, old: Spec | undefined): Spec {
  if (!isUnset(spec.ipFamilyPolicy)) return spec;
  const before = old && policyOf(old);
  if (before) return { ...spec, ipFamilyPolicy: before };
  // The families of the endpoints are not known at this point.
  const either = spec.clusterIP === NONE && isSelectorless(spec);
  return { ...spec, ipFamilyPolicy: either ? 'RequireDualStack' : SINGLE };
}

function reductionErrors(spec: Spec, old: Spec): readonly FieldError[] {
  const reduced = (field: string, now: number, before: number): readonly FieldError[] =>
    now > 0 && now < before
      ? [invalid(POLICY, spec.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${field}`)]
      : [];
  return [
    ...reduced('cluster IP', clusterIPsOf(spec).length, clusterIPsOf(old).length),
    ...reduced('IP family', familiesOf(spec).length, familiesOf(old).length),
  ];
}

function singleErrors(spec: Spec): readonly FieldError[] {
  const several = (what: string): FieldError =>
    invalid(
      POLICY,
      spec.ipFamilyPolicy,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    );
  return [
    ...(clusterIPsOf(spec).length === 2 ? [several('cluster IPs')] : []),
    ...(familiesOf(spec).length === 2 ? [several('IP families')] : []),
  ];
}

/** Setting the policy to SingleStack alone releases the secondary address and family. */
function released(spec: Spec, old: Spec): Spec {
  const first = (field: string, values: readonly string[]): Spec =>
    sameField(spec, old, field) && values.length > 1 ? { [field]: values.slice(0, 1) } : {};
  return { ...spec, ...first('clusterIPs', clusterIPsOf(spec)), ...first('ipFamilies', familiesOf(spec)) };
}

/** Sets families and policy of a Service, in a cluster with these `families`, of which `primary` is the first. */
export function withFamilies(
  given: Spec,
  old: Spec | undefined,
  primary: IPFamily,
  families: ReadonlySet<string>,
): Step {
  if (!needsClusterIP(given) || keepsBoth(given, old)) return { spec: given };
  let spec = withPolicy(given, old);
  const wrong = familyFieldErrors(spec, old);
  if (wrong.length > 0) return { errors: wrong };

  const errors: FieldError[] = [];
  const single = policyOf(spec) === SINGLE;
  if (old && single) spec = released(spec, old);
  if (old && !single) errors.push(...reductionErrors(spec, old));
  if (single) errors.push(...singleErrors(spec));
  const list = [...familiesOf(spec)];
  for (const [i, address] of clusterIPsOf(spec).entries()) {
    const family = familyOf(address);
    if (!family || i < list.length) continue;
    if (families.has(family)) list.push(family);
    else {
      errors.push(invalid(`spec.clusterIPs[${i}]`, clusterIPsOf(spec), `${family} is not configured on this cluster`));
    }
  }
  if (errors.length > 0) return { errors };

  const free = spec.clusterIP === NONE && isSelectorless(spec);
  if (!free) {
    if (policyOf(spec) === 'RequireDualStack' && families.size < 2) {
      errors.push(invalid(POLICY, spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services'));
    }
    for (const [i, family] of list.entries()) {
      if (!families.has(family))
        errors.push(invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster'));
    }
    if (errors.length > 0) return { errors };
  }
  if (list.length === 0) list.push(primary);
  const [first] = list;
  if (!single && list.length === 1 && first && (free || families.size === 2)) {
    list.push(otherFamily(first === 'IPv6' ? 'IPv6' : 'IPv4'));
  }
  return { spec: { ...spec, ipFamilies: list } };
}

const FAMILIES = ['IPv4', 'IPv6'] as const;
const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'] as const;

/** Errors of these fields, individually and in combination. */
export function familyFieldErrors(spec: Spec, old: Spec | undefined): readonly FieldError[] {
  if (!needsClusterIP(spec)) return [];
  const addresses = clusterIPsOf(spec);
  const families = familiesOf(spec);
  const path = 'spec.clusterIPs';
  const errors: FieldError[] = [];

  const clusterIP = textOf(spec.clusterIP);
  if (clusterIP !== '' && addresses.length === 0) errors.push(required(path));
  else if (clusterIP !== '' && addresses[0] !== clusterIP) {
    errors.push(invalid(path, addresses, 'first value must match `clusterIP`'));
  } else if (clusterIP === '' && addresses.length > 0) {
    errors.push(invalid(path, addresses, 'must be empty when `clusterIP` is not specified'));
  }
  for (const [i, family] of families.entries()) {
    if (!FAMILIES.some((one) => one === family)) errors.push(notSupported(`spec.ipFamilies[${i}]`, family, FAMILIES));
    if (families.indexOf(family) < i) errors.push(duplicate(`spec.ipFamilies[${i}]`, family));
  }
  if (!isUnset(spec.ipFamilyPolicy) && !POLICIES.some((one) => one === spec.ipFamilyPolicy)) {
    errors.push(notSupported(POLICY, spec.ipFamilyPolicy, POLICIES));
  }

  let malformed = false;
  for (const [i, address] of addresses.entries()) {
    if (i === 0 && address === NONE) {
      if (addresses.length > 1) {
        malformed = true;
        errors.push(invalid(path, addresses, "'None' must be the first and only value"));
      }
      continue;
    }
    const known = old !== undefined && clusterIPsOf(old).includes(address);
    const wrong = known ? [] : looseAddress(`${path}[${i}]`, address);
    malformed ||= wrong.length > 0;
    errors.push(...wrong);
  }
  if (addresses.length > 2) errors.push(invalid(path, addresses, 'may only hold up to 2 values'));
  if (malformed) return errors;

  if (addresses.length > 1 && new Set(addresses.map(familyOf)).size < 2) {
    errors.push(invalid(path, addresses, 'may specify no more than one IP for each IP family'));
  }
  if (!isHeadless(spec)) {
    for (const [i, address] of addresses.entries()) {
      const expected = families[i];
      if ((expected === 'IPv4' || expected === 'IPv6') && familyOf(address) !== expected) {
        errors.push(
          invalid(`${path}[${i}]`, address, `expected an ${expected} value as indicated by \`ipFamilies[${i}]\``),
        );
      }
    }
  }
  return errors;
}
