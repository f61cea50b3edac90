/** A cluster with its controllers, on a manual clock. */
import { onTestFinished } from 'vitest';
import type { ClusterApi } from '../../src/apiserver/cluster-api.ts';
import { type ApiServer, createApiServer } from '../../src/apiserver/server.ts';
import { settingsOf } from '../../src/cluster-ranges.ts';
import type { JsonObject, StringMap } from '../../src/machinery/json.ts';
import type { Clock } from '../../src/machinery/runtime.ts';
import { ManualClock } from '../../src/manual-clock.ts';
import { startWorkloads, type Workloads } from '../../src/workloads/index.ts';
import type { Pod, Slice, SliceEndpoint } from '../../src/workloads/kinds.ts';
import { Objects } from '../../src/workloads/objects.ts';
import { type RecordingLogger, recordingLogger } from './recording-logger.ts';
import { seeded } from './seeded.ts';

export interface TestCluster {
  readonly name: string;
  readonly server: ApiServer;
  readonly api: ClusterApi;
  readonly objects: Objects;
  readonly workloads: Workloads;
  readonly log: RecordingLogger;
}

/** Starts cluster `index` on the given clock. It is closed after the test. */
export function startCluster(index: number, clock: Clock, seed = index): TestCluster {
  const settings = settingsOf(index);
  const end = new AbortController();
  const log = recordingLogger();
  const server = createApiServer({
    settings,
    clock,
    random: seeded(seed),
    logger: log,
    token: 'token',
  });
  onTestFinished(() => {
    end.abort();
    server.close();
  });
  const workloads = startWorkloads({ api: server.api, clock, logger: log }, end.signal);
  return { name: settings.name, server, api: server.api, objects: new Objects(server.api), workloads, log };
}

/** A cluster with a manual clock, after startup. */
export interface StillCluster extends TestCluster {
  readonly clock: ManualClock;
  /** Advances the clock. */
  pass(ms?: number): Promise<void>;
}

export async function stillCluster(seed = 1): Promise<StillCluster> {
  const clock = new ManualClock();
  const cluster = startCluster(1, clock, seed);
  const pass = async (ms = 5000): Promise<void> => {
    await cluster.workloads.idle();
    await clock.advance(ms);
    await cluster.workloads.idle();
  };
  await pass();
  return { ...cluster, clock, pass };
}

export const NAMESPACE = 'default';

export interface Manifest {
  readonly name: string;
  readonly replicas?: number;
  readonly labels?: StringMap;
  readonly image?: string;
  readonly container?: JsonObject;
  readonly pod?: JsonObject;
  readonly spec?: JsonObject;
}

function workload(
  kind: string,
  { name, replicas = 1, labels, image = 'app:1', container, pod, spec }: Manifest,
): JsonObject {
  const own = labels ?? { app: name };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: NAMESPACE },
    spec: {
      replicas,
      selector: { matchLabels: own },
      template: { metadata: { labels: own }, spec: { containers: [{ name: 'main', image, ...container }], ...pod } },
      ...spec,
    },
  };
}

export function deployment(manifest: Manifest): JsonObject {
  return workload('Deployment', manifest);
}

export function statefulSet(manifest: Manifest): JsonObject {
  return workload('StatefulSet', { ...manifest, spec: { serviceName: manifest.name, ...manifest.spec } });
}

export function service(name: string, spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: NAMESPACE, ...metadata },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec },
  };
}

export function podsOf({ objects }: TestCluster, labels: StringMap): readonly Pod[] {
  return objects.list('/pods', NAMESPACE, labels);
}

export function slicesOf({ objects }: TestCluster, name: string): readonly Slice[] {
  return objects.list('discovery.k8s.io/endpointslices', NAMESPACE, { 'kubernetes.io/service-name': name });
}

export function endpointsOf(cluster: TestCluster, name: string): readonly SliceEndpoint[] {
  return slicesOf(cluster, name).flatMap(({ endpoints }) => endpoints ?? []);
}
