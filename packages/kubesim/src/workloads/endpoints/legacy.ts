/** The Endpoints object of a Service with a selector. Source: Kubernetes API reference, Endpoints. */

import type { JsonObject, StringMap } from '../../machinery/json.ts';
import type { IPFamily } from '../../machinery/well-known.ts';
import { HEADLESS, LAST_CHANGE_TRIGGER_TIME } from '../../machinery/well-known.ts';
import { familyOf } from '../address-ranges.ts';
import type { Pod, Service, StoredServicePort } from '../kinds.ts';
import type { Objects } from '../objects.ts';
import { condition, isReady, isTerminating } from '../pods.ts';
import { canonical, sameJson } from '../template.ts';
import { apiTime, timeOf } from '../time.ts';
import { hostnameOf, isEndpoint, targetPortOf } from './endpoint.ts';

/** Maximum number of addresses per object; an annotation reports truncation. */
const CAPACITY = 1000;
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const CONTROLLER = 'endpoint-controller';

interface Place {
  readonly address: JsonObject;
  readonly ready: boolean;
  readonly port: JsonObject | undefined;
}

function portOf(pod: Pod, servicePort: StoredServicePort): JsonObject | undefined {
  const port = targetPortOf(pod, servicePort);
  if (port === undefined) return undefined;
  const { name, protocol = 'TCP', appProtocol } = servicePort;
  return { ...(name && { name }), port, protocol, ...(appProtocol !== undefined && { appProtocol }) };
}

/** One entry per pod and port, since named ports may differ between pods. */
function placesOf(service: Service, pod: Pod, family: IPFamily): Place[] {
  const ip = pod.status?.podIPs?.find((each) => familyOf(each.ip) === family)?.ip;
  if (ip === undefined || !isEndpoint(pod)) return [];
  const publish = service.spec.publishNotReadyAddresses === true;
  if (isTerminating(pod) && !publish) return [];
  const { namespace, name, uid } = pod.metadata;
  const hostname = hostnameOf(pod, service);
  const address: JsonObject = {
    ip,
    ...(hostname !== undefined && { hostname }),
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
  const ready = publish || isReady(pod);
  const ports = service.spec.ports ?? [];
  if (ports.length === 0) return service.spec.clusterIP === 'None' ? [{ address, ready, port: undefined }] : [];
  return ports.flatMap((each) => {
    const port = portOf(pod, each);
    return port ? [{ address, ready, port }] : [];
  });
}

/** Groups addresses with the same ports into subsets. */
function subsetsOf(places: readonly Place[]): JsonObject[] {
  const ports = new Map<string, { readonly place: Place; readonly ports: JsonObject[] }>();
  for (const place of places) {
    const key = canonical([place.address, place.ready]);
    const known = ports.get(key) ?? { place, ports: [] };
    if (place.port) known.ports.push(place.port);
    ports.set(key, known);
  }
  const subsets = new Map<string, { ports: JsonObject[]; ready: JsonObject[]; notReady: JsonObject[] }>();
  for (const { place, ports: own } of ports.values()) {
    const key = canonical(own);
    const subset = subsets.get(key) ?? { ports: own, ready: [], notReady: [] };
    (place.ready ? subset.ready : subset.notReady).push(place.address);
    subsets.set(key, subset);
  }
  const byAddress = (a: JsonObject, b: JsonObject) => (String(a.ip) < String(b.ip) ? -1 : 1);
  return [...subsets.values()].map(({ ports: own, ready, notReady }) => ({
    ...(ready.length > 0 && { addresses: ready.sort(byAddress) }),
    ...(notReady.length > 0 && { notReadyAddresses: notReady.sort(byAddress) }),
    ...(own.length > 0 && { ports: own }),
  }));
}

/** Reconciles the object with the pods. */
export function syncEndpoints(objects: Objects, service: Service, pods: readonly Pod[]): void {
  const { namespace = '', name } = service.metadata;
  const family: IPFamily = service.spec.ipFamilies?.[0] ?? familyOf(service.spec.clusterIP ?? '');
  const shown = pods.slice(0, CAPACITY);
  const subsets = subsetsOf(shown.flatMap((pod) => placesOf(service, pod, family)));
  const { [HEADLESS]: _, ...own }: Record<string, string> = { ...service.metadata.labels };
  const labels: StringMap = {
    ...own,
    [MANAGED_BY]: CONTROLLER,
    ...(service.spec.clusterIP === 'None' && { [HEADLESS]: '' }),
  };
  const existing = objects.get('/endpoints', namespace, name);
  if (existing && sameJson(existing.subsets ?? [], subsets) && sameJson(existing.metadata.labels, labels)) return;
  const changed = Math.max(
    timeOf(service.metadata.creationTimestamp),
    ...shown.map((pod) => timeOf(condition(pod, 'Ready')?.lastTransitionTime)),
  );
  const { [OVER_CAPACITY]: __, ...annotations }: Record<string, string> = { ...existing?.metadata.annotations };
  annotations[LAST_CHANGE_TRIGGER_TIME] = apiTime(changed);
  if (pods.length > CAPACITY) annotations[OVER_CAPACITY] = 'truncated';
  if (existing) {
    objects.update('/endpoints', { ...existing, metadata: { ...existing.metadata, labels, annotations }, subsets });
    return;
  }
  objects.create('/endpoints', {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name, namespace, labels, annotations },
    subsets,
  });
}
