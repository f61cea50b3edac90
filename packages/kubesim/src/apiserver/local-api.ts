/** Implementation of ClusterApi. */

import type { ClusterSettings } from '../machinery/cluster-settings.ts';
import type { JsonObject } from '../machinery/json.ts';
import type { ObjectKey, StoredObject } from '../machinery/object.ts';
import type { ResourceName } from '../machinery/resource-name.ts';
import { StatusError } from '../machinery/status.ts';
import type { ClusterApi, Listener } from './cluster-api.ts';
import type { Deleter } from './deleter.ts';
import { readMetadata } from './read-metadata.ts';
import { notServed } from './route.ts';
import { type ClusterState, collectionOf } from './state.ts';
import type { Target } from './target.ts';
import type { Writer } from './writer.ts';

/** Writes without a manager are not recorded in managedFields. */
const OPTIONS = { dryRun: false } as const;

export class LocalApi implements ClusterApi {
  readonly #state: ClusterState;
  readonly #writer: Writer;
  readonly #deleter: Deleter;
  readonly #stop: AbortSignal;

  constructor(state: ClusterState, writer: Writer, deleter: Deleter, stop: AbortSignal) {
    this.#state = state;
    this.#writer = writer;
    this.#deleter = deleter;
    this.#stop = stop;
  }

  get settings(): ClusterSettings {
    return this.#state.settings;
  }

  get(resource: ResourceName, key: ObjectKey): StoredObject | undefined {
    return this.#collection(resource)?.get(key);
  }

  list(
    resource: ResourceName,
    options: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> } = {},
  ): readonly StoredObject[] {
    const objects = this.#collection(resource)?.list(options.namespace) ?? [];
    const wanted = Object.entries(options.labels ?? {});
    if (wanted.length === 0) return objects;
    return objects.filter(({ metadata }) => wanted.every(([key, value]) => metadata.labels?.[key] === value));
  }

  create(resource: ResourceName, object: JsonObject): StoredObject {
    return this.#writer.create(this.#target(resource, object, false), object, OPTIONS).object;
  }

  update(resource: ResourceName, object: JsonObject): StoredObject {
    return this.#writer.update(this.#target(resource, object, true), { object }, OPTIONS).object;
  }

  updateStatus(resource: ResourceName, object: JsonObject): StoredObject {
    return this.#writer.update(this.#target(resource, object, true), { object, subresource: 'status' }, OPTIONS).object;
  }

  delete(
    resource: ResourceName,
    key: ObjectKey,
    options: { readonly graceSeconds?: number; readonly uid?: string } = {},
  ): boolean {
    try {
      const { definition, version } = this.#target(resource, {}, false);
      this.#deleter.delete({ definition, version, ...key }, options);
      return true;
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return false;
      throw error;
    }
  }

  subscribe(listener: Listener, signal: AbortSignal): void {
    this.#state.store.subscribe(listener, AbortSignal.any([signal, this.#stop]));
  }

  #collection(resource: ResourceName) {
    const definition = this.#state.registry.get(resource);
    return definition && collectionOf(this.#state, definition);
  }

  #target(resource: ResourceName, object: JsonObject, named: boolean): Target {
    const definition = this.#state.registry.get(resource);
    const version = definition?.versions.find(({ name }) => name === definition.storageVersion);
    if (!definition || !version) throw notServed();
    const { name, namespace } = readMetadata(object);
    return {
      definition,
      version,
      ...(definition.namespaced && namespace !== undefined && { namespace }),
      ...(named && name !== undefined && { name }),
    };
  }
}
