/**
 * The request of a user in a ServiceImport. The CRD does not validate most strings, and one invalid value would make
 * the API server reject the whole derived Service, so each invalid value is ignored and reported, and the rest is
 * served.
 */
import type { InternalTrafficPolicy, SessionAffinity } from '../../api/core.ts';
import { PROTOCOLS } from '../../api/core.ts';
import { ImportReason, type ServiceImportPort, type ServiceImportSpec } from '../../api/multicluster.ts';
import { isQualifiedName } from '../merge/exported-keys.ts';
import { named, type Port, portKey } from '../merge/ports.ts';
import { isDnsLabel } from '../naming.ts';

/** A reason why an import is not served as requested. */
export interface Problem {
  readonly reason: ImportReason;
  readonly message: string;
}

/** The valid part of an import's spec. An absent field was not set or is invalid. */
export interface Request {
  readonly ports: readonly Port[];
  readonly sessionAffinity?: SessionAffinity;
  readonly affinitySeconds?: number;
  readonly internalTrafficPolicy?: InternalTrafficPolicy;
  readonly trafficDistribution?: string;
  readonly problems: readonly Problem[];
}

const AFFINITIES = ['None', 'ClientIP'] as const;
const INTERNAL_POLICIES = ['Cluster', 'Local'] as const;
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'] as const;

const MAX_PORT = 65_535;
const MAX_AFFINITY_SECONDS = 86_400;

/** `TCP, UDP or SCTP`. */
function alternatives(values: readonly string[]): string {
  return `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}

function oneOf<T extends string>(value: string | undefined, allowed: readonly T[]): T | undefined {
  return allowed.find((candidate) => candidate === value);
}

/** Why a port cannot be served; undefined if it can. */
function faultOf(field: string, port: ServiceImportPort): string | undefined {
  const { name = '', protocol = 'TCP', port: number, appProtocol } = port;
  const not = (member: string, value: unknown, use: string) =>
    `${field}.${member}: ${JSON.stringify(value)} is not allowed; use ${use}`;
  if (oneOf(protocol, PROTOCOLS) === undefined) return not('protocol', protocol, alternatives(PROTOCOLS));
  if (!Number.isInteger(number) || number < 1 || number > MAX_PORT) return not('port', number, `1 to ${MAX_PORT}`);
  if (name !== '' && !isDnsLabel(name)) return not('name', name, 'at most 63 of a-z, 0-9 and -');
  if (appProtocol !== undefined && !isQualifiedName(appProtocol)) {
    return not('appProtocol', appProtocol, 'a name such as "http" or "example.com/name"');
  }
  return undefined;
}

function readPorts(ports: readonly ServiceImportPort[]): { ports: readonly Port[]; faults: readonly string[] } {
  const valid: Port[] = [];
  const faults: string[] = [];
  const users = new Map<string, string>();
  for (const [index, requested] of ports.entries()) {
    const field = `spec.ports[${index}]`;
    const { name = '', port, appProtocol } = requested;
    const protocol = oneOf(requested.protocol ?? 'TCP', PROTOCOLS);
    const fault = faultOf(field, requested);
    if (fault !== undefined || !protocol) {
      faults.push(fault ?? field);
      continue;
    }
    const key = portKey({ protocol, port });
    const sameName = name === '' ? undefined : users.get(`name ${name}`);
    const samePort = users.get(key);
    if (sameName !== undefined) faults.push(`${field}.name: ${JSON.stringify(name)} duplicates ${sameName}`);
    else if (samePort !== undefined) faults.push(`${field}.port: ${key} duplicates ${samePort}`);
    else {
      users.set(`name ${name}`, field).set(key, field);
      valid.push({ name, protocol, port, ...(appProtocol !== undefined && { appProtocol }) });
    }
  }
  return { ports: named(valid), faults };
}

/** Reads the spec of an import that a user created. */
export function readRequest(spec: ServiceImportSpec): Request {
  const problems: Problem[] = [];
  const choose = <T extends string>(field: string, value: string | undefined, allowed: readonly T[]): T | undefined => {
    const chosen = oneOf(value, allowed);
    if (value !== undefined && value !== '' && chosen === undefined) {
      const message = `spec.${field}: ${JSON.stringify(value)} is not allowed; use ${alternatives(allowed)}`;
      problems.push({ reason: ImportReason.InvalidField, message });
    }
    return chosen;
  };
  const { ports, faults } = readPorts(spec.ports);
  problems.push(...faults.map((message) => ({ reason: ImportReason.InvalidPort, message })));
  if (ports.length === 0 && faults.length === 0 && spec.type === 'ClusterSetIP') {
    const message = 'spec.ports: a ClusterSetIP import needs at least one port';
    problems.push({ reason: ImportReason.InvalidPort, message });
  }
  const sessionAffinity = choose('sessionAffinity', spec.sessionAffinity, AFFINITIES);
  const internalTrafficPolicy = choose('internalTrafficPolicy', spec.internalTrafficPolicy, INTERNAL_POLICIES);
  const trafficDistribution = choose('trafficDistribution', spec.trafficDistribution, DISTRIBUTIONS);
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  const usable = seconds !== undefined && seconds >= 1 && seconds <= MAX_AFFINITY_SECONDS;
  if (seconds !== undefined && !usable) {
    const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
    const message = `${field}: ${seconds} is not allowed; use 1 to ${MAX_AFFINITY_SECONDS}`;
    problems.push({ reason: ImportReason.InvalidField, message });
  }
  return {
    ports,
    ...(sessionAffinity && { sessionAffinity }),
    ...(usable && { affinitySeconds: seconds }),
    ...(internalTrafficPolicy && { internalTrafficPolicy }),
    ...(trafficDistribution && { trafficDistribution }),
    problems,
  };
}
