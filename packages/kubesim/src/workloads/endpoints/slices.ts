/** The EndpointSlices of a Service with a selector. Source: Kubernetes documentation, "EndpointSlices". */

import type { Json, JsonObject, StringMap } from '../../machinery/json.ts';
import type { IPFamily } from '../../machinery/well-known.ts';
import { HEADLESS, LAST_CHANGE_TRIGGER_TIME, SERVICE_NAME, SLICE_MANAGED_BY } from '../../machinery/well-known.ts';
import type { Service, Slice, SliceEndpoint, SlicePort } from '../kinds.ts';
import type { Objects } from '../objects.ts';
import { controllerOf, controllerReference } from '../owners.ts';
import { canonical, sameJson } from '../template.ts';
import { apiTime, timeOf } from '../time.ts';
import { distribute } from './distribute.ts';
import { hinted, type PodEndpoint } from './endpoint.ts';

/** Value of the managed-by label on slices of the Kubernetes controller. */
export const SLICE_CONTROLLER = 'endpointslice-controller.k8s.io';

/** The Service's slices that are managed by the Kubernetes controller. */
export function slicesOf(objects: Objects, namespace: string, name: string): readonly Slice[] {
  return objects.list('discovery.k8s.io/endpointslices', namespace, {
    [SERVICE_NAME]: name,
    [SLICE_MANAGED_BY]: SLICE_CONTROLLER,
  });
}

function labelsFor({ metadata, spec }: Service): StringMap {
  const { [HEADLESS]: _, ...labels }: Record<string, string> = { ...metadata.labels };
  return {
    ...labels,
    [SERVICE_NAME]: metadata.name,
    [SLICE_MANAGED_BY]: SLICE_CONTROLLER,
    ...(spec.clusterIP === 'None' && { [HEADLESS]: '' }),
  };
}

/** A slice to write. */
interface Wanted {
  /** The slice to update. Absent: create one. */
  readonly slice?: Slice;
  readonly endpoints: readonly SliceEndpoint[];
  readonly ports: readonly SlicePort[];
}

/** The API server returns empty lists in a slice as null. */
function listed<T extends Json>(list: readonly T[]): readonly T[] | null {
  return list.length > 0 ? list : null;
}

/** Reconciles the slices of one family with the pods; unchanged slices are not written. */
export function syncSlices(
  objects: Objects,
  service: Service,
  family: IPFamily,
  slices: readonly Slice[],
  pods: readonly PodEndpoint[],
): void {
  const own = slices.filter((slice) => controllerOf(slice)?.uid === service.metadata.uid);
  const remove = slices.filter((slice) => !own.includes(slice));
  const bySince = new Map<SliceEndpoint, number>();
  const groups = new Map<string, { ports: readonly SlicePort[]; slices: Slice[]; endpoints: SliceEndpoint[] }>();
  const group = (ports: readonly SlicePort[]) => {
    const key = canonical(ports);
    const known = groups.get(key) ?? { ports, slices: [], endpoints: [] };
    groups.set(key, known);
    return known;
  };
  for (const slice of own) group(slice.ports ?? []).slices.push(slice);
  for (const { endpoint, ports, since } of pods) {
    const wanted = hinted(service, endpoint);
    bySince.set(wanted, since);
    group(ports).endpoints.push(wanted);
  }

  const create: Wanted[] = [];
  const update: Wanted[] = [];
  for (const { ports, slices: old, endpoints } of groups.values()) {
    const done = distribute(old, endpoints);
    create.push(...done.create.map((each) => ({ endpoints: each, ports })));
    update.push(...done.update.map((each) => ({ slice: each.slice, endpoints: each.endpoints, ports })));
    remove.push(...done.remove);
  }
  // A Service has at least one slice per family.
  if (create.length === 0 && remove.length === slices.length) create.push({ endpoints: [], ports: [] });
  // Slices to be removed are reused for slices to be created.
  const reusable = remove.filter((slice) => own.includes(slice));
  for (const slice of reusable) {
    const next = create.pop();
    if (!next) break;
    update.push({ ...next, slice });
    remove.splice(remove.indexOf(slice), 1);
  }
  const labels = labelsFor(service);
  const written = new Set(update.map(({ slice }) => slice));
  for (const slice of own) {
    const stale = !written.has(slice) && !remove.includes(slice) && !sameJson(slice.metadata.labels, labels);
    if (stale) update.push({ slice, endpoints: slice.endpoints ?? [], ports: slice.ports ?? [] });
  }

  for (const wanted of create)
    objects.create('discovery.k8s.io/endpointslices', newSlice(service, family, wanted, bySince));
  for (const { slice, ...wanted } of update) if (slice) updateSlice(objects, service, slice, wanted, bySince);
  for (const slice of remove) objects.delete('discovery.k8s.io/endpointslices', slice);
}

function newSlice(
  service: Service,
  addressType: IPFamily,
  { endpoints, ports }: Wanted,
  since: ReadonlyMap<SliceEndpoint, number>,
): JsonObject {
  const { name, namespace } = service.metadata;
  const annotations = triggerTime(service, [], endpoints, since);
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: labelsFor(service),
      ...(annotations && { annotations }),
      ownerReferences: [controllerReference(service)],
    },
    addressType,
    endpoints: listed(endpoints),
    ports: listed(ports),
  };
}

function updateSlice(
  objects: Objects,
  service: Service,
  slice: Slice,
  { endpoints, ports }: Wanted,
  since: ReadonlyMap<SliceEndpoint, number>,
): void {
  const labels = labelsFor(service);
  const before = slice.endpoints ?? [];
  const same = sameJson(endpoints, before) && sameJson(ports, slice.ports ?? []);
  if (same && sameJson(labels, slice.metadata.labels)) return;
  const { annotations: old, ...metadata } = slice.metadata;
  const { [LAST_CHANGE_TRIGGER_TIME]: _, ...others }: Record<string, string> = { ...old };
  const annotations = { ...others, ...triggerTime(service, before, endpoints, since) };
  objects.update('discovery.k8s.io/endpointslices', {
    ...slice,
    metadata: { ...metadata, labels, ...(Object.keys(annotations).length > 0 && { annotations }) },
    endpoints: listed(endpoints),
    ports: listed(ports),
  });
}

/** The time of the oldest change reflected in a write; undefined if endpoints were only removed. */
function triggerTime(
  service: Service,
  before: readonly SliceEndpoint[],
  after: readonly SliceEndpoint[],
  since: ReadonlyMap<SliceEndpoint, number>,
): StringMap | undefined {
  const known = new Set(before.map((endpoint) => canonical(endpoint)));
  const times = after.filter((endpoint) => !known.has(canonical(endpoint))).map((endpoint) => since.get(endpoint) ?? 0);
  if (times.length === 0) {
    if (before.length > 0) return undefined;
    times.push(timeOf(service.metadata.creationTimestamp));
  }
  return { [LAST_CHANGE_TRIGGER_TIME]: apiTime(Math.min(...times)) };
}
