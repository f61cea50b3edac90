/** Defaults of a Service that depend on its other fields. Source: Kubernetes documentation, "Service"; core/v1. */
import type { JsonObject } from '../machinery/json.ts';
import { at, isUnset, withEach, withMissing, withObject, without } from '../machinery/read.ts';
import { isExternal } from './service-fields.ts';

const AFFINITY_SECONDS = 10_800;

/** Applies all defaults, except for addresses. */
export function serviceDefaults(service: JsonObject): JsonObject {
  const given = service.spec === undefined ? { ...service, spec: {} } : service;
  const withSpec = withObject(given, 'spec', specDefaults);
  const status = withMissing(withSpec, { status: { loadBalancer: {} } });
  return at(status, 'spec', 'type') === 'LoadBalancer' ? withObject(status, 'status', withModes) : status;
}

function specDefaults(given: JsonObject): JsonObject {
  const spec = withAffinity(withMissing(given, { type: 'ClusterIP', sessionAffinity: 'None' }));
  const external = spec.type === 'ExternalName';
  const all = withMissing(withEach(spec, 'ports', portDefaults), {
    externalTrafficPolicy: isExternal(spec) ? 'Cluster' : undefined,
    internalTrafficPolicy: external ? undefined : 'Cluster',
    allocateLoadBalancerNodePorts: spec.type === 'LoadBalancer' ? true : undefined,
  });
  // The field does not apply to this type, and the API server omits it.
  return external && all.internalTrafficPolicy !== undefined ? without(all, 'internalTrafficPolicy') : all;
}

function withAffinity(spec: JsonObject): JsonObject {
  if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig !== undefined) {
    return without(spec, 'sessionAffinityConfig');
  }
  if (spec.sessionAffinity !== 'ClientIP') return spec;
  const seconds = at(spec, 'sessionAffinityConfig', 'clientIP', 'timeoutSeconds');
  if (seconds !== undefined && seconds !== null) return spec;
  return { ...spec, sessionAffinityConfig: { clientIP: { timeoutSeconds: AFFINITY_SECONDS } } };
}

function portDefaults(port: JsonObject): JsonObject {
  const { targetPort } = port;
  const target = isUnset(targetPort) || targetPort === 0 ? port.port : targetPort;
  const given = targetPort === target ? port : { ...port, targetPort: target };
  return withMissing(given, { protocol: 'TCP' });
}

/** Defaults ipMode of load balancer ingress with an IP to VIP. */
function withModes(status: JsonObject): JsonObject {
  return withObject(status, 'loadBalancer', (balancer) =>
    withEach(balancer, 'ingress', (one) => (isUnset(one.ip) ? one : withMissing(one, { ipMode: 'VIP' }))),
  );
}
