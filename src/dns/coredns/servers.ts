/** The running DNS servers of a cluster: the pods behind the Service that pods ask. */

import type { KubeObject, StringMap } from '../../api/meta.ts';
import { PODS } from '../../api/resources.ts';
import { isAbsent, isRefusal, isUnreachable } from '../../kube/client/api-errors.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { readable } from '../../kube/client/readable.ts';
import type { DnsService } from '../platforms/observed.ts';

interface Container {
  readonly image?: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[];
}

interface PodObject extends KubeObject {
  readonly spec?: { readonly serviceAccountName?: string; readonly containers?: readonly Container[] };
  readonly status?: { readonly phase?: string; readonly podIP?: string };
}

export interface DnsPod {
  readonly namespace: string;
  readonly name: string;
  readonly address: string;
  readonly serviceAccount: string;
  /** Of the DNS server. */
  readonly image: string;
  /** For DNS over TCP and UDP. */
  readonly port: number;
  readonly metricsPort: number;
}

function isDns({ name = '', containerPort }: { readonly name?: string; readonly containerPort: number }): boolean {
  return containerPort === 53 || /^dns/.test(name);
}

/** The running pods of the Services, oldest first. Empty if they may not be listed. */
export async function dnsPods(client: KubeClient, services: readonly DnsService[]): Promise<readonly DnsPod[]> {
  const lists = await Promise.all(
    services
      .filter(({ selector }) => Object.keys(selector).length > 0)
      .map(({ namespace, selector }) =>
        readable(client.list<PodObject>(PODS, { namespace, labelSelector: selectorText(selector) })),
      ),
  );
  const pods = lists.flatMap((list) => list?.items ?? []);
  return pods
    .filter(({ metadata, status }) => status?.phase === 'Running' && metadata.deletionTimestamp === undefined)
    .map(({ metadata, spec, status }) => {
      const containers = spec?.containers ?? [];
      // The one that pods reach: kube-dns has another container that serves DNS on a port of its own.
      const server =
        containers.find(({ ports = [] }) => ports.some(({ containerPort }) => containerPort === 53)) ??
        containers.find(({ ports = [] }) => ports.some(isDns)) ??
        containers[0];
      const metrics = server?.ports?.find(({ name }) => name === 'metrics')?.containerPort;
      return {
        namespace: metadata.namespace ?? '',
        name: metadata.name,
        address: status?.podIP ?? '',
        serviceAccount: spec?.serviceAccountName ?? 'default',
        image: server?.image ?? '',
        port: server?.ports?.some(({ containerPort }) => containerPort === 53)
          ? 53
          : (server?.ports?.find(isDns)?.containerPort ?? 53),
        metricsPort: metrics ?? 9153,
      };
    });
}

function selectorText(selector: StringMap): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

export interface ServerVersion {
  /** `1.14.7` */
  readonly version: string;
  /** `its metrics` or `the tag of its image`. */
  readonly source: string;
}

/** The version of CoreDNS: by its metrics, else by the tag of its image; undefined if neither tells. */
export async function versionOf(client: KubeClient, pod: DnsPod): Promise<ServerVersion | undefined> {
  const path = `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}:${pod.metricsPort}/proxy/metrics`;
  const metrics = await client.raw(path).catch((error: unknown) => {
    // Not served, not allowed, or no network from the API server to the pod.
    if (isRefusal(error) || isUnreachable(error) || isAbsent(error) || isProxyFailure(error)) return '';
    throw error;
  });
  const asked = /coredns_build_info\{[^}]*\bversion="v?(\d+\.\d+\.\d+)/.exec(String(metrics))?.[1];
  if (asked !== undefined) return { version: asked, source: 'its metrics' };
  const tagged = /:v?(\d+\.\d+\.\d+)/.exec(pod.image)?.[1];
  return tagged === undefined ? undefined : { version: tagged, source: `the tag of ${pod.image}` };
}

function isProxyFailure(error: unknown): boolean {
  return error instanceof Error && 'status' in error && Number(error.status) >= 500;
}

/** The last lines of a pod's log that report an error; empty if it cannot be read. */
export async function complaintsOf(client: KubeClient, { namespace, name }: DnsPod): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/log?tailLines=200`;
  const log = await client.raw(path).then(String, () => '');
  const lines = log
    .split('\n')
    .filter((line) => /\[ERROR\]|\[FATAL\]|Error during parsing|Unknown directive|unknown property/i.test(line));
  return lines.slice(-2).join('; ').slice(0, 500);
}

/** First version of CoreDNS with the options of the added block: `multicluster`, and `startup_timeout` since 1.12.3. */
export const MULTICLUSTER_SINCE = '1.12.3';

export function isBefore(version: string, minimum: string): boolean {
  const [own, needed] = [version, minimum].map((each) => each.split('.').map(Number));
  for (const [i, number] of (needed ?? []).entries()) {
    const part = own?.[i] ?? 0;
    if (part !== number) return part < number;
  }
  return false;
}
