/** The way of a Service's endpoints out of an exporting member. */
import type { Service } from '../../api/core.ts';
import { type ServiceKey, splitKey } from '../../api/meta.ts';
import { ExportCondition, type ServiceExport } from '../../api/multicluster.ts';
import { RESOURCES } from '../../api/resources.ts';
import type { Member } from '../../fleet/member.ts';
import { isAbsent } from '../../kube/client/api-errors.ts';
import { toError } from '../../runtime/thrown.ts';
import { conditionOf } from '../condition.ts';
import { exportReport } from '../service-report.ts';
import { type Hop, hopsOf, isOpen } from './hop.ts';
import { RECONNECT, remedyOfExport } from './remedies.ts';

/** A member that has a Service, exported or not. */
export interface Source {
  readonly member: string;
  readonly exported: boolean;
  readonly hops: readonly Hop[];
}

/** The Service of a name; undefined if there is none. The cache has it only if it is exported. */
async function serviceIn({ client, cache }: Member, key: ServiceKey, signal: AbortSignal) {
  const cached = cache.services.get(key);
  if (cached || !client) return cached;
  try {
    return await client.get<Service>(RESOURCES.services, splitKey(key), { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function serviceHop(member: string, key: ServiceKey, service: Service | undefined): Hop {
  const hop = hopsOf(member);
  if (!service) return hop('Service', 'broken', `Service ${key} does not exist`, 'create the Service');
  const { type = 'ClusterIP', clusterIP, ports = [] } = service.spec;
  const kind = clusterIP === 'None' ? 'headless' : type;
  if (type === 'ExternalName') {
    return hop('Service', 'broken', 'type ExternalName has no endpoints', 'export a Service that has endpoints');
  }
  const shown = ports.map(({ name, port, protocol = 'TCP' }) => `${name ? `${name}:` : ''}${port}/${protocol}`);
  return hop('Service', 'ok', `${kind}, ${shown.length === 0 ? 'no ports' : shown.join(', ')}`);
}

function exportHops(member: string, exported: ServiceExport): Hop[] {
  const hop = hopsOf(member);
  if (exported.metadata.deletionTimestamp !== undefined) {
    return [hop('ServiceExport', 'broken', 'it is being deleted', 'wait, or look at its finalizers')];
  }
  const valid = conditionOf(exported, ExportCondition.Valid);
  if (!valid) {
    const remedy = 'see the hop "controller", and the log of the controller';
    return [hop('ServiceExport', 'broken', 'no controller has reported on it', remedy)];
  }
  if (valid.status !== 'True') {
    return [hop('ServiceExport', 'broken', `${valid.reason}: ${valid.message}`, remedyOfExport(valid.reason))];
  }
  const conflict = conditionOf(exported, ExportCondition.Conflict);
  if (conflict?.status === 'True') {
    const remedy = 'make the Services equal, or export one under another name';
    return [hop('ServiceExport', 'warning', `${conflict.reason}: ${conflict.message}`, remedy)];
  }
  return [hop('ServiceExport', 'ok', 'valid')];
}

function endpointHop(member: Member, key: ServiceKey, exported: ServiceExport): Hop {
  const hop = hopsOf(member.name);
  const { ready, total, refused } = exportReport(key, member, exported).endpoints;
  const accepted = conditionOf(exported, ExportCondition.EndpointsAccepted);
  const left = accepted?.status === 'False' ? accepted : undefined;
  const counts = `${ready} ready of ${total}${refused > 0 ? `, ${refused} refused` : ''}`;
  if (ready > 0) {
    if (!left) return hop('endpoints', 'ok', counts);
    return hop('endpoints', 'warning', `${counts}: ${left.reason}: ${left.message}`, remedyOfExport(left.reason));
  }
  if (left) return hop('endpoints', 'broken', `${left.reason}: ${left.message}`, remedyOfExport(left.reason));
  const remedy =
    total === 0
      ? 'compare the selector of the Service with the labels of its pods'
      : 'look at the readiness of its pods';
  return hop('endpoints', 'broken', total === 0 ? 'the Service has no endpoints' : counts, remedy);
}

/** Undefined if the member has neither the Service nor an export of it. */
export async function sourceOf(member: Member, key: ServiceKey, signal: AbortSignal): Promise<Source | undefined> {
  const { name, state, cache } = member;
  const hop = hopsOf(name);
  const exported = cache.exports.get(key);
  if (state.phase !== 'ready' && !cache.synced) {
    const seen = `${state.phase}${state.error ? `: ${state.error.message}` : ''}`;
    return { member: name, exported: false, hops: [hop('member', 'skipped', seen, RECONNECT)] };
  }
  const hops: Hop[] = [];
  if (state.phase !== 'ready') {
    const seen = `${state.phase}${state.error ? `: ${state.error.message}` : ''}`;
    hops.push(hop('member', 'warning', seen, RECONNECT));
  }
  const service = await serviceIn(member, key, signal).catch((error) => toError(error));
  if (service instanceof Error) hops.push(hop('Service', 'skipped', service.message));
  else if (!service && !exported) return undefined;
  else hops.push(serviceHop(name, key, service));
  if (!exported) {
    const remedy = `catamaran export ${key} --member ${name}`;
    return { member: name, exported: false, hops: [...hops, hop('ServiceExport', 'broken', 'not exported', remedy)] };
  }
  hops.push(...exportHops(name, exported));
  if (isOpen(hops)) hops.push(endpointHop(member, key, exported));
  return { member: name, exported: true, hops };
}
