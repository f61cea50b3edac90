/** What a Service says, in the words that its rules need. Source: Kubernetes, core/v1 Service. */
import type { JsonObject } from '../machinery/json.ts';
import { isUnset, listOf, numberOf, objectsOf, textOf, textsOf } from '../machinery/read.ts';

/** `clusterIP` of a Service without one. */
export const NONE = 'None';

/** Service.spec. */
export type Spec = JsonObject;

/** The addresses in `clusterIPs`. */
export function clusterIPsOf(spec: Spec): readonly string[] {
  return textsOf(spec.clusterIPs);
}

/** The families in `ipFamilies`. */
export function familiesOf(spec: Spec): readonly string[] {
  return textsOf(spec.ipFamilies);
}

/** The ports. */
export function portsOf(spec: Spec): readonly JsonObject[] {
  return objectsOf(spec.ports);
}

/** Whether the Service has no address of its own, though its type would give it one. */
export function isHeadless(spec: Spec): boolean {
  return clusterIPsOf(spec).length === 1 && clusterIPsOf(spec)[0] === NONE;
}

/** Whether no selector chooses its endpoints. */
export function isSelectorless(spec: Spec): boolean {
  return Object.keys(spec.selector ?? {}).length === 0;
}

/** Whether the type takes a clusterIP, `None` included. */
export function needsClusterIP(spec: Spec): boolean {
  return spec.type !== 'ExternalName';
}

/** Whether the type is one with ports on the nodes. */
export function hasNodePorts(spec: Spec): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

/** Whether ports that say no node port get one. */
export function needsNodePorts(spec: Spec): boolean {
  return spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
}

/** Whether load balancers probe the nodes for local endpoints. */
export function needsHealthCheck(spec: Spec): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}

/** Whether traffic from outside the cluster may come. */
export function isExternal(spec: Spec): boolean {
  return hasNodePorts(spec) || (spec.type === 'ClusterIP' && listOf(spec.externalIPs).length > 0);
}

/** The policy, or an empty text. */
export function policyOf(spec: Spec): string {
  return textOf(spec.ipFamilyPolicy);
}

/** Node ports of the Service's ports, in their order. */
export function nodePortsOf(spec: Spec): readonly number[] {
  return portsOf(spec)
    .map((port) => numberOf(port.nodePort))
    .filter((port) => port !== 0);
}

/** Whether two Services say the same of a field. */
export function sameField(a: Spec, b: Spec, field: string): boolean {
  if (isUnset(a[field]) && isUnset(b[field])) return true;
  return JSON.stringify(a[field] ?? []) === JSON.stringify(b[field] ?? []);
}
