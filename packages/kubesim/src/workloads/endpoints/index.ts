/** The Endpoints, EndpointSlice and EndpointSlice mirroring controllers. Services of type ExternalName are ignored. */
import type { IPFamily } from '../../machinery/well-known.ts';
import type { Service } from '../kinds.ts';
import type { Objects } from '../objects.ts';
import { hasLabels } from '../selector.ts';
import { endpointOf } from './endpoint.ts';
import { syncEndpoints } from './legacy.ts';
import { syncMirror } from './mirror.ts';
import { slicesOf, syncSlices } from './slices.ts';

/** All families, since slices of a family that the Service no longer has must be removed. */
const FAMILIES: readonly IPFamily[] = ['IPv4', 'IPv6'];

export function hasSelector({ spec }: Service): boolean {
  return spec.selector !== undefined && Object.keys(spec.selector).length > 0 && spec.type !== 'ExternalName';
}

/** Reconciles the endpoints of one Service with its pods. Slices are removed together with their Service. */
export function syncService(objects: Objects, namespace: string, name: string): undefined {
  const service = objects.get('/services', namespace, name);
  if (service?.spec.type !== 'ExternalName') {
    const isMirrored = service && service.metadata.deletionTimestamp === undefined && !hasSelector(service);
    syncMirror(objects, namespace, name, isMirrored ? objects.get('/endpoints', namespace, name) : undefined);
  }
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
