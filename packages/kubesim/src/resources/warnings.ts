/** Warnings about accepted objects. Source: Kubernetes, api/service and api/pod warnings. */
import ipaddr from 'ipaddr.js';
import { label1123 } from '../machinery/formats.ts';
import type { JsonObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import { isUnset, numberOf, objectOf, objectsOf, textOf, textsOf } from '../machinery/read.ts';
import { addressText, parseAddress, parseRange } from './addresses.ts';
import { clusterIPsOf, isHeadless, NONE, type Spec } from './service-fields.ts';
import { topologySpreadWarnings } from './topology-spread.ts';

/** Warns about addresses not in canonical form (RFC 5952, dotted decimal). */
function addressWarnings(path: string, text: string): readonly string[] {
  const address = parseAddress(text);
  const proper = address && addressText(address);
  if (proper === undefined || proper === text) return [];
  const mapped = text.includes(':') && address?.kind() === 'ipv4';
  if (!text.includes(':') || mapped) {
    return [
      `${path}: non-standard IP address "${text}" will be considered invalid in a future Kubernetes release: use "${proper}"`,
    ];
  }
  return [`${path}: IPv6 address "${text}" should be in RFC 5952 canonical format ("${proper}")`];
}

/** Warns about a range whose address has host bits set. */
function rangeWarnings(path: string, text: string): readonly string[] {
  const range = parseRange(text);
  if (!range) return [];
  const own = addressText(range.address);
  const network =
    range.address.kind() === 'ipv4'
      ? addressText(ipaddr.IPv4.networkAddressFromCIDR(`${own}/${range.bits}`))
      : addressText(ipaddr.IPv6.networkAddressFromCIDR(`${own}/${range.bits}`));
  if (network === own) return [];
  const all = range.address.kind() === 'ipv4' ? 32 : 128;
  return [
    `${path}: CIDR value "${text}" is ambiguous in this context (should be "${network}/${range.bits}" or "${own}/${all}"?)`,
  ];
}

const HINTS = 'service.kubernetes.io/topology-aware-hints';
const MODE = 'service.kubernetes.io/topology-mode';

export function serviceWarnings(service: StoredObject): readonly string[] {
  const spec: Spec = objectOf(service.spec);
  const external = textsOf(spec.externalIPs);
  const balancer = textOf(spec.loadBalancerIP);
  const name = spec.type === 'ExternalName';
  const found: string[] = [];
  if (service.metadata.annotations?.[HINTS] !== undefined) {
    found.push(`annotation ${HINTS} is deprecated, please use ${MODE} instead`);
  }
  const addresses = clusterIPsOf(spec).filter((address) => address !== NONE);
  found.push(...addresses.flatMap((address, i) => addressWarnings(`spec.clusterIPs[${i}]`, address)));
  if (isHeadless(spec)) {
    if (balancer !== '') found.push('spec.loadBalancerIP is ignored for headless services');
    if (external.length > 0) found.push('spec.externalIPs is ignored for headless services');
    if (spec.sessionAffinity !== 'None') found.push('spec.SessionAffinity is ignored for headless services');
  }
  found.push(...external.flatMap((address, i) => addressWarnings(`spec.externalIPs[${i}]`, address)));
  if (balancer !== '') found.push(...addressWarnings('spec.loadBalancerIP', balancer));
  found.push(
    ...textsOf(spec.loadBalancerSourceRanges).flatMap((range, i) =>
      rangeWarnings(`spec.loadBalancerSourceRanges[${i}]`, range.trim()),
    ),
  );
  if (name && external.length > 0) found.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (!name && !isUnset(spec.externalName)) {
    found.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  return found;
}

const OWN_CONTROLLERS: ReadonlySet<string> = new Set([
  'endpointslice-controller.k8s.io',
  'endpointslicemirroring-controller.k8s.io',
]);

export function sliceWarnings(slice: StoredObject): readonly string[] {
  const manager = slice.metadata.labels?.['endpointslice.kubernetes.io/managed-by'] ?? '';
  if (slice.addressType === 'FQDN') return ['spec.addressType: FQDN endpoints are deprecated'];
  // Non-canonical IPv6 addresses are rejected by validation.
  if (slice.addressType !== 'IPv4' || OWN_CONTROLLERS.has(manager)) return [];
  return objectsOf(slice.endpoints).flatMap((endpoint, i) =>
    textsOf(endpoint.addresses).flatMap((address, j) => addressWarnings(`endpoints[${i}].addresses[${j}]`, address)),
  );
}

/** Warnings about a name used as a hostname; `where` names its use. */
export function hostnameWarnings(object: StoredObject, where: string): readonly string[] {
  const problems = label1123(object.metadata.name);
  if (problems.length === 0) return [];
  const words = 'which can result in surprising behavior; a DNS label is recommended';
  return [`metadata.name: this is used in ${where}, ${words}: [${problems.join(' ')}]`];
}

export function podWarnings(path: string, spec: JsonObject): readonly string[] {
  return [
    ...topologySpreadWarnings(`${path}.topologySpreadConstraints`, objectsOf(spec.topologySpreadConstraints)),
    ...['initContainers', 'containers'].flatMap((field) =>
      objectsOf(spec[field]).flatMap((container, i) => containerWarnings(`${path}.${field}[${i}]`, container)),
    ),
  ];
}

function containerWarnings(path: string, container: JsonObject): readonly string[] {
  const names = objectsOf(container.env).map((one) => textOf(one.name));
  const hidden = names.flatMap((name, i) =>
    names.indexOf(name) < i
      ? [`${path}.env[${i}]: hides previous definition of "${name}", which may be dropped when using apply`]
      : [],
  );
  const ports = objectsOf(container.ports).map(
    (port) =>
      `${textOf(port.protocol)}/${textOf(port.hostIP)}/${numberOf(port.hostPort)}/${numberOf(port.containerPort)}`,
  );
  const again = ports.flatMap((port, i) => {
    const first = ports.indexOf(port);
    return first < i ? [`${path}.ports[${i}]: duplicate port definition with ${path}.ports[${first}]`] : [];
  });
  return [...hidden, ...again];
}
