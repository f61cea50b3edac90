/**
 * Name resolution for servers that someone else chose. The address is checked when the connection is made, since a name
 * may resolve to another one than when it was first looked up.
 */
import { type LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { CatamaranError } from '../../runtime/errors.ts';
import { localAddress } from '../kubeconfig/local-address.ts';

type Resolve = (
  name: string,
  options: { readonly all: true },
  found: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Fails with CTM_KUBECONFIG_REFUSED if any address of the name is refused. `resolve` defaults to the system's resolver. */
export function guardedLookup(resolve: Resolve = lookup): LookupFunction {
  return (name, options, found) => {
    resolve(name, { ...options, all: true }, (error, addresses) => {
      const problem = error ?? refusal(name, addresses);
      const [first] = addresses ?? [];
      if (problem) found(problem, '');
      else if (options.all) found(null, addresses);
      else found(null, first?.address ?? '', first?.family);
    });
  };
}

function refusal(name: string, addresses: readonly LookupAddress[]): CatamaranError | undefined {
  for (const { address } of addresses) {
    const reason = localAddress(address);
    if (reason === undefined) continue;
    const message = `${name} resolves to ${address}, which ${reason}; a stored kubeconfig cannot use it`;
    return new CatamaranError('CTM_KUBECONFIG_REFUSED', message);
  }
  return undefined;
}
