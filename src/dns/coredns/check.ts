/** Traces a query through a cluster's DNS, hop by hop. The answers come first, and are believed over any file. */
import type { KubeObject } from '../../api/meta.ts';
import type { ServiceImport } from '../../api/multicluster.ts';
import { CONFIG_MAPS, RESOURCES, type Resource } from '../../api/resources.ts';
import { isForbidden } from '../../kube/client/api-errors.ts';
import { readable } from '../../kube/client/readable.ts';
import { mcsReader } from '../../kube/mcs/mcs-client.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { CUSTOM } from '../places/custom-place.ts';
import { detectedText } from '../platforms/detect.ts';
import { RCODE, rcodeName, TYPE } from '../wire/protocol.ts';
import type { Message } from '../wire/wire-message.ts';
import { type ConfigMap, corefileOf, readConfigMap } from './coredns-objects.ts';
import { configMapOf, planDisable, type Site, serviceAccountOf } from './install.ts';
import { type DnsRoute, directRoute, type RouteOptions } from './routes.ts';
import { complaintsOf } from './servers.ts';
import { parseServer } from './service-address.ts';
import { unsyncedOf } from './supervise.ts';
import { inspectZone, type ZoneState } from './zone-state.ts';

export interface CheckOptions {
  readonly site: Site;
  readonly zone: string;
  /** What pods ask. Rejects with what to do if nothing can be asked. */
  routes(): Promise<readonly DnsRoute[]>;
  /** Whether addresses of the cluster can be reached directly. */
  readonly reachable: boolean;
  readonly query: RouteOptions;
}

export interface Hop {
  readonly hop: string;
  readonly result: 'ok' | 'wrong' | 'skipped';
  /** What the check found; for a wrong hop, also what to do. */
  readonly seen: string;
}

const REVIEWS: Resource = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
};

/** Fails a hop; the message is its `seen`. */
class HopFailed extends Error {}
/** Skips a hop that does not apply; the message is its `seen`. */
class HopSkipped extends Error {}

const NO_STATE = 'the configuration could not be read';

/** A name that must resolve to at least one of the addresses; no addresses accept any answer. */
export interface Probe {
  readonly name: string;
  readonly type: number;
  readonly addresses: readonly string[];
}

interface Found {
  readonly seen: string;
  /** Absent if the configuration is not a Corefile, or not understood. */
  readonly state?: ZoneState;
  /** Why the zone cannot be served with it. */
  readonly problem?: string;
}

/** Checks all hops. A hop is skipped if one that it depends on failed. */
export async function checkDns(options: CheckOptions): Promise<Hop[]> {
  const { site, zone } = options;
  const platform: Hop = { hop: 'platform', result: 'ok', seen: detectedText(site.detected) };
  const version: Probe = { name: `dns-version.${zone}`, type: TYPE.TXT, addresses: [] };
  const imports = await hop('ServiceImports', () => importsHop(site, zone, version));
  const probe = imports.value ?? version;
  const answers = await checkAnswers(options, probe);
  const { configuration, rights, state } = await checkConfiguration(site, zone, answers.result === 'ok');
  const server = await hop('catamaran dns', () => serverHop(options, state, probe));
  return [platform, imports.hop, configuration, rights, server.hop, answers];
}

/** Asks what pods ask. */
export async function checkAnswers(options: Pick<CheckOptions, 'routes' | 'zone'>, probe: Probe): Promise<Hop> {
  return (await hop('cluster DNS', () => answersHop(options, probe))).hop;
}

/** How the cluster's DNS is configured. */
export interface Configured {
  readonly configuration: Hop;
  readonly rights: Hop;
  /** What was found, whether or not it can work. Absent as in {@link Found}, or if it could not be read. */
  readonly found?: ZoneState;
  /** The same, if it can work. */
  readonly state?: ZoneState;
}

/** Reads the configuration. What the DNS of the cluster answers is believed over any file: `served`. */
export async function checkConfiguration(site: Site, zone: string, served: boolean): Promise<Configured> {
  const { hop: configuration, value } = await hop('configuration', () => configurationHop(site, zone, served));
  const isWrong = value?.problem !== undefined;
  const found = value?.state;
  const state = isWrong ? undefined : found;
  const rights = await hop('CoreDNS RBAC', () => rbacHop(site, state));
  return {
    configuration: isWrong ? { ...configuration, result: 'wrong' } : configuration,
    rights: rights.hop,
    ...(found && { found }),
    ...(state && { state }),
  };
}

