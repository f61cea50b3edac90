/** The way of a request into an importing member: its objects, kube-proxy and DNS. */
import { type ServiceKey, serviceKey, splitKey } from '../../api/meta.ts';
import { ImportCondition, type ServiceImport } from '../../api/multicluster.ts';
import type { LeaseConfig } from '../../config/fleet-config.ts';
import { otherImplementation } from '../../core/import-manager.ts';
import { derivedServiceName } from '../../core/naming.ts';
import { importOfService } from '../../core/ownership.ts';
import type { ImportMode } from '../../core/view.ts';
import type { Member } from '../../fleet/member.ts';
import { toError } from '../../runtime/thrown.ts';
import { conditionOf } from '../condition.ts';
import { type Writer, writerOf } from '../member-report.ts';
import { importReport } from '../service-report.ts';
import { type DnsQuestion, dnsHop } from './dns-hop.ts';
import { type Hop, hopsOf, isOpen } from './hop.ts';
import { proxyHop, readProxied } from './proxy-hop.ts';
import { RECONNECT, remedyOfImport } from './remedies.ts';

/** What the fleet file says about the member. */
export interface ConsumerRules {
  readonly lease: LeaseConfig;
  readonly importMode: ImportMode;
  /** Why the member may not import from the namespace. */
  readonly importRefusal?: string;
}

/** How to read what the caches do not have. */
export interface LiveReads {
  /** In ms since the epoch. */
  readonly now: number;
  /** Absent: DNS is not looked at. */
  readonly dns?: DnsQuestion;
  readonly signal: AbortSignal;
}

function controllerHop(member: string, writer: Writer): Hop {
  const hop = hopsOf(member);
  const remedy = 'start the controller, or look at its log and at /readyz';
  switch (writer.state) {
    case 'active':
      return hop('controller', 'ok', `${writer.holder} holds the Lease`);
    case 'expired':
      return hop('controller', 'broken', `${writer.holder} last renewed the Lease at ${writer.renewedAt}`, remedy);
    case 'none':
      return hop('controller', 'broken', 'no controller holds the Lease', remedy);
    case 'unknown':
      return hop('controller', 'skipped', writer.error);
  }
}

function namespaceHop(member: Member, namespace: string): Hop {
  const hop = hopsOf(member.name);
  const phase = member.cache.namespaces.get(namespace);
  if (phase === 'Active') return hop('Namespace', 'ok', `${namespace} is Active`);
  if (phase === undefined) {
    return hop('Namespace', 'broken', `${namespace} does not exist`, `kubectl create namespace ${namespace}`);
  }
  return hop('Namespace', 'broken', `${namespace} is being deleted`, 'wait, then create it again');
}

function importHops(member: string, imported: ServiceImport): Hop[] {
  const hop = hopsOf(member);
  const other = otherImplementation(imported);
  if (other) {
    const seen = `it is managed by ${other.manager}`;
    return [hop('ServiceImport', 'broken', seen, remedyOfImport('ManagedByOther'))];
  }
  const ready = conditionOf(imported, ImportCondition.Ready);
  if (!ready) return [hop('ServiceImport', 'broken', 'no controller has reported on it', 'see the hop "controller"')];
  if (ready.status !== 'True') {
    // Ports that no one exports leave the others served.
    const isPartial = ['PortNotExported', 'InvalidPort', 'InvalidField'].includes(ready.reason);
    const seen = `${ready.reason}: ${ready.message}`;
    return [hop('ServiceImport', isPartial ? 'warning' : 'broken', seen, remedyOfImport(ready.reason))];
  }
  return [hop('ServiceImport', 'ok', `${imported.spec.type}, ready`)];
}

function derivedServiceHop(member: Member, key: ServiceKey, imported: ServiceImport): Hop {
  const hop = hopsOf(member.name);
  const { namespace, name } = splitKey(key);
  const derived = derivedServiceName(member.config.derivedPrefix, name);
  const service = member.cache.services.get(serviceKey(namespace, derived));
  if (!service) {
    return hop('derived Service', 'broken', `Service ${derived} does not exist`, 'see the hop "controller"');
  }
  if (importOfService(service.metadata) !== name) {
    return hop(
      'derived Service',
      'broken',
      `Service ${derived} is not managed by Catamaran`,
      remedyOfImport('NameConflict'),
    );
  }
  const { clusterIPs = [] } = service.spec;
  const ips = imported.spec.ips ?? [];
  if (imported.spec.type === 'ClusterSetIP' && !ips.every((ip) => clusterIPs.includes(ip))) {
    const seen = `spec.ips of the import is ${ips.join(', ')}, the Service has ${clusterIPs.join(', ')}`;
    return hop('derived Service', 'broken', seen, 'stop other clients from writing spec.ips');
  }
  return hop('derived Service', 'ok', `${derived}, ${clusterIPs.join(', ')}`);
}

