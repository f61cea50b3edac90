/** Follows a question through a cluster's DNS, hop by hop, and says which one is wrong. */

import type { KubeObject } from '../../api/meta.ts';
import type { ServiceImport } from '../../api/multicluster.ts';
import { RESOURCES, type Resource } from '../../api/resources.ts';
import { isForbidden } from '../../kube/client/api-errors.ts';
import type { KubeClient } from '../../kube/client/client.ts';
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

/** What is to be checked. */
export interface CheckOptions {
  readonly client: KubeClient;
  readonly names: CoreDnsNames;
  readonly zone: string;
  /** The cluster's DNS; where absent, that of the Service kube-dns beside CoreDNS. */
  readonly server?: Address;
  /** For each question. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What became of one hop. */
export interface Hop {
  readonly hop: string;
  readonly result: 'ok' | 'wrong' | 'skipped';
  /** What was seen; for a wrong hop also what to do. */
  readonly seen: string;
}

const REVIEWS: Resource = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
};

/** Thrown by a hop that fails; its message is shown. */
class HopFailed extends Error {}
/** Thrown by a hop that does not apply. */
class HopSkipped extends Error {}

const UNKNOWN = 'how CoreDNS comes to the zone is not known';

/** A name that must resolve, and the addresses that it may have; none known means any. */
interface Probe {
  readonly name: string;
  readonly type: number;
  readonly addresses: readonly string[];
}

/** Checks all hops; one that needs an earlier one that is wrong is skipped. */
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
  const put = (server: Address, { name, type }: Probe, transport: 'udp' | 'tcp') =>
    withTimeLimit(clock, timeoutMs, undefined, (signal) =>
      ask(server, Math.floor(random() * 65_536), name, type, { transport, signal }),
    );

  const version: Probe = { name: `dns-version.${zone}`, type: TYPE.TXT, addresses: [] };
  const probe = await hop('ServiceImports', async () => {
    const { items } = await client.list<ServiceImport>(RESOURCES.serviceImports);
    const chosen = items.find(({ spec }) => spec.type === 'ClusterSetIP' && (spec.ips ?? []).length > 0);
    const seen = `${items.length} in the cluster`;
    if (!chosen) return { seen: `${seen}; none with an address, so dns-version is asked for`, value: version };
    const { namespace, name } = chosen.metadata;
    const ips = chosen.spec.ips ?? [];
    const type = ips[0]?.includes(':') ? TYPE.AAAA : TYPE.A;
    return {
      seen: `${seen}; asking for ${namespace}/${name}`,
      value: { name: `${name}.${namespace}.svc.${zone}`, type, addresses: ips },
    };
  });
  const found = await hop('Corefile', () => corefileHop(client, names, zone));
  await hop('CoreDNS’ rights', () => rightsHop(client, names, found));
  await hop('catamaran dns', async () => {
    if (!found) throw new HopSkipped(UNKNOWN);
    if (found.mode !== 'stub' || found.forward === undefined)
      throw new HopSkipped('the Corefile forwards nothing to it');
    const server = parseServer(found.forward);
    const seen: string[] = [];
    for (const transport of ['udp', 'tcp'] as const) {
      const message = await put(server, probe ?? version, transport).catch((error: unknown) => {
        throw new HopFailed(
          `${found.forward} gives no answer by ${transport} (${messageOf(error)}): is it running, and reachable from here?`,
        );
      });
      seen.push(verifyAnswer(message, probe ?? version, `${found.forward} by ${transport}`));
    }
    return { seen: seen.join('; '), value: undefined };
  });
  await hop('cluster DNS', async () => {
    const server = options.server ?? (await clusterDns(client, names.namespace));
    const where = hostPort(server);
    const asked = probe ?? version;
    const message = await put(server, asked, 'udp').catch((error: unknown) => {
      throw new HopFailed(
        `${where} gives no answer (${messageOf(error)}): run this in a pod, or name a reachable address by --server`,
      );
    });
    return { seen: verifyAnswer(message, asked, where), value: undefined };
  });
  return hops;
}

async function corefileHop(
  client: KubeClient,
  names: CoreDnsNames,
  zone: string,
): Promise<{ seen: string; value: ZoneState }> {
  const found = inspectZone(corefileOf(await readConfigMap(client, names), names), zone);
  const enable = `catamaran dns enable --mode coredns|stub`;
  if (found.mode === undefined) throw new HopFailed(`knows nothing of ${zone}: ${enable}`);
  if (found.mode === 'other') throw new HopFailed(`has a server block of ${zone} that forwards to nobody`);
  const seen = found.mode === 'coredns' ? 'CoreDNS serves the zone itself' : `forwards the zone to ${found.forward}`;
  return { seen, value: found };
}

interface Review extends KubeObject {
  readonly status?: { readonly allowed?: boolean };
}

async function rightsHop(client: KubeClient, names: CoreDnsNames, found: ZoneState | undefined) {
  if (!found) throw new HopSkipped(UNKNOWN);
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
        throw new HopSkipped('not ours to see: it takes the right to create subjectaccessreviews');
      });
    if (review.status?.allowed) continue;
    throw new HopFailed(`${user} may not ${verb} serviceimports: catamaran dns enable --mode coredns adds the rule`);
  }
  return { seen: `${user} may list and watch serviceimports`, value: undefined };
}

/** What an answer says, or HopFailed if it is not the right one. */
function verifyAnswer({ rcode, answers }: Message, { name, addresses }: Probe, where: string): string {
  if (rcode === RCODE.SERVFAIL)
    throw new HopFailed(`${where} answers SERVFAIL for ${name}: it cannot reach its source`);
  if (rcode !== RCODE.NOERROR || answers.length === 0) {
    throw new HopFailed(
      `${where} answers ${rcodeName(rcode)} with ${answers.length} records for ${name}: it does not serve the zone, or has not read the import yet`,
    );
  }
  const got = answers.map(({ data }) => data);
  if (addresses.length > 0 && !got.some((address) => addresses.includes(address))) {
    throw new HopFailed(
      `${where} answers ${got.join(', ')} for ${name}, and the import says ${addresses.join(', ')}: another server stands in between`,
    );
  }
  return `${where} answers ${name} with ${got.join(', ')}`;
}

async function clusterDns(client: KubeClient, namespace: string): Promise<Address> {
  const address = await clusterDnsAddress(client, namespace);
  if (address !== undefined) return { host: address, port: 53 };
  const wanted = 'Service labelled k8s-app=kube-dns with an address';
  throw new HopFailed(`namespace ${namespace} has no ${wanted}: name the address by --server`);
}

/** `10.96.0.10`, `10.96.0.10:53`, `[fd00::a]:53`. */
function parseServer(text: string): Address {
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<four>[\d.]+))(?::(?<port>\d+))?$/.exec(text.replace(/^dns:\/\//, ''));
  if (!match?.groups) return { host: text, port: 53 };
  return { host: match.groups.six ?? match.groups.four ?? text, port: Number(match.groups.port ?? 53) };
}