async function hop<T>(
  name: string,
  check: () => Promise<{ readonly seen: string; readonly value: T }>,
): Promise<{ readonly hop: Hop; readonly value?: T }> {
  try {
    const { seen, value } = await check();
    return { hop: { hop: name, result: 'ok', seen }, value };
  } catch (error) {
    return { hop: { hop: name, result: error instanceof HopSkipped ? 'skipped' : 'wrong', seen: messageOf(error) } };
  }
}

async function importsHop({ client }: Site, zone: string, version: Probe) {
  const { items } = await mcsReader(client).list<ServiceImport>(RESOURCES.serviceImports);
  const chosen = items.find(({ spec }) => spec.type === 'ClusterSetIP' && (spec.ips ?? []).length > 0);
  const seen = `${items.length} found`;
  if (!chosen) return { seen: `${seen}; none has a clusterset IP, querying dns-version`, value: version };
  const { namespace, name } = chosen.metadata;
  const ips = chosen.spec.ips ?? [];
  const type = ips[0]?.includes(':') ? TYPE.AAAA : TYPE.A;
  const value: Probe = { name: `${name}.${namespace}.svc.${zone}`, type, addresses: ips };
  return { seen: `${seen}; querying ${namespace}/${name}`, value };
}

async function answersHop({ routes, zone }: Pick<CheckOptions, 'routes' | 'zone'>, probe: Probe) {
  const seen: string[] = [];
  for (const route of await routes()) {
    const message = await route.ask(probe.name, probe.type).catch((error: unknown) => {
      throw new HopFailed(
        `no response from ${route.where} (${messageOf(error)}): run this command in a pod, or pass a reachable address with --server`,
      );
    });
    seen.push(verifyAnswer(message, probe, route.where));
    const unsynced = probe.addresses.length === 0 ? await unsyncedOf(route, zone) : undefined;
    if (unsynced !== undefined) throw new HopFailed(`${unsynced}; check the CRDs and the log of the server`);
  }
  return { seen: seen.join('; '), value: undefined };
}

async function configurationHop(site: Site, zone: string, served: boolean): Promise<{ seen: string; value: Found }> {
  const found = await configurationOf(site, zone).catch((error: unknown) => {
    if (!served) throw error;
    return { seen: `${messageOf(error)}; but the DNS of the cluster serves the zone` };
  });
  const { state, seen }: Found = found;
  const problem = state && (await problemOf(site, state, zone));
  if (problem === undefined) return { seen, value: found };
  if (!served) return { seen: `${seen}${problem}`, value: { ...found, problem } };
  return { seen: `${seen}; but the DNS of the cluster serves the zone`, value: found };
}

async function configurationOf(site: Site, zone: string): Promise<Found> {
  const { way } = site.detected.platform;
  if (!site.configMap && (way.kind === 'operator' || way.kind === 'stubDomains')) {
    const [entry] = (await planDisable(site, zone)).edits;
    if (entry) return { seen: `${entry.title} has an entry for ${zone}` };
    throw new HopFailed(`no entry for ${zone}: run catamaran dns enable --mode stub`);
  }
  const names = configMapOf(site);
  const main = corefileOf(await readConfigMap(site.client, names), names);
  const title = `ConfigMap ${names.namespace}/${names.name}`;
  const state = inspectZone(main, zone);
  if (state.mode !== undefined || site.configMap) return { seen: describe(title, state, zone), state };
  const custom = await readable(site.client.get<ConfigMap>(CONFIG_MAPS, CUSTOM));
  for (const [key, text] of Object.entries(custom?.data ?? {})) {
    if (!key.endsWith('.server')) continue;
    const { mode, forward } = inspectZone(text, zone);
    if (mode === undefined) continue;
    const added = { mode, asked: true, reloads: state.reloads, ...(forward !== undefined && { forward }) };
    return { seen: describe(`ConfigMap ${CUSTOM.namespace}/${CUSTOM.name}, ${key}`, added, zone), state: added };
  }
  return { seen: describe(title, state, zone), state };
}

