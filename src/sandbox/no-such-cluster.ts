import { CatamaranError } from '../runtime/errors.ts';

export function noSuchCluster(name: string, clusters: readonly { readonly name: string }[]): CatamaranError {
  const names = clusters.map((cluster) => cluster.name);
  const range = names.length > 6 ? `${names[0]} to ${names.at(-1)}` : names.join(', ');
  return new CatamaranError('CTM_SANDBOX_CLUSTER', `cluster ${JSON.stringify(name)} not found; available: ${range}`);
}
