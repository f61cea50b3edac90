/** Cluster IPs of the DNS Services. */
import type { KubeObject } from '../../api/meta.ts';
import { RESOURCES } from '../../api/resources.ts';
import { isNotFound } from '../../kube/client/api-errors.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { CatamaranError } from '../../runtime/errors.ts';

interface AddressedService extends KubeObject {
  readonly spec?: { readonly clusterIP?: string };
}

function clusterIPOf({ spec }: AddressedService): string | undefined {
  return spec?.clusterIP === 'None' || spec?.clusterIP === '' ? undefined : spec?.clusterIP;
}

/** The cluster IP of the `catamaran dns` Service. @throws CTM_DNS if the Service does not exist or has none. */
export async function forwardAddress(client: KubeClient, namespace: string, name: string): Promise<string> {
  try {
    const address = clusterIPOf(await client.get<AddressedService>(RESOURCES.services, { namespace, name }));
    if (address !== undefined) return address;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  throw new CatamaranError(
    'CTM_DNS',
    `Service ${namespace}/${name} not found in cluster ${client.cluster}, or without a cluster IP: deploy catamaran dns, or pass its address with --forward`,
  );
}

/** The cluster IP of the cluster's DNS; undefined if no Service labelled `k8s-app: kube-dns` has one. */
export async function clusterDnsAddress(client: KubeClient, namespace: string): Promise<string | undefined> {
  const labelSelector = 'k8s-app=kube-dns';
  const { items } = await client.list<AddressedService>(RESOURCES.services, { namespace, labelSelector });
  return items.map(clusterIPOf).find((address) => address !== undefined);
}
