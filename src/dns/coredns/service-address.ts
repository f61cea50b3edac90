/** Addresses of DNS servers. */
import type { KubeObject } from '../../api/meta.ts';
import { RESOURCES } from '../../api/resources.ts';
import { isNotFound } from '../../kube/client/api-errors.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import type { Address } from '../../runtime/address.ts';
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

/** `10.96.0.10`, `10.96.0.10:53`, `[fd00::a]:53`, as in a Corefile. */
export function parseServer(text: string): Address {
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<four>[\d.]+))(?::(?<port>\d+))?$/.exec(text.replace(/^dns:\/\//, ''));
  if (!match?.groups) return { host: text, port: 53 };
  return { host: match.groups.six ?? match.groups.four ?? text, port: Number(match.groups.port ?? 53) };
}
