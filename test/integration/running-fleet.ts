/** A controller over the shared control planes, in the process of the test. */
import type { Service } from '../../src/api/core.ts';
import type { EndpointSlice } from '../../src/api/endpoint-slice.ts';
import { MCS_SERVICE_NAME, SOURCE_CLUSTER } from '../../src/api/labels.ts';
import type { Condition } from '../../src/api/meta.ts';
import type { ServiceExport, ServiceImport } from '../../src/api/multicluster.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import type { FleetConfig, MemberConfig } from '../../src/config/fleet-config.ts';
import { parseFleet } from '../../src/config/parse.ts';
import { Controller } from '../../src/controller/controller.ts';
import { Metrics } from '../../src/controller/metrics.ts';
import type { KubeClient } from '../../src/kube/client/client.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Logger } from '../../src/runtime/logger.ts';
import { adminClient, type Cluster, find } from '../support/clusters/real-cluster.ts';
import { eventually } from '../support/clusters/shared-clusters.ts';
import { silent } from '../support/silent-log.ts';

/** Settings of a fleet besides its members; see docs/reference/fleet.md. */
export interface FleetSettings {
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Extra fields of members by name. */
  readonly members?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Tests create slices by hand, export any key, and remove members and modes without a confirmation. */
const PERMISSIVE = {
  exportedLabels: { allow: ['*'] },
  exportedAnnotations: { allow: ['*'] },
  guard: { percent: 100 },
};

/** fleet.yaml of some clusters, as JSON. */
export function fleetYaml(clusters: readonly Cluster[], { spec, members }: FleetSettings = {}): string {
  return JSON.stringify({
    apiVersion: 'catamaran.dev/v1alpha1',
    kind: 'Fleet',
    spec: {
      ...PERMISSIVE,
      ...spec,
      members: clusters.map(({ name, plane }) => ({
        name,
        kubeconfig: plane.kubeconfig,
        podCIDRs: plane.podCIDRs,
        serviceCIDRs: plane.serviceCIDRs,
        slices: 'Any',
        ...members?.[name],
      })),
    },
  });
}

export function fleetConfig(clusters: readonly Cluster[], settings: FleetSettings = {}): FleetConfig {
  return parseFleet(fleetYaml(clusters, settings), { file: '/fleet.yaml' });
}

export interface RunningFleet {
  readonly controller: Controller;
  readonly metrics: Metrics;
  stop(): Promise<void>;
}

let replicas = 0;

/** What a test may replace. `connect` returns the client of a member, such as one through a proxy. */
export interface RunOptions extends FleetSettings {
  readonly identity?: string;
  readonly logger?: Logger;
  readonly connect?: (cluster: Cluster, member: MemberConfig) => KubeClient | Promise<KubeClient>;
  readonly clock?: Clock;
  readonly ended?: (identity: string) => boolean;
}

/** Starts a controller over some clusters and waits until every member that can be reached has been listed. */
export async function runFleet(clusters: readonly Cluster[], options: RunOptions = {}): Promise<RunningFleet> {
  const metrics = new Metrics();
  const stop = new AbortController();
  const controller = new Controller(fleetConfig(clusters, options), {
    connect: async (member) => {
      const { name } = member;
      const cluster = clusters.find((each) => each.name === name);
      if (!cluster) throw new Error(`cluster "${name}" not found`);
      return options.connect?.(cluster, member) ?? adminClient(cluster.plane);
    },
    identity: options.identity ?? `replica-${++replicas}`,
    ended: options.ended ?? (() => false),
    clock: options.clock ?? systemClock,
    random: Math.random,
    logger: options.logger ?? silent,
    metrics,
  });
  metrics.gauge(() => controller.gauges());
  const done = controller.run(stop.signal);
  const end = async () => {
    stop.abort();
    await done;
  };
  await eventually(() => {
    if (!controller.status().ready) throw new Error(`not ready: ${JSON.stringify(controller.status())}`);
  }).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  return { controller, metrics, stop: end };
}

/** The objects of one name in a cluster. */
export interface Held {
  readonly import: ServiceImport | undefined;
  readonly export: ServiceExport | undefined;
  readonly derived: Service | undefined;
  readonly slices: readonly EndpointSlice[];
}

export async function held(cluster: Cluster, ns: string, name: string): Promise<Held> {
  const [imported, exported, derived, slices] = await Promise.all([
    find<ServiceImport>(cluster, RESOURCES.serviceImports, ns, name),
    find<ServiceExport>(cluster, RESOURCES.serviceExports, ns, name),
    find<Service>(cluster, RESOURCES.services, ns, `amcs-${name}`),
    cluster.client.list<EndpointSlice>(RESOURCES.endpointSlices, {
      namespace: ns,
      labelSelector: `${MCS_SERVICE_NAME}=${name},${SOURCE_CLUSTER}`,
    }),
  ]);
  return { import: imported, export: exported, derived, slices: slices.items };
}

/** Addresses in the derived slices of one name, sorted. */
export async function addresses(cluster: Cluster, ns: string, name: string): Promise<string[]> {
  const { slices } = await held(cluster, ns, name);
  return slices.flatMap((slice) => slice.endpoints.flatMap((endpoint) => endpoint.addresses)).sort();
}

export function condition(
  object: { readonly status?: { readonly conditions?: readonly Condition[] } } | undefined,
  type: string,
): Condition | undefined {
  return object?.status?.conditions?.find((each) => each.type === type);
}