/** The endpoints of the derived Service, by exporter. */
function sliceHop(member: Member, key: ServiceKey, imported: ServiceImport): Hop {
  const hop = hopsOf(member.name);
  const { endpoints } = importReport(key, member, imported);
  const shown = endpoints.map(({ member: source, ready }) => `${ready} ready from ${source}`).join(', ');
  const empty = conditionOf(imported, ImportCondition.EndpointsAvailable);
  if (empty?.status === 'False') {
    const isNone = endpoints.every(({ ready }) => ready === 0) || empty.reason === 'LocalPolicyOnly';
    const seen = `${empty.reason}: ${empty.message}`;
    return hop('EndpointSlices', isNone ? 'broken' : 'warning', seen, remedyOfImport(empty.reason));
  }
  if (endpoints.every(({ ready }) => ready === 0)) {
    return hop('EndpointSlices', 'broken', shown === '' ? 'there are none' : shown, 'see the hop "endpoints"');
  }
  const foreign = member.cache.foreignSlices(derivedKey(member, key));
  if (foreign.length > 0) {
    const seen = `${shown}; slices of other clients take a share: ${foreign.join(', ')}`;
    return hop('EndpointSlices', 'warning', seen, remedyOfImport('ForeignEndpoints'));
  }
  const reachable = conditionOf(imported, ImportCondition.SourcesReachable);
  if (reachable?.status === 'False') {
    return hop('EndpointSlices', 'warning', `${shown}; ${reachable.message}`, remedyOfImport(reachable.reason));
  }
  return hop('EndpointSlices', 'ok', shown);
}

function derivedKey({ config: { derivedPrefix } }: Member, key: ServiceKey): ServiceKey {
  const { namespace, name } = splitKey(key);
  return serviceKey(namespace, derivedServiceName(derivedPrefix, name));
}

function missingImport(member: string, key: ServiceKey, { importMode, importRefusal }: ConsumerRules): Hop {
  const hop = hopsOf(member);
  if (importRefusal !== undefined) return hop('ServiceImport', 'broken', importRefusal, remedyOfImport('NotAllowed'));
  if (importMode === 'Manual') {
    return hop('ServiceImport', 'broken', 'not imported', `catamaran import ${key} --member ${member}`);
  }
  const seen = 'it does not exist; it is created once the Service is exported';
  return hop('ServiceImport', 'broken', seen, 'see the exports and the hop "controller"');
}

/** The hops after the controller, up to the first that is broken. */
function objectHops(member: Member, key: ServiceKey, rules: ConsumerRules): readonly Hop[] {
  const namespace = namespaceHop(member, splitKey(key).namespace);
  if (!isOpen([namespace])) return [namespace];
  const imported = member.cache.imports.get(key);
  if (!imported) return [namespace, missingImport(member.name, key, rules)];
  const hops = [namespace, ...importHops(member.name, imported)];
  if (!isOpen(hops)) return hops;
  const service = derivedServiceHop(member, key, imported);
  return isOpen([service]) ? [...hops, service, sliceHop(member, key, imported)] : [...hops, service];
}

/** What kube-proxy does with the derived Service; none for a headless one, whose pods clients reach directly. */
async function proxyHops(
  { name, client, cache, config }: Member,
  key: ServiceKey,
  imported: ServiceImport,
  signal: AbortSignal,
): Promise<readonly Hop[]> {
  if (imported.spec.type === 'Headless' || !client) return [];
  const derived = derivedServiceName(config.derivedPrefix, splitKey(key).name);
  // The cache has it: without, the hop "derived Service" is broken.
  if (!cache.services.get(serviceKey(splitKey(key).namespace, derived))) return [];
  try {
    const place = { namespace: splitKey(key).namespace, name: derived };
    return [proxyHop(name, await readProxied(client, place, signal))];
  } catch (error) {
    signal.throwIfAborted();
    return [hopsOf(name)('kube-proxy', 'skipped', toError(error).message)];
  }
}

/** The hops behind the objects, which are read from the consumer itself. */
async function lastHops(member: Member, key: ServiceKey, { dns, signal }: LiveReads): Promise<readonly Hop[]> {
  const imported = member.cache.imports.get(key);
  if (!imported) return [];
  const proxied = await proxyHops(member, key, imported, signal);
  if (!dns || !isOpen(proxied)) return proxied;
  return [...proxied, await dnsHop(member, key, imported, dns)];
}

/** The hops of a consumer, up to the first that is broken. */
export async function consumerHops(
  member: Member,
  key: ServiceKey,
  rules: ConsumerRules,
  reads: LiveReads,
): Promise<readonly Hop[]> {
  const { name, state, cache } = member;
  const hop = hopsOf(name);
  if (!cache.synced || state.phase !== 'ready') {
    const error = state.phase === 'ready' ? undefined : state.error?.message;
    const seen = `${state.phase}${error === undefined ? '' : `: ${error}`}`;
    return [hop('member', 'broken', seen, RECONNECT)];
  }
  const objects = objectHops(member, key, rules);
  const controller = controllerHop(name, await writerOf(member, rules.lease, reads.now, reads.signal));
  // Without a controller, what it wrote before is served.
  const isServed = controller.result === 'broken' && isOpen(objects);
  const before = [hop('member', 'ok', 'ready'), isServed ? { ...controller, result: 'warning' as const } : controller];
  return [...before, ...objects, ...(isOpen(objects) ? await lastHops(member, key, reads) : [])];
}
