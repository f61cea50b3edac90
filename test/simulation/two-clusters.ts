/** Two clusters and one replica, for scenarios with one fault. */
import { afterEach } from 'vitest';
import type { JsonObject } from '../../src/api/json.ts';
import { SOURCE_CLUSTER } from '../../src/api/labels.ts';
import { Dice } from './dice.ts';
import { FaultyFleet } from './faulty-fleet.ts';
import { addressesOf } from './ledger.ts';
import { namespaceObject } from './program.ts';
import { SimulatedCluster, settingsOf } from './simulated-cluster.ts';
import { VirtualTime } from './virtual-time.ts';

export const SLICES = 'discovery.k8s.io/endpointslices';
export const CRD = 'apiextensions.k8s.io/customresourcedefinitions';
export const EXPORTS = 'multicluster.x-k8s.io/serviceexports';
export const namespace = 'blue';

/** Two clusters with the namespace, and a fleet of both without a replica. */
export async function twoMembers(crds?: readonly JsonObject[]) {
  const time = new VirtualTime(Date.UTC(2026, 0, 1));
  const dice = new Dice(1);
  const cluster = (index: number) =>
    new SimulatedCluster({
      settings: settingsOf(index),
      importMode: 'Automatic',
      time,
      dice: dice.fork(),
      ...(crds && { crds }),
    });
  const clusters: readonly [SimulatedCluster, SimulatedCluster] = [cluster(1), cluster(2)];
  await time.pass(0);
  for (const { api } of clusters) api.create('/namespaces', namespaceObject(namespace));
  const trace: string[] = [];
  const lease = { duration: 15, renewDeadline: 10, retryPeriod: 2 };
  const fleet = new FaultyFleet({ time, clusters, dice, lease, trace: (line) => trace.push(line) });
  return { time, clusters, fleet, trace };
}

/** The same with one replica that has synced both. */
async function twoClusters(crds?: readonly JsonObject[]) {
  const members = await twoMembers(crds);
  const { time, clusters, fleet } = members;
  const replica = fleet.start(0, false);
  await time.pass(10_000);
  const link = (index: 0 | 1) => {
    const found = replica.links.get(clusters[index].name);
    if (!found) throw new Error('not connected');
    return found;
  };
  return { ...members, replica, link };
}
type World = Awaited<ReturnType<typeof twoClusters>>;

let world: World | undefined;
/** `crds`: of both clusters. Default: those of Catamaran. */
export async function open(crds?: readonly JsonObject[]): Promise<World> {
  world = await twoClusters(crds);
  return world;
}

afterEach(() => {
  world?.fleet.end();
  for (const each of world?.clusters ?? []) each.close();
});

/** The version in which a cluster stores its exports. */
function versionOf(api: SimulatedCluster['api']): string {
  const crd: JsonObject | undefined = api.get(CRD, { name: 'serviceexports.multicluster.x-k8s.io' });
  return JSON.stringify(crd).includes('"v1beta1"') ? 'v1beta1' : 'v1alpha1';
}

/** Exports a Service with one endpoint. */
export function offer({ api, number }: SimulatedCluster, name: string, port = 80, namespace = 'blue'): void {
  const spec = { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', ports: [{ name: 'http', port }] };
  api.create('/services', { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec });
  api.create(SLICES, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${name}-0`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [`10.${number}.1.1`], conditions: { ready: true } }],
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  });
  const metadata = { namespace, name };
  api.create(EXPORTS, { apiVersion: `multicluster.x-k8s.io/${versionOf(api)}`, kind: 'ServiceExport', metadata });
}

/** Addresses in a cluster that come from another one. */
export function addressesFrom({ name: source }: SimulatedCluster, { api }: SimulatedCluster): string[] {
  return api
    .list(SLICES, { namespace, labels: { [SOURCE_CLUSTER]: source } })
    .flatMap((slice: JsonObject) => addressesOf(slice));
}
