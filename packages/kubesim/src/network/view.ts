/** A cluster's state as needed by the network, indexed by address: Services, slices and pods. */

import type { Changed, ClusterApi } from '../apiserver/cluster-api.ts';
import type { ClusterSettings } from '../machinery/cluster-settings.ts';
import type { StoredObject } from '../machinery/object.ts';
import { SERVICE_NAME } from '../machinery/well-known.ts';
import type { Node, Pod, Service, Slice } from '../workloads/kinds.ts';
import type { PodLogs } from '../workloads/logs.ts';
import { Objects } from '../workloads/objects.ts';
import { isFinished } from '../workloads/pods.ts';

/** A multimap. */
class Index<T extends StoredObject> {
  readonly #values = new Map<string, Map<string, T>>();

  of(key: string): Iterable<T> {
    return this.#values.get(key)?.values() ?? [];
  }

  change(oldKeys: readonly string[], keys: readonly string[], old: T | undefined, object: T | undefined): void {
    for (const key of oldKeys) {
      const values = this.#values.get(key);
      if (old) values?.delete(old.metadata.uid);
      if (values?.size === 0) this.#values.delete(key);
    }
    for (const key of keys) {
      const values = this.#values.get(key) ?? new Map<string, T>();
      if (object) values.set(object.metadata.uid, object);
      this.#values.set(key, values);
    }
  }
}

function addressesOf(service: Service | undefined): readonly string[] {
  if (!service) return [];
  return [...(service.spec.clusterIPs ?? []), ...(service.spec.externalIPs ?? [])].filter((ip) => ip !== 'None');
}

function serviceOf(slice: Slice | undefined): readonly string[] {
  const name = slice?.metadata.labels?.[SERVICE_NAME];
  return slice && name !== undefined ? [`${slice.metadata.namespace}/${name}`] : [];
}

function podAddresses(pod: Pod | undefined): readonly string[] {
  return pod && !isFinished(pod) ? (pod.status?.podIPs ?? []).map(({ ip }) => ip) : [];
}

/** The state of one cluster, updated until the signal aborts. */
export class ClusterView {
  readonly objects: Objects;
  readonly logs: PodLogs | undefined;
  readonly #api: ClusterApi;
  readonly #services = new Index<Service>();
  readonly #slices = new Index<Slice>();
  readonly #pods = new Index<Pod>();
  readonly #podGone: (pod: Pod) => void;

  /** `podGone` is called for each removed pod. */
  constructor(api: ClusterApi, logs: PodLogs | undefined, podGone: (pod: Pod) => void) {
    this.#api = api;
    this.objects = new Objects(api);
    this.logs = logs;
    this.#podGone = podGone;
  }

  get settings(): ClusterSettings {
    return this.#api.settings;
  }

  get name(): string {
    return this.settings.name;
  }

  start(signal: AbortSignal): void {
    this.#api.subscribe((change) => this.#changed(change), signal);
    for (const resource of ['/services', 'discovery.k8s.io/endpointslices', '/pods'] as const) {
      for (const object of this.#api.list(resource)) this.#changed({ resource, object });
    }
  }

  /** The Service with this address. */
  serviceAt(ip: string): Service | undefined {
    return [...this.#services.of(ip)][0];
  }

  /** All slices labelled for a Service, regardless of their manager. */
  slicesOf(namespace: string, service: string): Iterable<Slice> {
    return this.#slices.of(`${namespace}/${service}`);
  }

  /** Pods with this address: one, or several on the host network of a node. */
  podsAt(ip: string): readonly Pod[] {
    return [...this.#pods.of(ip)];
  }

  node(name: string | undefined): Node | undefined {
    return name ? this.objects.get('/nodes', undefined, name) : undefined;
  }

  /** Stored objects have the kind of their resource. */
  #changed({ resource, object, old }: Changed): void {
    if (resource === '/services') {
      const [before, now] = [old as Service | undefined, object as Service | undefined];
      this.#services.change(addressesOf(before), addressesOf(now), before, now);
    } else if (resource === 'discovery.k8s.io/endpointslices') {
      const [before, now] = [old as Slice | undefined, object as Slice | undefined];
      this.#slices.change(serviceOf(before), serviceOf(now), before, now);
    } else if (resource === '/pods') {
      const [before, now] = [old as Pod | undefined, object as Pod | undefined];
      this.#pods.change(podAddresses(before), podAddresses(now), before, now);
      if (before && !now) this.#podGone(before);
    }
  }
}
