/** Traces a query through a cluster's DNS, hop by hop, and reports each result. */

import type { KubeObject } from '../../api/meta.ts';
import type { ServiceImport } from '../../api/multicluster.ts';
import { RESOURCES, type Resource } from '../../api/resources.ts';
import { isForbidden } from '../../kube/client/api-errors.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { mcsReader } from '../../kube/mcs/mcs-client.ts';
import { type Address, hostPort } from '../../runtime/address.ts';
import type { Clock } from '../../runtime/clock.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { withTimeLimit } from '../../runtime/watchdog.ts';
import { RCODE, rcodeName, TYPE } from '../wire/protocol.ts';
import type { Message } from '../wire/wire-message.ts';
import { type CoreDnsNames, corefileOf, readConfigMap, serviceAccountOf } from './coredns-objects.ts';
import { inspectZone, type ZoneState } from './corefile-edit.ts';
import { ask } from './lookup.ts';
import { clusterDnsAddress } from './service-address.ts';

export interface CheckOptions {
  readonly client: KubeClient;
  readonly names: CoreDnsNames;
  readonly zone: string;
  /** The cluster's DNS. Default: the Service labelled `k8s-app: kube-dns` in the namespace of CoreDNS. */
  readonly server?: Address;
  /** Per query. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
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

const NO_COREFILE = 'the Corefile hop failed';

/** A name that must resolve to at least one of the addresses; no addresses accept any answer. */
interface Probe {
  readonly name: string;
  readonly type: number;
  readonly addresses: readonly string[];
}

/** Checks all hops. A hop is skipped if one that it depends on failed. */
export async function checkDns(options: CheckOptions): Promise<Hop[]> {
  const { client, names, zone, timeoutMs, clock, random } = options;
  const hops: Hop[] = [];
  const hop = async <T>(
    name: string,
    check: () => Promise<{ readonly seen: string; readonly value: T }>,
  ): Promise<T | undefined> => {
    try {
      const { seen, value } = await check();
      hops.push({ hop: name, result: 'ok', seen });
      return value;
    } catch (error) {
      hops.push({ hop: name, result: error instanceof HopSkipped ? 'skipped' : 'wrong', seen: messageOf(error) });
      return undefined;
    }
  };
  const query = (server: Address, { name, type }: Probe, transport: 'udp' | 'tcp') =>
    withTimeLimit(clock, timeoutMs, undefined, (signal) =>
      ask(server, Math.floor(random() * 65_536), name, type, { transport, signal }),
    );

  const version: Probe = { name: `dns-version.${zone}`, type: TYPE.TXT, addresses: [] };
  const probe = await hop('ServiceImports', async () => {
    const { items } = await mcsReader(client).list<ServiceImport>(RESOURCES.serviceImports);
    const chosen = items.find(({ spec }) => spec.type === 'ClusterSetIP' && (spec.ips ?? []).length > 0);
    const seen = `${items.length} found`;
    if (!chosen) return { seen: `${seen}; none has a clusterset IP, querying dns-version`, value: version };
    const { namespace, name } = chosen.metadata;
    const ips = chosen.spec.ips ?? [];
    const type = ips[0]?.includes(':') ? TYPE.AAAA : TYPE.A;
    return {
      seen: `${seen}; querying ${namespace}/${name}`,
      value: { name: `${name}.${namespace}.svc.${zone}`, type, addresses: ips },
    };
  });
  const found = await hop('Corefile', () => corefileHop(client, names, zone));
  await hop('CoreDNS RBAC', () => rbacHop(client, names, found));
  await hop('catamaran dns', async () => {
    if (!found) throw new HopSkipped(NO_COREFILE);
    if (found.mode !== 'stub' || found.forward === undefined)
      throw new HopSkipped('not used: the Corefile does not forward the zone');
    const server = parseServer(found.forward);
    const seen: string[] = [];
    for (const transport of ['udp', 'tcp'] as const) {
      const message = await query(server, probe ?? version, transport).catch((error: unknown) => {
        throw new HopFailed(
          `no response from ${found.forward} over ${transport.toUpperCase()} (${messageOf(error)}): check that catamaran dns is running and reachable from here`,
        );
      });
      seen.push(verifyAnswer(message, probe ?? version, `${found.forward} (${transport.toUpperCase()})`));
    }
    return { seen: seen.join('; '), value: undefined };
  });
  await hop('cluster DNS', async () => {
    const server = options.server ?? (await clusterDns(client, names.namespace));
    const where = hostPort(server);
    const target = probe ?? version;
    const message = await query(server, target, 'udp').catch((error: unknown) => {
      throw new HopFailed(
        `no response from ${where} (${messageOf(error)}): run this command in a pod, or pass a reachable address with --server`,
      );
    });
    return { seen: verifyAnswer(message, target, where), value: undefined };
  });
  return hops;
}

async function corefileHop(
  client: KubeClient,
  names: CoreDnsNames,
  zone: string,
): Promise<{ seen: string; value: ZoneState }> {
  const found = inspectZone(corefileOf(await readConfigMap(client, names), names), zone);
  const configMap = `ConfigMap ${names.namespace}/${names.name}`;
  if (found.mode === undefined)
    throw new HopFailed(`${configMap} does not configure ${zone}: run catamaran dns enable --mode coredns|stub`);
  if (found.mode === 'other') {
    const fix = 'remove the block, then run catamaran dns enable';
    throw new HopFailed(`${configMap} has a server block for ${zone} without the forward plugin: ${fix}`);
  }
  const seen = found.mode === 'coredns' ? 'CoreDNS serves the zone itself' : `forwards the zone to ${found.forward}`;
  return { seen, value: found };
}

interface Review extends KubeObject {
  readonly status?: { readonly allowed?: boolean };
}

async function rbacHop(client: KubeClient, names: CoreDnsNames, found: ZoneState | undefined) {
  if (!found) throw new HopSkipped(NO_COREFILE);
  if (found.mode !== 'coredns') throw new HopSkipped('not needed: CoreDNS does not serve the zone itself');
  const user = `system:serviceaccount:${names.namespace}:${await serviceAccountOf(client, names)}`;
  const { group, version, plural } = RESOURCES.serviceImports;
  for (const verb of ['list', 'watch']) {
    const review = await client
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

async function clusterDns(client: KubeClient, namespace: string): Promise<Address> {
  const address = await clusterDnsAddress(client, namespace);
  if (address !== undefined) return { host: address, port: 53 };
  const missing = `no Service labelled k8s-app=kube-dns with a cluster IP in namespace ${namespace}`;
  throw new HopFailed(`${missing}: pass the address of the cluster's DNS with --server`);
}

/** `10.96.0.10`, `10.96.0.10:53`, `[fd00::a]:53`. */
function parseServer(text: string): Address {
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<four>[\d.]+))(?::(?<port>\d+))?$/.exec(text.replace(/^dns:\/\//, ''));
  if (!match?.groups) return { host: text, port: 53 };
  return { host: match.groups.six ?? match.groups.four ?? text, port: Number(match.groups.port ?? 53) };
}
