/**
 * Events about pods and their controllers, as shown by `kubectl describe`. Source: Kubernetes API reference, Event v1.
 */

import type { Changed, ClusterApi } from '../apiserver/cluster-api.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import type { Clock } from '../machinery/runtime.ts';
import { StatusError } from '../machinery/status.ts';
import type { ContainerStatus, Pod, ReplicaSet } from './kinds.ts';
import { controllerOf } from './owners.ts';
import { condition, isTerminating } from './pods.ts';
import { apiTime } from './time.ts';

/** Content and subject of an Event. */
interface EventContent {
  readonly about: JsonObject;
  readonly component: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Leaves room in a name of 253 characters for a dot and the time. */
const NAME_LENGTH = 236;
const NS_PER_MS = 1_000_000n;

/** Events with the same identity are repetitions of one Event. */
function identity(about: JsonObject, component: Json, type: Json, reason: Json, message: Json): string {
  return JSON.stringify([about.uid, about.fieldPath ?? '', component, type, reason, message]);
}

/** The identity of a stored Event. */
function identityOf({ involvedObject, reportingComponent = '', type = '', reason = '', message = '' }: StoredObject) {
  return identity(Object(involvedObject), reportingComponent, type, reason, message);
}

function reference({ apiVersion, kind, metadata }: StoredObject): JsonObject {
  const { namespace = '', name, uid, resourceVersion } = metadata;
  return { apiVersion, kind, namespace, name, uid, resourceVersion };
}

/** The controller of an object. Its resourceVersion is not known here. */
function controllerReference(object: StoredObject): JsonObject | undefined {
  const owner = controllerOf(object);
  if (!owner) return undefined;
  const { apiVersion, kind, name, uid } = owner;
  return { apiVersion, kind, namespace: object.metadata.namespace ?? '', name, uid };
}

function created(pod: Pod): readonly EventContent[] {
  const about = controllerReference(pod);
  const owner = about && controllerOf(pod);
  if (!owner) return [];
  const { name } = pod.metadata;
  const normal = { about, type: 'Normal', reason: 'SuccessfulCreate' } as const;
  if (owner.kind === 'ReplicaSet')
    return [{ ...normal, component: 'replicaset-controller', message: `Created pod: ${name}` }];
  if (owner.kind !== 'StatefulSet') return [];
  const message = `create Pod ${name} in StatefulSet ${owner.name} successful`;
  return [{ ...normal, component: 'statefulset-controller', message }];
}

function scheduled(pod: Pod, old: Pod): readonly EventContent[] {
  const { namespace, name } = pod.metadata;
  const [about, component] = [reference(pod), 'default-scheduler'];
  const { nodeName } = pod.spec;
  if (nodeName && !old.spec.nodeName) {
    const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`;
    return [{ about, component, type: 'Normal', reason: 'Scheduled', message }];
  }
  const { status, message = '' } = condition(pod, 'PodScheduled') ?? {};
  if (status !== 'False' || condition(old, 'PodScheduled')?.message === message) return [];
  return [{ about, component, type: 'Warning', reason: 'FailedScheduling', message }];
}

/** Why a container is waiting for something that a user must provide. */
function problemOf({ state }: ContainerStatus): string | undefined {
  const { waiting } = state as { readonly waiting?: { readonly message?: string } }; // written by the kubelet
  return waiting?.message;
}

function run(pod: Pod, old: Pod): readonly EventContent[] {
  const of = (name: string) => ({
    about: { ...reference(pod), fieldPath: `spec.containers{${name}}` },
    component: 'kubelet',
  });
  const ends = isTerminating(pod) && !isTerminating(old) && pod.status?.phase === 'Running';
  return (pod.status?.containerStatuses ?? []).flatMap((container): readonly EventContent[] => {
    const { name, state } = container;
    if (ends) return [{ ...of(name), type: 'Normal', reason: 'Killing', message: `Stopping container ${name}` }];
    const before = old.status?.containerStatuses?.find((each) => each.name === name);
    if ('running' in state && !(before && 'running' in before.state))
      return [
        { ...of(name), type: 'Normal', reason: 'Created', message: `Created container: ${name}` },
        { ...of(name), type: 'Normal', reason: 'Started', message: `Started container ${name}` },
      ];
    const problem = problemOf(container);
    if (problem === undefined || (before && problemOf(before) === problem)) return [];
    return [{ ...of(name), type: 'Warning', reason: 'Failed', message: `Error: ${problem}` }];
  });
}

/** Scaling of a Deployment's ReplicaSet is always attributed to the Deployment controller. */
function scaled(set: ReplicaSet, old: ReplicaSet | undefined): readonly EventContent[] {
  const about = controllerReference(set);
  const [before, now] = [old ? (old.spec.replicas ?? 1) : 0, set.spec.replicas ?? 1];
  if (about?.kind !== 'Deployment' || before === now) return [];
  const message = `Scaled ${now > before ? 'up' : 'down'} replica set ${set.metadata.name} from ${before} to ${now}`;
  return [{ about, component: 'deployment-controller', type: 'Normal', reason: 'ScalingReplicaSet', message }];
}

/** Events for a change. Stored objects have the kind of their resource. */
function eventsFor({ resource, object, old }: Changed): readonly EventContent[] {
  if (!object) return [];
  if (resource === 'apps/replicasets') return scaled(object as ReplicaSet, old as ReplicaSet | undefined);
  if (resource !== '/pods') return [];
  const pod = object as Pod;
  return old ? [...scheduled(pod, old as Pod), ...run(pod, old as Pod)] : created(pod);
}

/** Records Events for changes, and writes them on request. */
export class EventRecorder {
  readonly #api: ClusterApi;
  readonly #clock: Clock;
  #waiting: EventContent[] = [];
  /** Names of existing Events, by identity. */
  readonly #names = new Map<string, string>();
  #serial = 0n;

  constructor(api: ClusterApi, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** Returns whether there are Events to write. */
  note(change: Changed): boolean {
    if (change.resource === '/events' && !change.object && change.old) this.#names.delete(identityOf(change.old));
    this.#waiting.push(...eventsFor(change));
    return this.#waiting.length > 0;
  }

  /** Writes the recorded Events. Rejected ones are dropped, for example in a terminating namespace. */
  write(): void {
    const pending = this.#waiting;
    this.#waiting = [];
    for (const one of pending) {
      try {
        this.#write(one);
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
      }
    }
  }

  /** Increments the count of a repeated Event. */
  #write({ about, component, type, reason, message }: EventContent): void {
    const same = identity(about, component, type, reason, message);
    const namespace = String(about.namespace);
    const now = this.#clock.now();
    const time = apiTime(now);
    const old = this.#api.get('/events', { namespace, name: this.#names.get(same) ?? '' });
    if (old) {
      const count = Number(old.count) + 1;
      this.#api.update('/events', { ...old, involvedObject: about, lastTimestamp: time, count });
      return;
    }
    // Names sort in the order of occurrence, which is thus the order in lists.
    const moment = BigInt(Math.floor(now)) * NS_PER_MS + (this.#serial++ % NS_PER_MS);
    const name = `${String(about.name).slice(0, NAME_LENGTH)}.${moment.toString(16)}`;
    this.#api.create('/events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace, name },
      involvedObject: about,
      type,
      reason,
      message,
      source: { component },
      reportingComponent: component,
      reportingInstance: '',
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    });
    this.#names.set(same, name);
  }
}
