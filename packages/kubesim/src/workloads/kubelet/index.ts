/**
 * Scheduler and kubelet combined: pods are scheduled, get addresses, run, become ready, and are removed after deletion.
 */
import type { Clock } from '../../machinery/runtime.ts';
import type { Node, Pod } from '../kinds.ts';
import type { Objects } from '../objects.ts';
import type { PodTimes } from '../pod-times.ts';
import { isFinished, isTerminating } from '../pods.ts';
import { sameJson } from '../template.ts';
import { apiTime } from '../time.ts';
import { missingFor } from './configuration.ts';
import { missingImage } from './missing-image.ts';
import { PodAddresses } from './pod-addresses.ts';
import { hostAddresses, running, unschedulable, waiting } from './pod-status.ts';
import { placeFor } from './schedule.ts';

/** Runtime state of a pod. */
interface Sandbox {
  readonly uid: string;
  readonly addresses: readonly string[];
  readonly since: number;
  readonly node: string;
}

/** Sets a pod's node. The API server allows this only through a binding. */
export type Bind = (pod: Pod, node: string) => Pod;

/** Retry interval while all addresses are in use. */
const FULL_MS = 1000;

export class Kubelet {
  readonly #objects: Objects;
  readonly #clock: Clock;
  readonly #times: PodTimes;
  readonly #bind: Bind;
  readonly #addresses = new PodAddresses();
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #stopping = new Map<string, number>();
  /** Number of pods per node. */
  readonly #counts = new Map<string, number>();

  constructor(objects: Objects, clock: Clock, times: PodTimes, bind: Bind) {
    this.#objects = objects;
    this.#clock = clock;
    this.#times = times;
    this.#bind = bind;
  }

  /** Registers the pods that are already running. */
  adopt(): void {
    for (const pod of this.#objects.list('/pods')) {
      const addresses = (pod.status?.podIPs ?? []).map(({ ip }) => ip);
      if (pod.spec.nodeName && addresses.length > 0) this.#place(keyOf(pod), pod, pod.spec.nodeName, addresses);
    }
  }

  /** Advances one pod. Returns the milliseconds after which to call it again. */
  sync(namespace: string, name: string): number | undefined {
    const key = `${namespace}/${name}`;
    const pod = this.#objects.get('/pods', namespace, name);
    const sandbox = this.#sandboxes.get(key);
    if (sandbox && sandbox.uid !== pod?.metadata.uid) this.#remove(key, sandbox);
    if (!pod) return undefined;
    if (isTerminating(pod)) return this.#stop(pod);
    if (isFinished(pod)) return undefined;
    if (!pod.spec.nodeName) return this.#schedule(pod);
    return this.#run(key, pod, pod.spec.nodeName);
  }

  /** The update enqueues the key again, which starts the pod. */
  #schedule(pod: Pod): undefined {
    const place = placeFor(pod, this.#objects.list('/nodes'), this.#counts);
    if ('problem' in place) {
      this.#write(pod, unschedulable(pod, place.problem, apiTime(this.#clock.now())));
      return;
    }
    // Counted immediately, so that the next pod goes elsewhere.
    const bound = this.#bind(pod, place.node);
    const node = this.#objects.get('/nodes', undefined, place.node);
    const addresses = this.#addressesFor(bound, node);
    if (addresses) this.#place(keyOf(bound), bound, place.node, addresses);
  }

  #addressesFor(pod: Pod, node: Node | undefined): readonly string[] | undefined {
    if (pod.spec.hostNetwork === true) return hostAddresses(node);
    return node && this.#addresses.give(node);
  }

  #place(key: string, pod: Pod, node: string, addresses: readonly string[]): Sandbox {
    const sandbox = { uid: pod.metadata.uid, addresses, since: this.#clock.now(), node };
    this.#sandboxes.set(key, sandbox);
    if (pod.spec.hostNetwork !== true) this.#addresses.take(addresses);
    this.#counts.set(node, (this.#counts.get(node) ?? 0) + 1);
    return sandbox;
  }

  #remove(key: string, { uid, addresses, node }: Sandbox): void {
    this.#sandboxes.delete(key);
    this.#stopping.delete(uid);
    this.#addresses.giveBack(addresses);
    this.#counts.set(node, (this.#counts.get(node) ?? 1) - 1);
  }

  #run(key: string, pod: Pod, nodeName: string): number | undefined {
    const node = this.#objects.get('/nodes', undefined, nodeName);
    // Pods of a node that does not exist are not run.
    if (!node) return undefined;
    const now = apiTime(this.#clock.now());
    let sandbox = this.#sandboxes.get(key);
    if (!sandbox) {
      const addresses = this.#addressesFor(pod, node);
      if (!addresses) {
        this.#write(
          pod,
          waiting(pod, node, () => ({ reason: 'ContainerCreating' }), now),
        );
        return FULL_MS;
      }
      sandbox = this.#place(key, pod, nodeName, addresses);
    }
    if (pod.status?.phase !== 'Running') {
      const left = sandbox.since + this.#times.readyAfterMs - this.#clock.now();
      if (left > 0) return left;
      const unpulled = missingImage(pod);
      if (unpulled) {
        this.#write(pod, waiting(pod, node, unpulled, now));
        return undefined;
      }
      const missing = missingFor(this.#objects, pod);
      if (missing) {
        const reason = (container: string) =>
          container === missing.container
            ? { reason: 'CreateContainerConfigError', message: missing.message }
            : { reason: 'ContainerCreating' };
        this.#write(pod, waiting(pod, node, reason, now));
        return undefined;
      }
    }
    this.#write(pod, running(pod, node, sandbox.addresses, now));
    return undefined;
  }

  #stop(pod: Pod): number | undefined {
    const { uid, deletionGracePeriodSeconds = 0 } = pod.metadata;
    const now = this.#clock.now();
    const runs = pod.spec.nodeName !== undefined && !isFinished(pod);
    const grace = runs ? Math.min(this.#times.stopAfterMs, deletionGracePeriodSeconds * 1000) : 0;
    const end = this.#stopping.get(uid) ?? now + grace;
    this.#stopping.set(uid, end);
    if (end > now) return end - now;
    this.#stopping.delete(uid);
    // A finalizer may keep the object, but its pod has ended.
    this.#objects.delete('/pods', pod, 0);
    return undefined;
  }

  #write(pod: Pod, status: Pod['status']): void {
    if (!sameJson(status, pod.status)) this.#objects.updateStatus('/pods', { ...pod, ...(status && { status }) });
  }
}

function keyOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}
