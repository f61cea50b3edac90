/**
 * The ranges of pods and Services of a cluster, from the objects in which its distribution and its CNI keep them. Those
 * of a whole cluster are stable; those of single nodes change with the nodes.
 */

import { parseNetwork } from '../api/ip.ts';
import { asText, isJsonObject, type Json, type JsonObject, parseJson } from '../api/json.ts';
import { CONFIG_MAPS, RESOURCES, type Resource } from '../api/resources.ts';
import type { KubeClient, ObjectName } from '../kube/client/client.ts';
import { readable } from '../kube/client/readable.ts';
import { parseYaml } from '../runtime/yaml.ts';
import { textsOf } from './inventory/described-member.ts';

/** Networks, and the object that has them. */
export interface FoundRanges {
  readonly cidrs: readonly string[];
  readonly origin: string;
}

export interface ClusterRanges {
  readonly pods?: FoundRanges;
  readonly services?: FoundRanges;
  /** Pod networks of single nodes, if no object has that of the cluster. */
  readonly nodes?: FoundRanges;
}

/** Networks in a list or in a text separated by commas or spaces; others are left out. */
function networks(value: Json | undefined): readonly string[] {
  const texts = Array.isArray(value) ? value.flatMap((each: Json) => asText(each) ?? []) : [asText(value) ?? ''];
  return texts.flatMap((text) => text.split(/[,\s]+/)).filter((text) => parseNetwork(text) !== undefined);
}

function found(value: Json | undefined, origin: string): FoundRanges | undefined {
  const cidrs = networks(value);
  return cidrs.length > 0 ? { cidrs, origin } : undefined;
}

async function configMap(client: KubeClient, name: ObjectName): Promise<Readonly<Record<string, string>>> {
  const map = await readable(client.get(CONFIG_MAPS, name));
  return textsOf(map?.data);
}

function yamlObject(text: string | undefined): JsonObject {
  const { value, problems } = parseYaml(text ?? '');
  // What the YAML parser returns for a valid document is JSON.
  const json = value as Json;
  return problems.length === 0 && isJsonObject(json) ? json : {};
}

const IP_POOLS: Resource = {
  group: 'crd.projectcalico.org',
  version: 'v1',
  plural: 'ippools',
  kind: 'IPPool',
  namespaced: false,
};

/** Calico: enabled IPPools. */
async function calico(client: KubeClient): Promise<FoundRanges | undefined> {
  const pools = await readable(client.list(IP_POOLS));
  const cidrs = (pools?.items ?? []).flatMap(({ spec }) => {
    if (!isJsonObject(spec) || spec.disabled === true) return [];
    return networks(spec.cidr);
  });
  return cidrs.length > 0 ? { cidrs, origin: 'IPPools of Calico' } : undefined;
}

/** Cilium, with its default IPAM. */
async function cilium(client: KubeClient): Promise<FoundRanges | undefined> {
  const data = await configMap(client, { namespace: 'kube-system', name: 'cilium-config' });
  if (data.ipam !== 'cluster-pool') return undefined;
  const text = [data['cluster-pool-ipv4-cidr'] ?? '', data['cluster-pool-ipv6-cidr'] ?? ''].join(' ');
  return found(text, 'ConfigMap kube-system/cilium-config');
}

async function flannel(client: KubeClient): Promise<FoundRanges | undefined> {
  const name = { namespace: 'kube-flannel', name: 'kube-flannel-cfg' };
  const text = (await configMap(client, name))['net-conf.json'];
  if (text === undefined) return undefined;
  try {
    const config = parseJson(text);
    if (!isJsonObject(config)) return undefined;
    return found([config.Network ?? '', config.IPv6Network ?? ''], 'ConfigMap kube-flannel/kube-flannel-cfg');
  } catch {
    return undefined;
  }
}

/** kubeadm, and distributions that use it, such as kind. */
async function kubeadm(client: KubeClient, field: 'podSubnet' | 'serviceSubnet'): Promise<FoundRanges | undefined> {
  const data = await configMap(client, { namespace: 'kube-system', name: 'kubeadm-config' });
  const { networking } = yamlObject(data.ClusterConfiguration);
  return isJsonObject(networking) ? found(networking[field], 'ConfigMap kube-system/kubeadm-config') : undefined;
}

/** Kubernetes 1.33. */
async function serviceCIDRs(client: KubeClient): Promise<FoundRanges | undefined> {
  const ranges = await readable(client.list(RESOURCES.serviceCIDRs));
  const cidrs = (ranges?.items ?? []).flatMap(({ spec }) => (isJsonObject(spec) ? networks(spec.cidrs) : []));
  return cidrs.length > 0 ? { cidrs, origin: 'ServiceCIDRs' } : undefined;
}

async function nodes(client: KubeClient): Promise<FoundRanges | undefined> {
  const list = await readable(client.list(RESOURCES.nodes));
  const cidrs = (list?.items ?? []).flatMap(({ spec }) => {
    if (!isJsonObject(spec)) return [];
    const all = networks(spec.podCIDRs);
    return all.length > 0 ? all : networks(spec.podCIDR);
  });
  return cidrs.length > 0 ? { cidrs, origin: 'podCIDRs of the nodes' } : undefined;
}

async function first(...reads: readonly (() => Promise<FoundRanges | undefined>)[]): Promise<FoundRanges | undefined> {
  for (const read of reads) {
    const result = await read();
    if (result) return result;
  }
  return undefined;
}

/** @throws ApiError if the API server does not respond. */
export async function findRanges(client: KubeClient): Promise<ClusterRanges> {
  const pods = await first(
    () => calico(client),
    () => cilium(client),
    () => flannel(client),
    () => kubeadm(client, 'podSubnet'),
  );
  const services = await first(
    () => serviceCIDRs(client),
    () => kubeadm(client, 'serviceSubnet'),
  );
  const ofNodes = pods ? undefined : await nodes(client);
  return { ...(pods && { pods }), ...(services && { services }), ...(ofNodes && { nodes: ofNodes }) };
}
