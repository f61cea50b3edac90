/** What is observed of a cluster to find its platform: versions, labels and names, and no more. */

import { z } from 'zod';
import { asText, isJsonObject, type JsonObject } from '../../api/json.ts';
import type { KubeObject, ObjectMeta, StringMap } from '../../api/meta.ts';
import { CONFIG_MAPS, DAEMON_SETS, RESOURCES, type Resource } from '../../api/resources.ts';
import type { KubeClient, ListOptions } from '../../kube/client/client.ts';
import { readable } from '../../kube/client/readable.ts';

export interface ObservedNode {
  readonly name: string;
  readonly labels: StringMap;
  readonly providerID: string;
  readonly osImage: string;
}

export interface ObservedObject {
  /** `ConfigMap kube-system/coredns` */
  readonly title: string;
  readonly metadata: ObjectMeta;
}

export interface DnsService {
  readonly namespace: string;
  readonly name: string;
  readonly clusterIP?: string;
  readonly selector: StringMap;
}

/** Absent parts could not be read. */
export interface Observed {
  /** `gitVersion` of the API server. */
  readonly version: string;
  /** `GROUP/VERSION` that the API server serves, without the core group. */
  readonly groups: readonly string[];
  readonly nodes: readonly ObservedNode[];
  /** Services of the cluster's DNS. */
  readonly services: readonly DnsService[];
  /** ConfigMaps and DaemonSets of DNS that exist. */
  readonly objects: readonly ObservedObject[];
  /** The Corefile of the cluster's CoreDNS. */
  readonly corefile?: string;
}

const SYSTEM = 'kube-system';
const CONFIG_MAP_NAMES = [
  ...['coredns', 'coredns-custom', 'rke2-coredns-rke2-coredns', 'kube-dns', 'kubeadm-config'],
  ...['node-local-dns', 'nodelocaldns'],
];
const DAEMON_SET_NAMES = ['node-local-dns', 'nodelocaldns'];
/** Nodes of one cluster have the same platform. */
const NODES = 20;

interface NodeObject extends KubeObject {
  readonly spec?: { readonly providerID?: string };
  readonly status?: { readonly nodeInfo?: { readonly osImage?: string } };
}

interface ServiceObject extends KubeObject {
  readonly spec?: { readonly clusterIP?: string; readonly selector?: StringMap };
}

const versionSchema = z.object({ gitVersion: z.string() });
const groupsSchema = z.object({
  groups: z.array(z.object({ versions: z.array(z.object({ groupVersion: z.string() })) })),
});

/** Reads what shows the platform. Parts that the user may not read are absent. */
export async function observe(client: KubeClient): Promise<Observed> {
  const list = async <T extends KubeObject>(resource: Resource, options: ListOptions) =>
    (await readable(client.list<T>(resource, options)))?.items ?? [];
  const named = async (resource: Resource, name: string) => {
    const found = await readable(client.get(resource, { namespace: SYSTEM, name }));
    return found && { title: `${resource.kind} ${SYSTEM}/${name}`, metadata: found.metadata, object: found };
  };
  const [version, groups, nodes, services, ...objects] = await Promise.all([
    readable(client.raw('/version')).then((answer) => versionSchema.safeParse(answer).data),
    readable(client.raw('/apis')).then((answer) => groupsSchema.safeParse(answer).data),
    list<NodeObject>(RESOURCES.nodes, { limit: NODES }),
    dnsServices(list),
    ...CONFIG_MAP_NAMES.map((name) => named(CONFIG_MAPS, name)),
    ...DAEMON_SET_NAMES.map((name) => named(DAEMON_SETS, name)),
  ]);
  const found = objects.filter((each) => each !== undefined);
  const corefile = corefileIn(found.find(({ title }) => title === `ConfigMap ${SYSTEM}/coredns`)?.object);
  return {
    version: version?.gitVersion ?? '',
    groups: (groups?.groups ?? []).flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion)),
    nodes: nodes.slice(0, NODES).map(({ metadata, spec, status }) => ({
      name: metadata.name,
      labels: metadata.labels ?? {},
      providerID: spec?.providerID ?? '',
      osImage: status?.nodeInfo?.osImage ?? '',
    })),
    services,
    objects: found.map(({ title, metadata }) => ({ title, metadata })),
    ...(corefile !== undefined && { corefile }),
  };
}

function corefileIn(object: JsonObject | undefined): string | undefined {
  return isJsonObject(object?.data) ? asText(object.data.Corefile) : undefined;
}

/** By the label that all platforms but OpenShift set, for which other add-ons look, too. */
async function dnsServices(
  list: (resource: Resource, options: ListOptions) => Promise<readonly ServiceObject[]>,
): Promise<readonly DnsService[]> {
  const [usual, openShift] = await Promise.all([
    list(RESOURCES.services, { namespace: SYSTEM, labelSelector: 'k8s-app=kube-dns' }),
    list(RESOURCES.services, { namespace: 'openshift-dns', labelSelector: 'dns.operator.openshift.io/owning-dns' }),
  ]);
  return [...usual, ...openShift].map(({ metadata, spec }) => ({
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    ...(spec?.clusterIP !== undefined && /[.:]/.test(spec.clusterIP) && { clusterIP: spec.clusterIP }),
    selector: spec?.selector ?? {},
  }));
}
