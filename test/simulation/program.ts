/** User actions during faults: Services, slices, exports, imports and namespaces are created, changed and deleted. */

import type { ResourceName, StoredObject } from 'kubesim';
import type { JsonObject } from '../../src/api/json.ts';
import { isJsonObject } from '../../src/api/json.ts';
import { DERIVED_FROM, MANAGER, SERVICE_NAME, SLICE_MANAGED_BY } from '../../src/api/labels.ts';
import { labelOf } from '../../src/kube/watch/object.ts';
import type { Dice } from './dice.ts';
import { isAutomaticImport } from './monitor.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';

const IMPORTS = 'multicluster.x-k8s.io/serviceimports';
const EXPORTS = 'multicluster.x-k8s.io/serviceexports';
const SLICES = 'discovery.k8s.io/endpointslices';
const MCS = 'multicluster.x-k8s.io/v1beta1';

export const NAMESPACES = ['blue', 'green'] as const;

/** Names whose exports agree in type and ports, and which users may import manually. */
const AGREED = ['web', 'api', 'db'] as const;
/** Name whose exports conflict in type, ports and affinity. */
const CONTESTED = 'mix';
const NAMES: readonly [string, ...string[]] = [...AGREED, CONTESTED];
const HEADLESS = 'db';

/** Number of addresses per Service and cluster to draw from; small enough that some move between slices. */
const POOL = 12;

/** Whether exports of the name may conflict in a way that removes endpoints. */
export function isContested(name: string): boolean {
  return name === CONTESTED;
}

/** Relative frequency of each action. */
const WEIGHTS = {
  offer: 8,
  scale: 14,
  dropSlice: 4,
  export: 4,
  unexport: 3,
  removeService: 2,
  change: 4,
  import: 3,
  unimport: 2,
  removeNamespace: 1,
  createNamespace: 3,
  meddle: 6,
  squat: 1,
  unsquat: 2,
} as const;

/** Performs one action in one cluster, and returns a description. If the API server rejects it, nothing has changed. */
export async function act(clusters: readonly [SimulatedCluster, ...SimulatedCluster[]], dice: Dice): Promise<string> {
  const cluster = dice.pick(clusters);
  const namespace = dice.pick(NAMESPACES);
  const name = dice.pick(NAMES);
  const what = dice.weighted(WEIGHTS);
  const target = { cluster, namespace, name, dice };
  try {
    await ACTIONS[what](target);
    return `${what} ${cluster.name} ${namespace}/${name}`;
  } catch (error) {
    return `${what} ${cluster.name} ${namespace}/${name}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Creates the initial Services in each cluster, and returns a description. */
export function begin(clusters: readonly SimulatedCluster[], dice: Dice): string[] {
  const share = dice.pick([0.1, 0.3, 0.5]);
  const places = clusters.flatMap((cluster) =>
    NAMESPACES.flatMap((namespace) => NAMES.map((name): Place => ({ cluster, namespace, name, dice }))),
  );
  return places
    .filter(({ cluster, namespace }) => dice.chance(share) && cluster.api.get('/namespaces', { name: namespace }))
    .map((place) => {
      ACTIONS.offer(place);
      return `offer ${place.cluster.name} ${place.namespace}/${place.name}`;
    });
}

interface Place {
  readonly cluster: SimulatedCluster;
  readonly namespace: string;
  readonly name: string;
  readonly dice: Dice;
}

const ACTIONS: Readonly<Record<keyof typeof WEIGHTS, (place: Place) => void | Promise<void>>> = {
  offer(place) {
    const { cluster, namespace, name } = place;
    if (!cluster.api.get('/services', { namespace, name })) cluster.api.create('/services', service(place));
    if (!cluster.api.get(EXPORTS, { namespace, name })) cluster.api.create(EXPORTS, serviceExport(place));
    scale(place);
  },
  scale,
  dropSlice(place) {
    const slice = place.dice.pick(slicesOf(place));
    if (slice) place.cluster.api.delete(SLICES, keyOf(slice));
  },
  export(place) {
    place.cluster.api.create(EXPORTS, serviceExport(place));
  },
  unexport({ cluster, namespace, name }) {
    cluster.api.delete(EXPORTS, { namespace, name });
  },
  removeService(place) {
    const { cluster, namespace, name } = place;
    cluster.api.delete('/services', { namespace, name });
    for (const slice of slicesOf(place)) cluster.api.delete(SLICES, keyOf(slice));
  },
  change(place) {
    const { cluster, namespace, name } = place;
    const [held, exported] = [
      cluster.api.get('/services', { namespace, name }),
      cluster.api.get(EXPORTS, { namespace, name }),
    ];
    if (exported && place.dice.chance(0.4)) cluster.api.update(EXPORTS, changed(exported, serviceExport(place)));
    else if (held && name === CONTESTED) cluster.api.update('/services', changed(held, service(place)));
  },
  async import(place) {
    const { cluster, namespace, name } = place;
    // An import of another type would leave the Service as it was, which depends on history, by design.
    if (cluster.importMode === 'Manual' && name !== CONTESTED) await cluster.import(serviceImport(namespace, name));
  },
  unimport({ cluster, namespace, name }) {
    cluster.api.delete(IMPORTS, { namespace, name });
  },
  removeNamespace({ cluster, namespace }) {
    cluster.api.delete('/namespaces', { name: namespace });
  },
  createNamespace({ cluster }) {
    for (const name of NAMESPACES) {
      if (!cluster.api.get('/namespaces', { name })) cluster.api.create('/namespaces', namespaceObject(name));
    }
  },
  meddle(place) {
    const { cluster, namespace, dice } = place;
    const derived: [ResourceName, StoredObject][] = [
      ...cluster.api
        .list(SLICES, { namespace, labels: { [SLICE_MANAGED_BY]: MANAGER } })
        .map((object): [ResourceName, StoredObject] => [SLICES, object]),
      ...cluster.api
        .list('/services', { namespace })
        .filter((object) => labelOf(object, DERIVED_FROM) !== undefined)
        .map((object): [ResourceName, StoredObject] => ['/services', object]),
      ...cluster.api
        .list(IMPORTS, { namespace })
        .filter(isAutomaticImport)
        .map((object): [ResourceName, StoredObject] => [IMPORTS, object]),
    ];
    const [resource, object] = dice.pick(derived) ?? [];
    if (resource === undefined || object === undefined) return;
    if (dice.chance(0.4)) cluster.api.delete(resource, keyOf(object));
    else cluster.api.update(resource, spoilt(resource, object));
  },
  squat({ cluster, namespace, name }) {
    const ports = [{ name: 'mine', port: 9, protocol: 'TCP' }];
    cluster.api.create('/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name: `amcs-${name}` },
      spec: { ports },
    });
  },
  unsquat({ cluster, namespace, name }) {
    const key = { namespace, name: `amcs-${name}` };
    const held = cluster.api.get('/services', key);
    if (held && labelOf(held, DERIVED_FROM) === undefined) cluster.api.delete('/services', key);
  },
};

/** Creates a slice, or redraws the endpoints of an existing one. */
function scale(place: Place): void {
  const { cluster, namespace, name, dice } = place;
  const slices = slicesOf(place);
  const index = dice.whole(0, 2);
  const held = slices.find(({ metadata }) => metadata.name === `${name}-${index}`);
  const number = NAMES.indexOf(name) + 1;
  const addresses = Array.from({ length: POOL }, (_, host) => `10.${cluster.number}.${number}.${host + 1}`);
  const endpoints = addresses
    .filter(() => dice.chance(0.25))
    .map((address) => ({
      addresses: [address],
      conditions: { ready: dice.chance(0.8), serving: true, terminating: false },
    }));
  const own = cluster.api.get('/services', { namespace, name });
  const spec = isJsonObject(own?.spec) ? own.spec : {};
  const ports = (Array.isArray(spec.ports) ? spec.ports : [{ name: 'http', port: 80 }]).filter((port) =>
    isJsonObject(port),
  );
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${name}-${index}`, labels: { [SERVICE_NAME]: name } },
    addressType: 'IPv4',
    endpoints,
    ports: ports.map((port) => ({ name: port.name ?? '', port: 8080, protocol: 'TCP' })),
  };
  if (held) cluster.api.update(SLICES, changed(held, slice));
  else cluster.api.create(SLICES, slice);
}

