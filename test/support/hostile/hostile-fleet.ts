/** A controller over kubesim clusters, each behind an API server that a test can turn hostile. In one process, in real time. */
import { type Cluster, type ResourceName, startClusters } from 'kubesim';
import { CRDS } from '../../../src/api/crd-manifests.ts';
import type { JsonObject } from '../../../src/api/json.ts';
import { isJsonObject, parseJson } from '../../../src/api/json.ts';
import { MCS_SERVICE_NAME, SOURCE_CLUSTER } from '../../../src/api/labels.ts';
import type { FleetConfig } from '../../../src/config/fleet-config.ts';
import { parseFleet } from '../../../src/config/parse.ts';
import { Controller } from '../../../src/controller/controller.ts';
import type { ControllerOptions } from '../../../src/controller/controller-options.ts';
import { Metrics } from '../../../src/controller/metrics.ts';
import type { KubeClient } from '../../../src/kube/client/client.ts';
import type { ClientLimits } from '../../../src/kube/client/http-client.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import type { Logger } from '../../../src/runtime/logger.ts';
import { namespace, service, serviceExport, slice } from '../clusters/manifests.ts';
import { silent } from '../silent-log.ts';
import { HostileApiServer } from './hostile-api-server.ts';

export interface HostileFleetOptions {
  /** Default: 3. */
  readonly clusters?: number;
  /** Settings of the fleet besides its members. */
  readonly spec?: JsonObject;
  /** Extra fields of members, by name. */
  readonly members?: Readonly<Record<string, JsonObject>>;
  readonly limits?: Partial<ClientLimits>;
  readonly logger?: Logger;
  /** Follows the controller. */
  readonly following?: Pick<ControllerOptions, 'observer' | 'writes'>;
  /** Replaces the client of a member. */
  readonly connected?: (client: KubeClient) => KubeClient;
}

export interface HostileFleet extends AsyncDisposable {
  /** The configuration at the start. */
  readonly config: FleetConfig;
  readonly controller: Controller;
  readonly metrics: Metrics;
  /** @throws Error if there is no such cluster. */
  cluster(name: string): HostileCluster;
  /** A connection of its own, for a program other than the controller. */
  connect(name: string): KubeClient;
  /** Ends the controller gracefully. */
  stopController(): Promise<void>;
}

/** A cluster of the fleet. `server` is its API server as the controller sees it. */
export class HostileCluster {
  readonly name: string;
  readonly server: HostileApiServer;
  readonly api: Cluster['api'];
  /** For programs that connect by themselves. */
  readonly kubeconfig: string;
  readonly #cluster: Cluster;
  /** Second octet of its pod addresses. */
  readonly number: number;

  constructor(cluster: Cluster) {
    this.name = cluster.name;
    this.api = cluster.api;
    this.number = Number(cluster.settings.podCIDRs[0]?.split('.')[1]);
    this.kubeconfig = cluster.kubeconfig;
    this.#cluster = cluster;
    this.server = this.openServer();
  }

