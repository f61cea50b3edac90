/** An in-process fleet whose members share one namespace: embedded API servers, and the caches of `Fleet`. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Cluster, startClusters } from 'kubesim';
import { CRDS } from '../../src/api/crd-manifests.ts';
import { type ServiceKey, serviceKey } from '../../src/api/meta.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import { parseFleet } from '../../src/config/parse.ts';
import { changesFor } from '../../src/controller/reconcile.ts';
import { type Change, STAGES } from '../../src/core/change.ts';
import { Derivations } from '../../src/core/desired/derivations.ts';
import { Fleet } from '../../src/fleet/fleet.ts';
import type { Member } from '../../src/fleet/member.ts';
import type { KubeClient } from '../../src/kube/client/client.ts';
import { createKubeClient } from '../../src/kube/client/http-client.ts';
import { staticCredentials } from '../../src/kube/kubeconfig/credentials.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Logger } from '../../src/runtime/logger.ts';
import { exportOf, type MembersShape, namespaceOf, serviceOf, sliceOf } from '../members/shape.ts';

export interface SharedNamespaceShape {
  readonly members: number;
  readonly names: number;
  /** Exporters per name. */
  readonly exporters: number;
  /** Per exporter and name. */
  readonly endpoints: number;
  /** Whether the fleet has another member whose API server has never responded. */
  readonly silentMember: boolean;
}

export interface SharedNamespace {
  readonly members: readonly Member[];
  readonly keys: readonly ServiceKey[];
  /** Returns what the controller would write to a member. */
  readonly plan: Plan;
  /** Changes an endpoint at the oldest exporter of a name; resolves once the change is in the cache. */
  changeEndpoint(key: ServiceKey, serial: number): Promise<void>;
  /** Changes a merged field of the Service at the oldest exporter; resolves once the change is in the cache. */
  changeService(key: ServiceKey, serial: number): Promise<void>;
  close(): Promise<void>;
}

type Plan = (member: Member, key: ServiceKey) => readonly Change[];

/** More passes than any sync needs. */
const MAX_PASSES = 10;
/** Time for the caches to receive the writes of a pass, in ms. */
const CATCH_UP_MS = 300;
const POLL_MS = 20;

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

/** Starts the members and syncs them. Stops what it started if it fails. */
export async function openSharedNamespace(shape: SharedNamespaceShape, signal: AbortSignal): Promise<SharedNamespace> {
  await using started = new AsyncDisposableStack();
  const { clusters, close } = await startClusters({ clusters: shape.members, crds: CRDS, workloads: false, signal });
  started.defer(close);
  const objects = objectsOf(shape);
  const { namespace } = objects;
  for (const [index, cluster] of clusters.entries()) fill(cluster, index, objects, shape);

  const clients = new Map(clusters.map((cluster) => [cluster.name, clientOf(cluster)]));
  const config = parseFleet(fleetFile(clusters, shape), { file: 'fleet.yaml' });
  const changed = new EventTarget();
  const fleet = new Fleet(config, {
    connect: async ({ name }) => clients.get(name) ?? Promise.reject(new Error(`cluster ${name} not found`)),
    clock: systemClock,
    random: Math.random,
    logger: silent,
    changed: (_, change) => {
      if (change.side === 'source') changed.dispatchEvent(new Event(change.key));
    },
    memberChanged: () => {},
    watchRestarted: () => {},
  });
  started.defer(() => fleet.close());
  await fleet.apply(config);
  const members = fleet.members.filter(({ name }) => clients.has(name));
  while (!members.every(({ cache }) => cache.synced)) await delay(POLL_MS, undefined, { signal });
  const keys = Array.from({ length: shape.names }, (_, name) => serviceKey(namespace, objects.nameOf(name)));
  const derivations = new Derivations();
  const plan: Plan = (member, key) => changesFor(fleet.view(key, member), derivations, systemClock.now());
  await bringInSync(members, keys, plan, signal);

  const firstExporterOf = (key: ServiceKey): KubeClient => {
    const client = clients.get(clusters[exporterOf(keys.indexOf(key), 0, shape)]?.name ?? '');
    if (!client) throw new Error(`${key} has no exporter`);
    return client;
  };
  const changeOf = (key: ServiceKey): Promise<void> =>
    new Promise((resolve) => changed.addEventListener(key, () => resolve(), { once: true }));
  const parts = started.move();
  return {
    members,
    keys,
    plan,
    async changeEndpoint(key, serial) {
      const name = objects.sliceNameOf(keys.indexOf(key));
      const member = exporterOf(keys.indexOf(key), 0, shape) + 1;
      const value = [`10.${member}.${240 + (serial >> 8)}.${serial & 255}`];
      const patch = [{ op: 'replace', path: '/endpoints/0/addresses', value }];
      const client = firstExporterOf(key);
      const [seen, object] = [changeOf(key), { namespace, name }];
      await Promise.all([seen, client.patch(RESOURCES.endpointSlices, object, patch, { kind: 'json' })]);
    },
    async changeService(key, serial) {
      const value = serial % 2 === 0 ? 'kubernetes.io/h2c' : 'kubernetes.io/ws';
      const patch = [{ op: 'add', path: '/spec/ports/0/appProtocol', value }];
      const client = firstExporterOf(key);
      const [seen, object] = [changeOf(key), { namespace, name: objects.nameOf(keys.indexOf(key)) }];
      await Promise.all([seen, client.patch(RESOURCES.services, object, patch, { kind: 'json' })]);
    },
    close: () => parts.disposeAsync(),
  };
}

