/**
 * The controllers of a cluster: what kube-controller-manager, kube-scheduler and the kubelets do, as far as
 * Services need it. A subscription only notes keys; one loop works on them.
 */

import type { Changed, ClusterApi } from '../apiserver/cluster-api.ts';
import type { SubresourceHandler } from '../apiserver/verbs.ts';
import type { Clock, Logger } from '../machinery/runtime.ts';
import { bootstrap } from './bootstrap/index.ts';
import { syncClaim } from './claims.ts';
import { syncDeployment } from './deployment/index.ts';
import { syncService } from './endpoints/index.ts';
import { EventRecorder } from './events.ts';
import type { Pod } from './kinds.ts';
import { type Bind, Kubelet } from './kubelet/index.ts';
import { PodLogs } from './logs.ts';
import { Loop, type Work } from './loop.ts';
import { syncNamespace } from './namespaces.ts';
import { Objects } from './objects.ts';
import type { PodTimes } from './pod-times.ts';
import { syncReplicaSet } from './replicaset.ts';
import { syncStatefulSet } from './statefulset/index.ts';
import { type Subresource, subresources } from './subresources.ts';
import { type ControllerName, Triggers } from './triggers.ts';

export { PodLogs } from './logs.ts';

/** What the controllers of a cluster are made of. */
export interface WorkloadsOptions {
  readonly api: ClusterApi;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Virtual nodes; default 2. */
  readonly nodes?: number;
  /** Default: ready 100 ms after its node is chosen, gone 500 ms after its deletion. */
  readonly times?: Partial<PodTimes>;
  /** PEM, for the ConfigMap kube-root-ca.crt of each namespace. */
  readonly rootCertificate?: string;
}

/** Controllers that run. */
export interface Workloads {
  readonly logs: PodLogs;
  /** What answers `/pods/NAME/log` and the like. */
  readonly subresources: ReadonlyMap<Subresource, SubresourceHandler>;
  /** Resolves when nothing is to be done but what waits for a time. */
  idle(): Promise<void>;
}

const DEFAULT_NODES = 2;
const DEFAULT_TIMES: PodTimes = { readyAfterMs: 100, stopAfterMs: 500 };

/** Starts the controllers of a cluster, and makes what a new cluster has. They end with the signal. */
export function startWorkloads(options: WorkloadsOptions, signal: AbortSignal): Workloads {
  const { api, clock, logger, nodes = DEFAULT_NODES, times, rootCertificate = '' } = options;
  const objects = new Objects(api);
  const bind: Bind = (pod, nodeName) => objects.update('/pods', { ...pod, spec: { ...pod.spec, nodeName } });
  const kubelet = new Kubelet(objects, clock, { ...DEFAULT_TIMES, ...times }, bind);
  const logs = new PodLogs(objects, clock);
  const loop = new Loop({ clock, logger });
  const events = new EventRecorder(api, clock);
  const work: Readonly<Record<ControllerName, Work>> = {
    namespace: (_, name) => syncNamespace(objects, name, rootCertificate),
    claim: (namespace, name) => syncClaim(objects, namespace, name),
    deployment: (namespace, name) => syncDeployment(objects, clock, namespace, name),
    replicaset: (namespace, name) => syncReplicaSet(objects, clock, namespace, name),
    statefulset: (namespace, name) => syncStatefulSet(objects, clock, namespace, name),
    pod: (namespace, name) => kubelet.sync(namespace, name),
    endpoints: (namespace, name) => syncService(objects, namespace, name),
  };
  const triggers = new Triggers(objects, (controller, namespace, name) =>
    loop.add(controller, work[controller], namespace, name),
  );
  kubelet.adopt();
  api.subscribe((change) => {
    triggers.changed(change);
    if (change.resource === '/pods') logLife(logs, change);
    if (events.note(change)) loop.add('events', () => void events.write(), '', '');
  }, signal);
  bootstrap(objects, nodes, clock.now());
  triggers.all();
  loop.start(signal);
  return { logs, subresources: subresources(logs), idle: () => loop.idle() };
}

/** The log of a container begins when it starts, and goes with its pod. What is stored under /pods is a pod. */
function logLife(logs: PodLogs, change: Changed): void {
  const [pod, old] = [change.object as Pod | undefined, change.old as Pod | undefined];
  if (!pod) {
    if (old) logs.forget(old);
    return;
  }
  if (pod.status?.phase !== 'Running' || old?.status?.phase === 'Running') return;
  for (const { name, image } of pod.spec.containers) logs.write(pod, name, `started ${name} of ${image}`);
}
