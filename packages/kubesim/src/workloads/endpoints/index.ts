/** Endpoints and EndpointSlices of Services. Those without a selector, and of type ExternalName, are left alone. */
import type { IPFamily } from '../../machinery/well-known.ts';
import type { Service } from '../kinds.ts';
import type { Objects } from '../objects.ts';
import { hasLabels } from '../selector.ts';
import { endpointOf } from './endpoint.ts';
import { syncEndpoints } from './legacy.ts';
import { slicesOf, syncSlices } from './slices.ts';

/** Families that there are; slices of another one that a Service has no more are removed. */
const FAMILIES: readonly IPFamily[] = ['IPv4', 'IPv6'];

/** Whether the pods behind a Service are found by its selector. */
export function hasSelector({ spec }: Service): boolean {
  return spec.selector !== undefined && Object.keys(spec.selector).length > 0 && spec.type !== 'ExternalName';
}

/** Brings the endpoints of one Service to what its pods are. Slices of a Service that is gone go with it. */
export function syncService(objects: Objects, namespace: string, name: string): undefined {
  const service = objects.get('/services', namespace, name);
  if (!service || service.metadata.deletionTimestamp !== undefined || !hasSelector(service)) return;
  const selector = service.spec.selector ?? {};
  const pods = objects.list('/pods', namespace).filter(({ metadata }) => hasLabels(metadata.labels, selector));
  const slices = slicesOf(objects, namespace, name);
  const families = service.spec.ipFamilies ?? [];
  for (const family of FAMILIES) {
    const own = slices.filter(({ addressType }) => addressType === family);
    if (!families.includes(family)) {
      for (const slice of own) objects.delete('discovery.k8s.io/endpointslices', slice);
      continue;
    }
    const endpoints = pods.flatMap((pod) => {
      const { nodeName } = pod.spec;
      const node = nodeName ? objects.get('/nodes', undefined, nodeName) : undefined;
      return endpointOf(service, pod, family, node) ?? [];
    });
    syncSlices(objects, service, family, own, endpoints);
  }
  syncEndpoints(objects, service, pods);
}