function describe(title: string, { mode, forward }: ZoneState, zone: string): string {
  if (mode === undefined) return `${title} does not configure ${zone}`;
  if (mode === 'other') return `${title} has a server block for ${zone} that neither serves nor forwards it`;
  if (mode === 'plugin') return `${title}: the external plugin multicluster serves ${zone}`;
  return mode === 'coredns' ? `${title}: CoreDNS serves the zone itself` : `${title} forwards the zone to ${forward}`;
}

/** What to do about a configuration that cannot work, after a colon; undefined if it can. */
async function problemOf(site: Site, { mode, asked }: ZoneState, zone: string): Promise<string | undefined> {
  if (mode === undefined) return ': run catamaran dns enable --mode coredns|stub';
  if (mode === 'other') return ': remove the block, then run catamaran dns enable';
  if (!asked)
    return `, but no query for ${zone} reaches it, since another server block has a closer name: run catamaran dns enable`;
  if (mode !== 'plugin') return undefined;
  const logs = await Promise.all(site.pods.map((pod) => complaintsOf(site.client, pod)));
  const log = logs.find((text) => text !== '');
  return `, but it does not answer: standard builds of CoreDNS lack this plugin${log === undefined ? '' : ` (its log: ${log})`}; use an image that has it, or replace the line with catamaran dns enable`;
}

async function serverHop({ reachable, query }: CheckOptions, state: ZoneState | undefined, probe: Probe) {
  if (state?.mode !== 'stub' || state.forward === undefined)
    throw new HopSkipped(state ? 'not used: CoreDNS does not forward the zone' : NO_STATE);
  if (!reachable) throw new HopSkipped(`${state.forward} is reachable from pods only; asked through the cluster’s DNS`);
  const server = parseServer(state.forward);
  const seen: string[] = [];
  for (const transport of ['udp', 'tcp'] as const) {
    const message = await directRoute(server, query, transport)
      .ask(probe.name, probe.type)
      .catch((error: unknown) => {
        throw new HopFailed(
          `no response from ${state.forward} over ${transport.toUpperCase()} (${messageOf(error)}): check that catamaran dns is running and reachable from here`,
        );
      });
    seen.push(verifyAnswer(message, probe, `${state.forward} (${transport.toUpperCase()})`));
  }
  return { seen: seen.join('; '), value: undefined };
}

interface Review extends KubeObject {
  readonly status?: { readonly allowed?: boolean };
}

async function rbacHop(site: Site, state: ZoneState | undefined) {
  if (!state) throw new HopSkipped(NO_STATE);
  if (state.mode !== 'coredns' && state.mode !== 'plugin')
    throw new HopSkipped('not needed: CoreDNS does not serve the zone itself');
  const account = serviceAccountOf(site);
  const user = `system:serviceaccount:${account.namespace}:${account.name}`;
  const { group, version, plural } = RESOURCES.serviceImports;
  for (const verb of ['list', 'watch']) {
    const review = await site.client
      .create<Review>(REVIEWS, undefined, {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        metadata: {},
        spec: { user, resourceAttributes: { group, version, resource: plural, verb } },
      })
      .catch((error: unknown) => {
        if (!isForbidden(error)) throw error;
        throw new HopSkipped('not allowed to create subjectaccessreviews');
      });
    if (review.status?.allowed) continue;
    throw new HopFailed(
      `${user} cannot ${verb} serviceimports: run catamaran dns enable --mode coredns to add the rule`,
    );
  }
  return { seen: `${user} can list and watch serviceimports`, value: undefined };
}

/** Describes an answer. @throws HopFailed if it does not match the probe. */
function verifyAnswer({ rcode, answers }: Message, { name, addresses }: Probe, where: string): string {
  if (rcode === RCODE.SERVFAIL)
    throw new HopFailed(
      `${where} returned SERVFAIL for ${name}: it is not synced or cannot reach its upstream; check its logs`,
    );
  if (rcode !== RCODE.NOERROR || answers.length === 0) {
    throw new HopFailed(
      `${where} returned ${rcodeName(rcode)} with ${answers.length} records for ${name}: it does not serve the zone; if the zone was just enabled, retry in two minutes`,
    );
  }
  const got = answers.map(({ data }) => data);
  if (addresses.length > 0 && !got.some((address) => addresses.includes(address))) {
    throw new HopFailed(
      `${where} returned ${got.join(', ')} for ${name}, but the ServiceImport has ${addresses.join(', ')}: check whether another DNS server serves the zone`,
    );
  }
  return `${where} resolves ${name} to ${got.join(', ')}`;
}
