/** Addresses and node ports of one Service: allocation, reuse and release. */

import { invalid } from '../machinery/field-error.ts';
import type { JsonObject } from '../machinery/json.ts';
import { isUnset, numberOf, textOf, without } from '../machinery/read.ts';
import { StatusError } from '../machinery/status.ts';
import { allocationError, type Claim, type ServiceAllocator } from './service-allocator.ts';
import { keepsBoth, type Step, synced, syncedUpdate, withFamilies } from './service-families.ts';
import {
  clusterIPsOf,
  familiesOf,
  hasNodePorts,
  isExternal,
  isHeadless,
  needsClusterIP,
  needsHealthCheck,
  needsNodePorts,
  nodePortsOf,
  portsOf,
  type Spec,
  sameField,
} from './service-fields.ts';

/**
 * The spec of a Service with allocated values. `old` is absent for a new Service. Nothing is allocated before the
 * commit.
 */
export function placed(given: Spec, old: Spec | undefined, allocator: ServiceAllocator): Step {
  const claim = allocator.claim();
  const spec = old ? syncedUpdate(withOldValues(given, old), old) : synced(given);
  const step = withFamilies(spec, old, allocator.primary, claim.families);
  if ('errors' in step) return step;
  const addressed = withAddresses(step.spec, old, claim);
  if ('errors' in addressed) return addressed;
  const ported = hasNodePorts(addressed.spec) ? withNodePorts(addressed.spec, old, claim) : addressed;
  if ('errors' in ported) return ported;
  const checked = withHealthPort(ported.spec, old, claim);
  return { spec: old ? withoutForeign(checked, old) : checked };
}

/** An update may omit allocated values; they are kept. */
function withOldValues(given: Spec, old: Spec): Spec {
  let spec = given;
  if (needsClusterIP(old) && needsClusterIP(spec)) {
    if (isUnset(spec.clusterIP)) spec = { ...spec, clusterIP: old.clusterIP };
    if (clusterIPsOf(spec).length === 0 && clusterIPsOf(old).length > 0) {
      spec = { ...spec, clusterIPs: clusterIPsOf(old) };
    }
  }
  if (needsNodePorts(old) && needsNodePorts(spec)) {
    const now = nodePortsOf(spec);
    const used = new Set(nodePortsOf(old).filter((port) => now.includes(port)));
    const byName = new Map(portsOf(old).map((port) => [textOf(port.name), numberOf(port.nodePort)]));
    const ports = portsOf(spec).map((port) => {
      const before = byName.get(textOf(port.name)) ?? 0;
      return numberOf(port.nodePort) === 0 && before !== 0 && !used.has(before) ? { ...port, nodePort: before } : port;
    });
    spec = { ...spec, ports };
  }
  if (needsHealthCheck(old) && needsHealthCheck(spec) && numberOf(spec.healthCheckNodePort) === 0) {
    spec = { ...spec, healthCheckNodePort: old.healthCheckNodePort };
  }
  return spec;
}

function withAddresses(spec: Spec, old: Spec | undefined, claim: Claim): Step {
  if (!needsClusterIP(spec) || isHeadless(spec) || keepsBoth(spec, old)) return { spec };
  const fresh = !old || !needsClusterIP(old);
  if (!fresh && isHeadless(old)) return { spec };
  const families = familiesOf(spec);
  // A change of the primary address is rejected later; only a secondary one may be added.
  if (!fresh && !(familiesOf(old).length === 1 && families.length === 2)) return { spec };
  const addresses = [...clusterIPsOf(spec)];
  for (const [i, family] of families.entries()) {
    if (!fresh && i === 0) continue;
    const asked = addresses[i] ?? '';
    if (asked === '') {
      addresses[i] = claim.nextAddress(family);
      continue;
    }
    const problem = claim.addressProblem(family, asked);
    if (problem !== undefined) return { errors: [allocationError(addresses, asked, problem)] };
  }
  const first = fresh ? { clusterIP: addresses[0] } : {};
  return { spec: { ...spec, clusterIPs: addresses, ...first } };
}

function withNodePorts(spec: Spec, old: Spec | undefined, claim: Claim): Step {
  const kept = new Set(old ? nodePortsOf(old) : []);
  const automatic = needsNodePorts(spec);
  const given = portsOf(spec);
  const ports: JsonObject[] = [];
  const byPort = new Map<number, number>();
  for (const [i, port] of given.entries()) {
    const asked = numberOf(port.nodePort);
    const number = numberOf(port.port);
    // The same number for TCP and UDP of one port counts as one node port.
    const shared = old ? undefined : (byPort.get(number) ?? given.find((one) => samePort(one, number))?.nodePort);
    const wanted = asked !== 0 ? asked : automatic ? numberOf(shared) : 0;
    if (wanted === 0) {
      ports.push(automatic ? { ...port, nodePort: claim.nextPort() } : port);
    } else {
      const ours = kept.has(wanted) || byPort.get(number) === wanted;
      const problem = ours ? undefined : claim.portProblem(wanted);
      if (problem !== undefined) {
        return { errors: [invalid(`spec.ports[${i}].nodePort`, wanted, problem)] };
      }
      if (old) kept.add(wanted);
      ports.push({ ...port, nodePort: wanted });
    }
    const taken = numberOf(ports.at(-1)?.nodePort);
    if (taken !== 0 && !byPort.has(number)) byPort.set(number, taken);
  }
  return { spec: { ...spec, ports } };
}

function samePort(port: JsonObject, number: number): boolean {
  return numberOf(port.port) === number && numberOf(port.nodePort) !== 0;
}

function withHealthPort(spec: Spec, old: Spec | undefined, claim: Claim): Spec {
  if (!needsHealthCheck(spec) || (old && needsHealthCheck(old))) return spec;
  const asked = numberOf(spec.healthCheckNodePort);
  if (asked === 0) return { ...spec, healthCheckNodePort: claim.nextPort() };
  const problem = claim.portProblem(asked);
  if (problem === undefined) return spec;
  const message = `failed to allocate requested HealthCheck NodePort ${asked}: ${problem}`;
  throw new StatusError(500, 'InternalError', `Internal error occurred: ${message}`);
}

/** Drops fields that do not apply after a change of type, unless the client changed them, too. */
function withoutForeign(given: Spec, old: Spec): Spec {
  let spec = given;
  const drop = (...fields: readonly string[]): void => {
    spec = without(spec, ...fields);
  };
  if (needsClusterIP(old) && !needsClusterIP(spec)) {
    if (sameField(spec, old, 'clusterIP') && sameField(spec, old, 'clusterIPs')) drop('clusterIP', 'clusterIPs');
    for (const field of ['ipFamilies', 'ipFamilyPolicy']) if (sameField(spec, old, field)) drop(field);
  }
  if (needsNodePorts(old) && !needsNodePorts(spec)) {
    const before = new Set(nodePortsOf(old));
    if (nodePortsOf(spec).every((port) => before.has(port))) {
      spec = { ...spec, ports: portsOf(spec).map((port) => without(port, 'nodePort')) };
    }
  }
  if (needsHealthCheck(old) && !needsHealthCheck(spec) && sameField(spec, old, 'healthCheckNodePort')) {
    drop('healthCheckNodePort');
  }
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    for (const field of ['allocateLoadBalancerNodePorts', 'loadBalancerClass']) {
      if (sameField(spec, old, field)) drop(field);
    }
  }
  if (isExternal(old) && !isExternal(spec) && sameField(spec, old, 'externalTrafficPolicy')) {
    drop('externalTrafficPolicy');
  }
  return spec;
}