/** Slices with the Service's own endpoints. */
function slicesOf({ cluster, namespace, name }: Place): readonly StoredObject[] {
  return cluster.api.list(SLICES, { namespace, labels: { [SERVICE_NAME]: name } });
}

function keyOf({ metadata }: StoredObject): { readonly namespace: string; readonly name: string } {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

/** The object with new content, but with the addresses allocated by the API server. */
function changed(held: StoredObject, content: JsonObject): JsonObject {
  const { metadata, status } = held;
  const addresses = isJsonObject(held.spec) && held.kind === 'Service' ? held.spec : {};
  const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy } = addresses;
  const spec = isJsonObject(content.spec) ? content.spec : undefined;
  const kept = held.kind === 'Service' ? { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy } : {};
  return { ...content, metadata: { ...metadata }, status, ...(spec && { spec: { ...spec, ...kept } }) };
}

function service({ namespace, name, dice }: Place): JsonObject {
  const contested = name === CONTESTED;
  const port = contested ? dice.pick([80, 81]) : 80;
  const second =
    contested && dice.chance(0.5) ? [{ name: dice.pick(['more', 'extra']), port: 90, protocol: 'TCP' }] : [];
  const headless = name === HEADLESS || (contested && dice.chance(0.3));
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name },
    spec: {
      ...(headless && { clusterIP: 'None' }),
      ...(contested && !headless && dice.chance(0.5) && { sessionAffinity: 'ClientIP' }),
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ name: 'http', port, protocol: 'TCP', targetPort: 8080 }, ...second],
    },
  };
}

function serviceExport({ namespace, name, dice }: Place): JsonObject {
  const spec = dice.chance(0.3) ? { exportedLabels: { team: dice.pick(['red', 'white']) } } : {};
  return { apiVersion: MCS, kind: 'ServiceExport', metadata: { namespace, name }, spec };
}

function serviceImport(namespace: string, name: string): JsonObject {
  const type = name === HEADLESS ? 'Headless' : 'ClusterSetIP';
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
  return { apiVersion: MCS, kind: 'ServiceImport', metadata: { namespace, name }, spec: { type, ports } };
}

export function namespaceObject(name: string): JsonObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

/** The object with something managed by Catamaran changed or removed. */
function spoilt(resource: ResourceName, object: StoredObject): JsonObject {
  const { metadata, spec } = object;
  const json = { ...object, metadata: { ...metadata } };
  if (resource === SLICES) return { ...json, endpoints: [{ addresses: ['10.99.0.1'] }] };
  if (resource === '/services') {
    const { [DERIVED_FROM]: _, ...labels } = metadata.labels ?? {};
    return { ...json, metadata: { ...metadata, labels } };
  }
  // While a source is unknown, the import determines what is served. Changing its ports would remove endpoints, as a
  // user would expect.
  return { ...json, spec: { ...(isJsonObject(spec) ? spec : {}), internalTrafficPolicy: 'Local' } };
}
