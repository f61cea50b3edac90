/** Accessors and predicates for Service specs. Source: Kubernetes, core/v1 Service. */
import type { JsonObject } from '../machinery/json.ts';
import { isUnset, listOf, numberOf, objectsOf, textOf, textsOf } from '../machinery/read.ts';

/** `clusterIP` of a headless Service. */
export const NONE = 'None';

/** Service.spec. */
export type Spec = JsonObject;

export function clusterIPsOf(spec: Spec): readonly string[] {
  return textsOf(spec.clusterIPs);
}

export function familiesOf(spec: Spec): readonly string[] {
  return textsOf(spec.ipFamilies);
}

export function portsOf(spec: Spec): readonly JsonObject[] {
  return objectsOf(spec.ports);
}

/** Whether the Service is headless although its type has cluster IPs. */
export function isHeadless(spec: Spec): boolean {
  return clusterIPsOf(spec).length === 1 && clusterIPsOf(spec)[0] === NONE;
}

/** Whether endpoints are managed by the user. */
export function isSelectorless(spec: Spec): boolean {
  return Object.keys(spec.selector ?? {}).length === 0;
}

/** Whether the type has a clusterIP, including `None`. */
export function needsClusterIP(spec: Spec): boolean {
  return spec.type !== 'ExternalName';
}

export function hasNodePorts(spec: Spec): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

/** Whether ports without a node port are allocated one. */
export function needsNodePorts(spec: Spec): boolean {
  return spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
}

/** Whether load balancers check nodes for local endpoints. */
export function needsHealthCheck(spec: Spec): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}

/** Whether the Service accepts traffic from outside the cluster. */
export function isExternal(spec: Spec): boolean {
  return hasNodePorts(spec) || (spec.type === 'ClusterIP' && listOf(spec.externalIPs).length > 0);
}

/** The policy, or an empty string. */
export function policyOf(spec: Spec): string {
  return textOf(spec.ipFamilyPolicy);
}

/** Node ports, in port order. */
export function nodePortsOf(spec: Spec): readonly number[] {
  return portsOf(spec)
    .map((port) => numberOf(port.nodePort))
    .filter((port) => port !== 0);
}

export function sameField(a: Spec, b: Spec, field: string): boolean {
  if (isUnset(a[field]) && isUnset(b[field])) return true;
  return JSON.stringify(a[field] ?? []) === JSON.stringify(b[field] ?? []);
}
