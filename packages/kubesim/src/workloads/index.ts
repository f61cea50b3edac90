/**
 * The controllers of a cluster: kube-controller-manager, kube-scheduler and kubelets, as far as Services need them.
 * Subscriptions only enqueue keys; a single loop processes them.
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

export interface WorkloadsOptions {
  readonly api: ClusterApi;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Number of virtual nodes. Default: 2. */
  readonly nodes?: number;
  /** Default: ready 100 ms after scheduling, removed 500 ms after deletion. */
  readonly times?: Partial<PodTimes>;
  /** PEM, for the ConfigMap kube-root-ca.crt of each namespace. */
  readonly rootCertificate?: string;
}

/** Running controllers. */
export interface Workloads {
  readonly logs: PodLogs;
  /** Handlers for `/pods/NAME/log` and similar. */
  readonly subresources: ReadonlyMap<Subresource, SubresourceHandler>;
  /** Resolves when there is no work left except for timers. */
  idle(): Promise<void>;
}

const DEFAULT_NODES = 2;
const DEFAULT_TIMES: PodTimes = { readyAfterMs: 100, stopAfterMs: 500 };

/** Starts the controllers of a cluster, and creates its initial objects. They stop when the signal aborts. */
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

/** A container's log starts with the container, and is removed with its pod. Objects stored under /pods are pods. */
function logLife(logs: PodLogs, change: Changed): void {
  const [pod, old] = [change.object as Pod | undefined, change.old as Pod | undefined];
  if (!pod) {
    if (old) logs.forget(old);
    return;
  }
  if (pod.status?.phase !== 'Running' || old?.status?.phase === 'Running') return;
  for (const { name, image } of pod.spec.containers) logs.write(pod, name, `started ${name} of ${image}`);
}
