/** Plans the changes to a cluster's DNS that add or remove the clusterset zone, where its platform keeps them. */

import type { JsonObject } from '../../api/json.ts';
import { CONFIG_MAPS } from '../../api/resources.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { readable } from '../../kube/client/readable.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { BACKUP, corefilePlan, nodeCachePlan } from '../places/corefile-place.ts';
import { CUSTOM, customPlan } from '../places/custom-place.ts';
import { OPERATORS, operatorPlan } from '../places/operator-place.ts';
import { NOTHING, type Planned, type ZoneChange } from '../places/place.ts';
import { KUBE_DNS, stubDomainsPlan } from '../places/stub-domains-place.ts';
import type { Detected } from '../platforms/detect.ts';
import type { Observed } from '../platforms/observed.ts';
import type { Way } from '../platforms/platforms.ts';
import {
  type ConfigMap,
  type ConfigMapName,
  corefileOf,
  KUBEADM_CONFIG_MAP,
  readConfigMap,
} from './coredns-objects.ts';
import { parseCorefile } from './corefile.ts';
import type { ObjectEdit } from './object-edit.ts';
import { checkCanServe } from './preflight.ts';
import { grant, revoke, type ServiceAccount } from './rights.ts';
import type { DnsPod } from './servers.ts';
import { inspectZone, readsImports } from './zone-state.ts';

export interface InstallPlan {
  /** In the order in which to write them; empty if already up to date. */
  readonly edits: readonly ObjectEdit[];
  /** Whether the DNS server takes over a change by itself. */
  readonly reloads: boolean;
  /** Printed as `Note: …` after the changes. */
  readonly notes: readonly string[];
}

/** What is known of a cluster before a change. */
export interface Site {
  readonly client: KubeClient;
  readonly observed: Observed;
  readonly detected: Detected;
  readonly pods: readonly DnsPod[];
  /** The ConfigMap of CoreDNS that the user names. Default: that of the platform. */
  readonly configMap?: ConfigMapName;
}

const RKE2_CONFIG_MAP: ConfigMapName = { namespace: 'kube-system', name: 'rke2-coredns-rke2-coredns' };

export function configMapOf({ configMap, detected, observed }: Pick<Site, 'configMap' | 'detected' | 'observed'>) {
  const isRke2 = observed.objects.some(
    ({ title }) => title === `ConfigMap ${RKE2_CONFIG_MAP.namespace}/${RKE2_CONFIG_MAP.name}`,
  );
  return configMap ?? (detected.platform.name === 'RKE2' && isRke2 ? RKE2_CONFIG_MAP : KUBEADM_CONFIG_MAP);
}

/** The service account of CoreDNS: of its pods, else by the name of its ConfigMap. */
export function serviceAccountOf(site: Site): ServiceAccount {
  const { namespace, name } = configMapOf(site);
  const pod = site.configMap ? site.pods.find((each) => each.namespace === namespace) : site.pods[0];
  return pod ? { namespace: pod.namespace, name: pod.serviceAccount } : { namespace, name };
}

/** A user who names a ConfigMap means that one, whatever the platform. */
function wayOf({ detected, configMap }: Site, force: boolean): Way {
  const { way } = detected.platform;
  return configMap || (force && way.kind === 'tool') ? { kind: 'corefile' } : way;
}

/**
 * Plans an addition; writes nothing.
 *
 * @throws CTM_COREFILE if the change cannot be made, would break the cluster's DNS, or would be reverted; CTM_API_ codes.
 */
export async function planEnable(
  site: Site,
  change: ZoneChange & Required<Pick<ZoneChange, 'mode'>>,
  { force }: { readonly force: boolean },
): Promise<InstallPlan> {
  const { client, detected } = site;
  const way = wayOf(site, force);
  checkMode(site, way, change.mode);
  if (way.kind === 'tool')
    throw new CatamaranError(
      'CTM_COREFILE',
      `${detected.platform.name} writes the configuration of its DNS from outside the cluster, which would revert the change: add what --print shows there, or write it anyway with --force`,
    );
  const state = await stateOf(site, change.zone, way);
  const served = change.mode === 'coredns' && !state?.external ? await checkCanServe(client, site.pods, { force }) : [];
  const [place, cache] = await Promise.all([placePlan(site, way, change, force), cachePlan(site, way, change, force)]);
  const rights = change.mode === 'coredns' && !state?.external ? await grant(client, serviceAccountOf(site)) : [];
  const unused = change.mode === 'stub' ? await revokeIfUnused(site, place) : [];
  // Grant access before the Corefile needs it; revoke it afterwards.
  const edits = [...rights, ...place.edits, ...cache.edits, ...unused];
  return { edits, reloads: state?.reloads ?? true, notes: [...served, ...place.notes, ...cache.notes] };
}

/** @throws CTM_COREFILE if the DNS of the platform does not have the mode. */
export function checkMode({ detected }: Site, way: Way, mode: string): void {
  const { name, modes, way: own } = detected.platform;
  if (way !== own || !modes || modes.some((each) => each === mode)) return;
  throw new CatamaranError('CTM_COREFILE', `the DNS of ${name} supports --mode ${modes.join(', ')} only`);
}

