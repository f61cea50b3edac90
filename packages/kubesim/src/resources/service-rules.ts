/** Validation of Services. Source: Kubernetes API reference, core/v1 Service. */

import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidFor,
  notSupported,
  required,
} from '../machinery/field-error.ts';
import { label1123, portNumber, qualifiedName, subdomain1123 } from '../machinery/formats.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import { labelErrors } from '../machinery/labels.ts';
import { at, isUnset, maybeNumber, numberOf, objectOf, textOf, textsOf } from '../machinery/read.ts';
import { endpointAddress, looseAddress, looseRange } from './addresses.ts';
import { oneOf, protocolErrors, targetPortErrors } from './choices.ts';
import { familyFieldErrors } from './service-families.ts';
import {
  clusterIPsOf,
  familiesOf,
  isExternal,
  isHeadless,
  needsHealthCheck,
  portsOf,
  type Spec,
} from './service-fields.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'] as const;
const AFFINITIES = ['ClientIP', 'None'] as const;
const POLICIES = ['Cluster', 'Local'] as const;
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'] as const;
const MAX_AFFINITY_SECONDS = 86_400;

/** Errors of the spec of a Service after allocation; `old` is absent for a new one. */
export function serviceErrors(spec: Spec, old: Spec | undefined): readonly FieldError[] {
  const ports = portsOf(spec);
  return [
    ...(ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName' ? [required('spec.ports')] : []),
    ...typeErrors(spec),
    ...portListErrors(ports),
    ...labelErrors('spec.selector', spec.selector),
    ...affinityErrors(spec),
    ...familyFieldErrors(spec, old),
    ...externalAddressErrors(spec, old),
    ...oneOf('spec.type', spec.type, TYPES),
    ...duplicatePortErrors(spec),
    ...balancerErrors(spec),
    ...trafficErrors(spec),
  ];
}

function typeErrors(spec: Spec): readonly FieldError[] {
  const { type } = spec;
  if (type === 'LoadBalancer' || type === 'NodePort') {
    return isHeadless(spec)
      ? [invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`)]
      : [];
  }
  if (type !== 'ExternalName') return [];
  const name = textOf(spec.externalName).replace(/\.$/, '');
  const unwanted = (field: string, there: boolean): readonly FieldError[] =>
    there ? [forbidden(`spec.${field}`, 'may not be set for ExternalName services')] : [];
  return [
    ...unwanted('clusterIPs', clusterIPsOf(spec).length > 0),
    ...unwanted('ipFamilies', familiesOf(spec).length > 0),
    ...unwanted('ipFamilyPolicy', !isUnset(spec.ipFamilyPolicy)),
    ...(name === '' ? [required('spec.externalName')] : invalidFor('spec.externalName', name, subdomain1123(name))),
  ];
}

function portListErrors(ports: readonly JsonObject[]): readonly FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const path = `spec.ports[${i}]`;
    const name = textOf(port.name);
    const errors: FieldError[] = [];
    if (name === '' && ports.length > 1) errors.push(required(`${path}.name`));
    if (name !== '') {
      errors.push(...invalidFor(`${path}.name`, name, label1123(name)));
      if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
      names.add(name);
    }
    errors.push(...invalidFor(`${path}.port`, numberOf(port.port), portNumber(numberOf(port.port))));
    errors.push(...protocolErrors(`${path}.protocol`, port.protocol));
    errors.push(...targetPortErrors(`${path}.targetPort`, port.targetPort));
    const { appProtocol } = port;
    if (typeof appProtocol === 'string') {
      errors.push(...invalidFor(`${path}.appProtocol`, appProtocol, qualifiedName(appProtocol)));
    }
    return errors;
  });
}

function affinityErrors(spec: Spec): readonly FieldError[] {
  const errors = [...oneOf('spec.sessionAffinity', spec.sessionAffinity, AFFINITIES)];
  const path = 'spec.sessionAffinityConfig';
  const config = spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'None' && config !== undefined) {
    errors.push(forbidden(path, 'must not be set when session affinity is None'));
  }
  if (spec.sessionAffinity === 'ClientIP') {
    const seconds = maybeNumber(at(config, 'clientIP', 'timeoutSeconds'));
    if (seconds === undefined) errors.push(required(path, 'when session affinity type is ClientIP'));
    else if (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS) {
      errors.push(
        invalid(
          `${path}.clientIP.timeoutSeconds`,
          seconds,
          `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`,
        ),
      );
    }
  }
  return errors;
}

function externalAddressErrors(spec: Spec, old: Spec | undefined): readonly FieldError[] {
  const known = textsOf(old?.externalIPs);
  return textsOf(spec.externalIPs).flatMap((address, i) => {
    const path = `spec.externalIPs[${i}]`;
    const malformed = known.includes(address) ? [] : looseAddress(path, address);
    return malformed.length > 0 ? malformed : endpointAddress(path, address);
  });
}

function duplicatePortErrors(spec: Spec): readonly FieldError[] {
  const nodePorts = new Set<string>();
  const ports = new Set<string>();
  const errors: FieldError[] = [];
  const list = portsOf(spec).map((port) => ({
    protocol: textOf(port.protocol),
    port: numberOf(port.port),
    nodePort: numberOf(port.nodePort),
  }));
  for (const [i, { nodePort }] of list.entries()) {
    if (spec.type === 'ClusterIP' && nodePort !== 0) {
      errors.push(forbidden(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
    }
  }
  for (const [i, { protocol, nodePort }] of list.entries()) {
    if (nodePort === 0) continue;
    if (nodePorts.has(`${protocol}/${nodePort}`)) errors.push(duplicate(`spec.ports[${i}].nodePort`, nodePort));
    nodePorts.add(`${protocol}/${nodePort}`);
  }
  for (const [i, { protocol, port }] of list.entries()) {
    if (ports.has(`${protocol}/${port}`)) {
      // The message contains Go's representation, with only the two relevant fields set.
      const value = { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
      errors.push(duplicate(`spec.ports[${i}]`, value));
    }
    ports.add(`${protocol}/${port}`);
  }
  return errors;
}

const ONLY_BALANCER = "may only be used when `type` is 'LoadBalancer'";

function balancerErrors(spec: Spec): readonly FieldError[] {
  const balancer = spec.type === 'LoadBalancer';
  const errors: FieldError[] = [];
  const ranges = textsOf(spec.loadBalancerSourceRanges);
  // The API server capitalizes this path.
  const path = 'spec.LoadBalancerSourceRanges';
  if (ranges.length > 0 && !balancer) errors.push(forbidden(path, ONLY_BALANCER));
  errors.push(...ranges.flatMap((range, i) => looseRange(`${path}[${i}]`, range.trim())));
  if (!balancer && typeof spec.allocateLoadBalancerNodePorts === 'boolean') {
    errors.push(forbidden('spec.allocateLoadBalancerNodePorts', ONLY_BALANCER));
  }
  const balancerClass = spec.loadBalancerClass;
  if (typeof balancerClass === 'string') {
    if (balancer) errors.push(...invalidFor('spec.loadBalancerClass', balancerClass, qualifiedName(balancerClass)));
    else errors.push(forbidden('spec.loadBalancerClass', ONLY_BALANCER));
  }
  return errors;
}

function trafficErrors(spec: Spec): readonly FieldError[] {
  const errors: FieldError[] = [];
  const external = spec.externalTrafficPolicy;
  if (isExternal(spec)) errors.push(...oneOf('spec.externalTrafficPolicy', external, POLICIES));
  else if (!isUnset(external)) {
    errors.push(invalid('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services'));
  }
  const health = numberOf(spec.healthCheckNodePort);
  if (needsHealthCheck(spec)) {
    errors.push(...invalidFor('spec.healthCheckNodePort', health, portNumber(health)));
  } else if (health !== 0) {
    errors.push(
      invalid(
        'spec.healthCheckNodePort',
        health,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    );
  }
  const internal = spec.internalTrafficPolicy;
  if (internal !== undefined && internal !== null) {
    if (!POLICIES.some((one) => one === internal)) {
      errors.push(notSupported('spec.internalTrafficPolicy', internal, POLICIES));
    }
  }
  const distribution = spec.trafficDistribution;
  if (distribution !== undefined && distribution !== null && !DISTRIBUTIONS.some((one) => one === distribution)) {
    errors.push(notSupported('spec.trafficDistribution', distribution, DISTRIBUTIONS));
  }
  return errors;
}

/** Errors of load balancer addresses in `status`. */
export function balancerStatusErrors(spec: Spec, status: Json | undefined): readonly FieldError[] {
  const ingress = at(status, 'loadBalancer', 'ingress');
  const list = Array.isArray(ingress) ? ingress : [];
  const path = 'status.loadBalancer.ingress';
  if (list.length > 0 && spec.type !== 'LoadBalancer') {
    return [forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")];
  }
  return list.flatMap((one: Json, i: number) => {
    const { ip, hostname } = objectOf(one);
    return [
      ...(isUnset(ip) ? [] : looseAddress(`${path}[${i}].ip`, textOf(ip))),
      ...(isUnset(hostname)
        ? []
        : invalidFor(`${path}[${i}].hostname`, textOf(hostname), subdomain1123(textOf(hostname)))),
    ];
  });
}
