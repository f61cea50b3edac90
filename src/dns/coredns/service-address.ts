/** Addresses of the Services through which a cluster's DNS is reached. */
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

/** The address of the Service in front of `catamaran dns`. @throws CTM_DNS if there is none. */
export async function forwardAddress(client: KubeClient, namespace: string, name: string): Promise<string> {
  try {
    const address = clusterIPOf(await client.get<AddressedService>(RESOURCES.services, { namespace, name }));
    if (address !== undefined) return address;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  throw new CatamaranError(
    'CTM_DNS',
    `cluster ${client.cluster} has no Service ${namespace}/${name} with an address: say where catamaran dns answers by --forward`,
  );
}

/** The address of the cluster's DNS; undefined if no Service labelled `k8s-app: kube-dns` has one. */
export async function clusterDnsAddress(client: KubeClient, namespace: string): Promise<string | undefined> {
  const labelSelector = 'k8s-app=kube-dns';
  const { items } = await client.list<AddressedService>(RESOURCES.services, { namespace, labelSelector });
  return items.map(clusterIPOf).find((address) => address !== undefined);
}