/** Undefined if there is no Corefile to read. `external`: the external plugin serves the zone. */
async function stateOf(
  site: Site,
  zone: string,
  way: Way,
): Promise<{ reloads: boolean; external: boolean } | undefined> {
  if (way.kind === 'operator' || way.kind === 'stubDomains') return undefined;
  const names = configMapOf(site);
  const corefile = corefileOf(await readConfigMap(site.client, names), names);
  try {
    const { reloads, mode } = inspectZone(corefile, zone);
    return { reloads, external: mode === 'plugin' };
  } catch (error) {
    if (way.kind === 'custom') return { reloads: /^\s*reload\b/m.test(corefile), external: false };
    throw error;
  }
}

async function placePlan(site: Site, way: Way, change: ZoneChange, force: boolean): Promise<Planned> {
  const { client } = site;
  const names = configMapOf(site);
  if (way.kind === 'operator') return operatorPlan(client, OPERATORS[way.operator], change);
  if (way.kind === 'stubDomains') return stubDomainsPlan(client, change);
  const configMap = await readConfigMap(client, names);
  if (way.kind === 'corefile') return corefilePlan(configMap, names, change, { force });
  return customPlan(client, change, corefileOf(configMap, names));
}

/** GKE's cache on each node reads `stubDomains` itself. */
async function cachePlan({ client, detected }: Site, way: Way, change: ZoneChange, force: boolean): Promise<Planned> {
  if (detected.nodeCache === undefined || way.kind === 'stubDomains') return NOTHING;
  const [namespace = '', name = ''] = detected.nodeCache.split('/');
  const configMap = await readable(client.get<ConfigMap>(CONFIG_MAPS, { namespace, name }));
  return nodeCachePlan(configMap, { namespace, name }, change, { force });
}

/** Plans the removal from every place, since the platform may have been detected otherwise before; writes nothing. */
export async function planDisable(site: Site, zone: string): Promise<InstallPlan> {
  const { client, observed, detected } = site;
  const has = (title: string) => observed.objects.some((each) => each.title === title);
  const names = configMapOf(site);
  const removal: ZoneChange = { zone };
  const configMap = await readable(client.get<ConfigMap>(CONFIG_MAPS, { ...names }));
  if (!configMap && site.configMap) await readConfigMap(client, names);
  const plans: Planned[] = [];
  if (configMap && isOurs(configMap)) plans.push(corefilePlan(configMap, names, removal, { force: true }));
  if (!site.configMap && has(`ConfigMap ${CUSTOM.namespace}/${CUSTOM.name}`))
    plans.push(await customPlan(client, removal, configMap?.data?.Corefile ?? ''));
  if (!site.configMap && has(`ConfigMap ${KUBE_DNS.namespace}/${KUBE_DNS.name}`))
    plans.push(await stubDomainsPlan(client, removal));
  const { way } = detected.platform;
  if (way.kind === 'operator') plans.push(await operatorPlan(client, OPERATORS[way.operator], removal));
  plans.push(await cachePlan(site, { kind: 'corefile' }, removal, true));
  const planned: Planned = {
    edits: plans.flatMap(({ edits }) => edits),
    notes: plans.flatMap(({ notes }) => notes),
  };
  const rights = await revokeIfUnused(site, planned);
  const reloads = configMap?.data?.Corefile === undefined || /^\s*reload\b/m.test(configMap.data.Corefile);
  return { edits: [...planned.edits, ...rights], reloads, notes: planned.notes };
}

/** Whether a Corefile may have the zone. One that is not understood and was never changed here does not. */
function isOurs({ data, metadata }: ConfigMap): boolean {
  if (data?.Corefile === undefined) return false;
  if (metadata.annotations?.[BACKUP] !== undefined) return true;
  try {
    parseCorefile(data.Corefile);
    return true;
  } catch {
    return false;
  }
}

/** The rights stay while a Corefile needs them: that of another zone, or the user's own. */
async function revokeIfUnused(site: Site, { edits }: Planned): Promise<readonly ObjectEdit[]> {
  const names = configMapOf(site);
  const sources = [names, ...(site.configMap ? [] : [CUSTOM])];
  for (const source of sources) {
    const held = await readable(site.client.get<ConfigMap>(CONFIG_MAPS, { ...source }));
    const edit = edits.find(({ title }) => title.startsWith(`ConfigMap ${source.namespace}/${source.name},`));
    const after: JsonObject | undefined = edit ? edit.after : held;
    const data = (after as ConfigMap | undefined)?.data ?? {};
    if (Object.values(data).some(mentionsImports)) return [];
  }
  return revoke(site.client, serviceAccountOf(site));
}

function mentionsImports(text: string): boolean {
  try {
    return readsImports(text);
  } catch {
    return /\bmulticluster\b/.test(text);
  }
}
