/** Slim copies of Services and Namespaces. */
import type { Service, ServicePort, ServiceSpec, SessionAffinityConfig } from '../../api/core.ts';
import { EXPOSING_FIELDS, PROTOCOLS } from '../../api/core.ts';
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts';
import { isQualifiedName } from '../../core/merge/exported-keys.ts';
import { isDnsLabel } from '../../core/naming.ts';
import { requireMetadata } from '../../kube/watch/object.ts';
import {
  type Draft,
  flag,
  integer,
  isSet,
  list,
  object,
  oneOf,
  optionalObject,
  stringMap,
  text,
  textOf,
} from './fields.ts';
import { LABELS, requireKind, slimMetadata } from './slim-metadata.ts';

export const MAX_PORT = 65_535;

/** Kubernetes has no limit; an object of this many ports nears the 1.5 MiB that etcd takes. */
const MAX_SERVICE_PORTS = 10_000;
/** Longest text of an address: IPv6 with an embedded IPv4 address. */
const MAX_ADDRESS = 45;
const MAX_FAMILIES = 2;
const MAX_AFFINITY_SECONDS = 86_400;
/** Names of ports, and of target ports (IANA service names have at most 15 characters). */
const MAX_PORT_NAME = 63;
const MAX_DISTRIBUTION = 253;

const TYPES = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] as const;
const AFFINITIES = ['None', 'ClientIP'] as const;
const FAMILIES = ['IPv4', 'IPv6'] as const;
const FAMILY_POLICIES = ['SingleStack', 'PreferDualStack', 'RequireDualStack'] as const;
const INTERNAL_POLICIES = ['Cluster', 'Local'] as const;

/** Port names of Services and slices; empty for the only port. */
export function portName(value: Json, field: string): string {
  return textOf(value, field, (name) => name === '' || isDnsLabel(name), 'a port name');
}

export function appProtocol(value: Json, field: string): string {
  return textOf(value, field, isQualifiedName, 'a protocol name');
}

function servicePort(value: Json): ServicePort {
  const from = object(value, '');
  const slim: Draft<ServicePort> = { port: integer(from.port, 'port', 1, MAX_PORT) };
  if (isSet(from.name)) slim.name = portName(from.name, 'name');
  if (isSet(from.protocol)) slim.protocol = oneOf(from.protocol, 'protocol', PROTOCOLS);
  if (isSet(from.appProtocol)) slim.appProtocol = appProtocol(from.appProtocol, 'appProtocol');
  const { targetPort } = from;
  if (typeof targetPort === 'number') slim.targetPort = integer(targetPort, 'targetPort', 0, MAX_PORT);
  else if (isSet(targetPort)) slim.targetPort = text(targetPort, 'targetPort', MAX_PORT_NAME);
  return slim;
}

function isAddress(address: string): boolean {
  return address === '' || address === 'None' || (address.length <= MAX_ADDRESS && /^[\da-fA-F.:]+$/.test(address));
}

function address(value: Json, field = ''): string {
  return textOf(value, field, isAddress, 'an IP address or None');
}

function affinityConfig(value: Json): SessionAffinityConfig {
  const clientIP = optionalObject(
    object(value, 'spec.sessionAffinityConfig').clientIP,
    'spec.sessionAffinityConfig.clientIP',
  );
  const { timeoutSeconds } = clientIP;
  if (!isSet(timeoutSeconds)) return {};
  const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
  return { clientIP: { timeoutSeconds: integer(timeoutSeconds, field, 1, MAX_AFFINITY_SECONDS) } };
}

function serviceSpec(value: Json | undefined): ServiceSpec {
  const from = optionalObject(value, 'spec');
  const slim: Draft<ServiceSpec> = { ports: list(from.ports, 'spec.ports', MAX_SERVICE_PORTS, servicePort) };
  if (isSet(from.type)) slim.type = oneOf(from.type, 'spec.type', TYPES);
  if (isSet(from.clusterIP)) slim.clusterIP = address(from.clusterIP, 'spec.clusterIP');
  if (isSet(from.clusterIPs))
    slim.clusterIPs = list(from.clusterIPs, 'spec.clusterIPs', MAX_FAMILIES, (ip) => address(ip));
  if (isSet(from.sessionAffinity)) {
    slim.sessionAffinity = oneOf(from.sessionAffinity, 'spec.sessionAffinity', AFFINITIES);
  }
  if (isSet(from.sessionAffinityConfig)) slim.sessionAffinityConfig = affinityConfig(from.sessionAffinityConfig);
  if (isSet(from.ipFamilies)) {
    slim.ipFamilies = list(from.ipFamilies, 'spec.ipFamilies', MAX_FAMILIES, (family) => oneOf(family, '', FAMILIES));
  }
  if (isSet(from.ipFamilyPolicy)) {
    slim.ipFamilyPolicy = oneOf(from.ipFamilyPolicy, 'spec.ipFamilyPolicy', FAMILY_POLICIES);
  }
  if (isSet(from.internalTrafficPolicy)) {
    slim.internalTrafficPolicy = oneOf(from.internalTrafficPolicy, 'spec.internalTrafficPolicy', INTERNAL_POLICIES);
  }
  if (isSet(from.trafficDistribution)) {
    slim.trafficDistribution = text(from.trafficDistribution, 'spec.trafficDistribution', MAX_DISTRIBUTION);
  }
  if (isSet(from.publishNotReadyAddresses)) {
    slim.publishNotReadyAddresses = flag(from.publishNotReadyAddresses, 'spec.publishNotReadyAddresses');
  }
  const selector = stringMap(from.selector, 'spec.selector', LABELS);
  if (selector) slim.selector = selector;
  const exposing = EXPOSING_FIELDS.filter((field) => isSet(from[field]));
  if (exposing.length > 0) slim.exposing = exposing;
  return slim;
}

/** A Service without status and node ports. */
export function slimService(object: JsonObject): Service {
  requireKind(object, 'Service');
  const metadata = slimMetadata(object);
  textOf(metadata.name, 'metadata.name', isDnsLabel, 'a DNS label');
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: serviceSpec(object.spec) };
}

/** The phase of a Namespace; one being deleted is Terminating. */
export function namespacePhase(object: JsonObject): 'Active' | 'Terminating' {
  requireKind(object, 'Namespace');
  const phase = isJsonObject(object.status) ? object.status.phase : undefined;
  return phase === 'Terminating' || isSet(requireMetadata(object).deletionTimestamp) ? 'Terminating' : 'Active';
}