  /** Its API server as another program sees it: closing a client closes the connections of a server. */
  openServer(): HostileApiServer {
    return new HostileApiServer(this.#cluster.transport());
  }

  /** A pod address of this cluster. */
  pod(host: number): string {
    return `10.${this.number}.0.${host}`;
  }

  /** Creates objects as users do; one that exists stays. */
  create(resource: ResourceName, object: object): void {
    this.api.create(resource, asJson(object));
  }

  /** Exports a Service with one slice, which has the addresses of these pods. */
  export(ns: string, name: string, hosts: readonly number[]): void {
    if (!this.api.get('/namespaces', { name: ns })) this.create('/namespaces', namespace(ns));
    this.create('/services', service(ns, name));
    this.create('discovery.k8s.io/endpointslices', this.slice(ns, name, hosts));
    this.create('multicluster.x-k8s.io/serviceexports', serviceExport(ns, name));
  }

  /** Replaces the addresses of the slice that {@link export} created. */
  scale(ns: string, name: string, hosts: readonly number[]): void {
    this.api.update('discovery.k8s.io/endpointslices', this.slice(ns, name, hosts));
  }

  /** The manifest of the slice that {@link export} creates. */
  slice(ns: string, name: string, hosts: readonly number[]): JsonObject {
    return asJson(
      slice(
        ns,
        name,
        `${name}-1`,
        hosts.map((host) => this.pod(host)),
      ),
    );
  }

  /** Addresses that the cluster imports for a name, sorted. */
  imported(ns: string, name: string): readonly string[] {
    const labels = { [MCS_SERVICE_NAME]: name };
    const slices = this.api.list('discovery.k8s.io/endpointslices', { namespace: ns, labels });
    return slices
      .filter(({ metadata }) => metadata.labels?.[SOURCE_CLUSTER] !== undefined)
      .flatMap(({ endpoints }) => (Array.isArray(endpoints) ? endpoints : []))
      .flatMap((endpoint) => (isJsonObject(endpoint) && Array.isArray(endpoint.addresses) ? endpoint.addresses : []))
      .map(String)
      .toSorted();
  }

  /** A condition of an export or import, as `status reason: message`. */
  condition(kind: 'serviceexports' | 'serviceimports', ns: string, name: string, type: string): string | undefined {
    const status = this.api.get(`multicluster.x-k8s.io/${kind}`, { namespace: ns, name })?.status;
    const conditions = isJsonObject(status) && Array.isArray(status.conditions) ? status.conditions : [];
    const found = conditions.filter(isJsonObject).find((condition) => condition.type === type);
    return found && `${found.status} ${found.reason}: ${found.message}`;
  }
}

function asJson(object: object): JsonObject {
  const json = parseJson(JSON.stringify(object));
  if (!isJsonObject(json)) throw new TypeError('not an object');
  return json;
}

/** Starts clusters named cluster1, cluster2, ... and a controller over them. */
export async function startHostileFleet(options: HostileFleetOptions = {}): Promise<HostileFleet> {
  const {
    clusters: count = 3,
    spec,
    members,
    limits,
    logger = silent,
    connected = (client) => client,
    following,
  } = options;
  const running = await startClusters({ clusters: count, crds: CRDS, workloads: false });
  const clusters = new Map(running.clusters.map((cluster) => [cluster.name, new HostileCluster(cluster)]));
  const config = parseFleet(
    JSON.stringify({
      apiVersion: 'catamaran.dev/v1alpha1',
      kind: 'Fleet',
      spec: {
        ...spec,
        members: running.clusters.map(({ name, settings: { podCIDRs, serviceCIDRs } }) => ({
          name,
          context: name,
          podCIDRs,
          // Its clusters create slices without the EndpointSlice controller.
          slices: 'Any',
          serviceCIDRs,
          ...members?.[name],
        })),
      },
    }),
    { file: '/fleet.yaml' },
  );
  const cluster = (name: string): HostileCluster => {
    const found = clusters.get(name);
    if (!found) throw new Error(`cluster "${name}" not found`);
    return found;
  };
  const tokens = new Map(running.clusters.map(({ name, token }) => [name, token]));
  const clientOptions = (name: string) => ({ token: tokens.get(name) ?? '', ...(limits && { limits }) });
  const metrics = new Metrics();
  const stop = new AbortController();
  const controller = new Controller(config, {
    connect: async ({ name }) => connected(cluster(name).server.client(name, clientOptions(name))),
    identity: 'replica',
    ended: () => false,
    clock: systemClock,
    random: Math.random,
    logger,
    metrics,
    ...following,
  });
  metrics.gauge(() => controller.gauges());
  const done = controller.run(stop.signal);
  return {
    config,
    controller,
    metrics,
    cluster,
    connect: (name) => cluster(name).openServer().client(name, clientOptions(name)),
    stopController: async () => {
      stop.abort();
      await done;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await done;
      await running.close();
    },
  };
}