/** Member index of an exporter of a name; exporters are spread over the members. */
function exporterOf(name: number, ordinal: number, { members, exporters }: SharedNamespaceShape): number {
  return (name * exporters + ordinal) % members;
}

/** The objects of the members benchmark, with all members in one group. */
function objectsOf({ members, names, endpoints }: SharedNamespaceShape) {
  const shape: MembersShape = {
    members,
    group: members,
    services: names,
    endpoints: endpoints * names,
    exported: names,
    imported: names,
  };
  const namespace = namespaceOf(shape, 1);
  return {
    namespace,
    service: (name: number) => serviceOf(namespace, name),
    slice: (member: number, name: number) => sliceOf(shape, member, name),
    export: (name: number) => exportOf(namespace, name),
    nameOf: (name: number) => `svc-${name}`,
    sliceNameOf: (name: number) => `svc-${name}-x7k2p`,
  };
}

function fill(
  { api }: Cluster,
  index: number,
  objects: ReturnType<typeof objectsOf>,
  shape: SharedNamespaceShape,
): void {
  api.create('/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: objects.namespace } });
  for (let name = 0; name < shape.names; name++) {
    for (let ordinal = 0; ordinal < shape.exporters; ordinal++) {
      if (exporterOf(name, ordinal, shape) !== index) continue;
      api.create('/services', objects.service(name));
      api.create('discovery.k8s.io/endpointslices', objects.slice(index + 1, name));
      api.create('multicluster.x-k8s.io/serviceexports', objects.export(name));
    }
  }
}

function clientOf(cluster: Cluster): KubeClient {
  const { name, server, token } = cluster;
  return createKubeClient({
    cluster: name,
    access: { server, tls: {}, credentials: staticCredentials({ token }), source: 'bench' },
    clock: systemClock,
    random: Math.random,
    transport: cluster.transport(),
  });
}

function fleetFile(clusters: readonly Cluster[], { silentMember }: SharedNamespaceShape): string {
  const members = clusters.map(({ name, settings: { podCIDRs, serviceCIDRs } }) => ({
    name,
    context: name,
    serviceCIDRs,
    podCIDRs,
    slices: 'Any',
    import: { mode: 'Automatic' },
  }));
  const silent = { name: 'silent', context: 'silent' };
  const all = silentMember ? [...members, silent] : members;
  return JSON.stringify({ apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec: { members: all } });
}

async function bringInSync(
  members: readonly Member[],
  keys: readonly ServiceKey[],
  plan: Plan,
  signal: AbortSignal,
): Promise<void> {
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    let written = 0;
    for (const member of members) {
      for (const key of keys) written += await write(member, plan(member, key));
    }
    if (written === 0) return;
    await delay(CATCH_UP_MS, undefined, { signal });
  }
  throw new Error(`the fleet is not in sync after ${MAX_PASSES} passes`);
}

/** Writes a plan and returns the number of changes. */
async function write({ client }: Member, changes: readonly Change[]): Promise<number> {
  if (!client) throw new Error('member is not connected');
  for (const change of changes.toSorted((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage))) {
    const { namespace, name } = change;
    const resource = RESOURCES[change.resource];
    if (change.op === 'create') await client.create(resource, namespace, change.object);
    else if (change.op === 'delete') await client.delete(resource, { namespace, name });
    else {
      const { patch, subresource } = change;
      await client.patch(resource, { namespace, name }, patch, { ...(subresource !== undefined && { subresource }) });
    }
  }
  return changes.length;
}
