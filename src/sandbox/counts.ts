/** Object counts of a sandbox cluster. */

import type { ClusterApi, StoredObject } from 'kubesim';
import { SOURCE_CLUSTER } from '../api/labels.ts';
import type { ClusterStatus } from './control-protocol.ts';

/** Counts objects, and ready endpoints of own and imported Services. */
export function countsOf(api: ClusterApi): Pick<ClusterStatus, 'services' | 'pods' | 'endpoints'> {
  const endpoints = { own: 0, imported: 0 };
  for (const slice of api.list('discovery.k8s.io/endpointslices')) {
    endpoints[slice.metadata.labels?.[SOURCE_CLUSTER] === undefined ? 'own' : 'imported'] += readyIn(slice);
  }
  return { services: api.list('/services').length, pods: api.list('/pods').length, endpoints };
}

/** Endpoints whose `conditions.ready` is not false (nil means ready). */
function readyIn({ endpoints }: StoredObject): number {
  if (!Array.isArray(endpoints)) return 0;
  return endpoints.filter(
    (endpoint: { readonly conditions?: { readonly ready?: boolean } }) => endpoint.conditions?.ready !== false,
  ).length;
}
