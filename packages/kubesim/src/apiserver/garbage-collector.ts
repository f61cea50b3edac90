/**
 * Deletes objects whose owners are gone, and orphans dependents.
 *
 * Source: Kubernetes documentation, "Garbage Collection": "Owners and dependents", "Cascading deletion".
 */

import type { Owner, StoredObject } from '../machinery/object.ts';
import type { ResourceDefinition } from '../machinery/resource.ts';
import type { ResourceName } from '../machinery/resource-name.ts';
import type { Logger } from '../machinery/runtime.ts';
import { StatusError } from '../machinery/status.ts';
import { keyText } from './collection.ts';
import { WorkQueue } from './controller.ts';
import { type Deleter, FOREGROUND_FINALIZER, ORPHAN_FINALIZER, type Propagation } from './deleter.ts';
import { resourceName, splitApiVersion } from './registry.ts';
import type { ClusterState } from './state.ts';

interface GarbageCollectorOptions {
  readonly state: ClusterState;
  readonly deleter: Deleter;
  readonly logger: Logger;
}

interface Item {
  readonly definition: ResourceDefinition;
  readonly object: StoredObject;
}

/** Known state of an owner. */
type OwnerState = 'present' | 'gone' | 'waiting';

function isWaiting({ metadata }: StoredObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(FOREGROUND_FINALIZER);
}

/** Tracks ownerReferences by UID. */
export class GarbageCollector {
  readonly #options: GarbageCollectorOptions;
  readonly #queue: WorkQueue;
  /** Locations (`group/plural key`) of dependents, by UID of the owner. */
  readonly #dependents = new Map<string, Set<string>>();
  /** UIDs of removed owners that are still referenced. */
  readonly #absent = new Set<string>();
  /** Locations of objects that referenced an owner of a kind not served at the time. */
  readonly #undecided = new Set<string>();

  constructor(options: GarbageCollectorOptions) {
    this.#options = options;
    this.#queue = new WorkQueue((place) => this.#sync(place), options.logger);
  }

  /** Runs until the signal aborts. */
  start(signal: AbortSignal): void {
    this.#options.state.store.subscribe(({ resource, object, old }) => {
      const metadata = (object ?? old)?.metadata;
      if (!metadata) return;
      const place = `${resource} ${keyText(metadata)}`;
      this.#index(place, old?.metadata.ownerReferences, object?.metadata.ownerReferences);
      if (object && (object.metadata.ownerReferences || object.metadata.deletionTimestamp !== undefined))
        this.#queue.add(place);
      if (object) return;
      const dependents = this.#dependents.get(metadata.uid);
      if (dependents) this.#absent.add(metadata.uid);
      for (const dependent of dependents ?? []) this.#queue.add(dependent);
      // An owner may have been waiting for this dependent.
      for (const owner of metadata.ownerReferences ?? []) this.#lookAt(owner, metadata.namespace);
    }, signal);
  }

  /** Reprocesses undecided objects, since more kinds are served now. */
  kindServed(): void {
    for (const place of this.#undecided) this.#queue.add(place);
    this.#undecided.clear();
  }

  #index(place: string, before: readonly Owner[] | undefined, after: readonly Owner[] | undefined): void {
    if (before === after) return;
    for (const { uid } of before ?? []) {
      const places = this.#dependents.get(uid);
      places?.delete(place);
      if (places?.size === 0) {
        this.#dependents.delete(uid);
        this.#absent.delete(uid);
      }
    }
    for (const { uid } of after ?? []) {
      const places = this.#dependents.get(uid);
      if (places) places.add(place);
      else this.#dependents.set(uid, new Set([place]));
    }
  }

  #lookAt(owner: Owner, namespace: string | undefined): void {
    const found = this.#find(owner, namespace);
    if (found) this.#queue.add(`${resourceName(found.definition)} ${keyText(found.object.metadata)}`);
  }

  #sync(place: string): void {
    const item = this.#at(place);
    if (!item) return;
    const { metadata } = item.object;
    if (metadata.deletionTimestamp !== undefined) {
      if (metadata.finalizers?.includes(ORPHAN_FINALIZER)) this.#orphan(item);
      else if (metadata.finalizers?.includes(FOREGROUND_FINALIZER)) this.#foreground(item);
    } else {
      if (metadata.ownerReferences?.some((owner) => !this.#isServed(owner))) this.#undecided.add(place);
      this.#collect(item);
    }
  }

  /** Deletes an object if all owners are gone; otherwise removes the references to those that are. */
  #collect(item: Item): void {
    const { metadata } = item.object;
    const owners = metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const states = owners.map((owner) => this.#stateOf(owner, metadata.namespace));
    if (states.includes('present')) {
      const kept = owners.filter((_, index) => states[index] === 'present');
      if (kept.length < owners.length) this.#setOwners(item, kept);
      return;
    }
    const cascade = states.includes('waiting') && this.#dependentsOf(item.object).length > 0;
    this.#delete(item, cascade ? 'Foreground' : policyOf(item.object));
  }

  #orphan(item: Item): void {
    const { uid } = item.object.metadata;
    for (const dependent of this.#dependentsOf(item.object)) {
      const kept = (dependent.object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
      this.#setOwners(dependent, kept);
    }
    this.#dropFinalizer(item, ORPHAN_FINALIZER);
  }

  #foreground(item: Item): void {
    const { uid } = item.object.metadata;
    for (const dependent of this.#dependentsOf(item.object))
      if (dependent.object.metadata.deletionTimestamp === undefined) this.#collect(dependent);
    const blocking = this.#dependentsOf(item.object).some(({ object }) =>
      object.metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
    );
    if (!blocking) this.#dropFinalizer(item, FOREGROUND_FINALIZER);
  }

  #isServed({ apiVersion, kind }: Owner): boolean {
    return this.#options.state.registry.ofKind(splitApiVersion(apiVersion).group, kind) !== undefined;
  }

  #stateOf(owner: Owner, namespace: string | undefined): OwnerState {
    if (this.#absent.has(owner.uid)) return 'gone';
    // An owner of a kind that is not served is unknown, and not considered gone.
    if (!this.#isServed(owner)) return 'present';
    const found = this.#find(owner, namespace);
    if (!found) return 'gone';
    return isWaiting(found.object) ? 'waiting' : 'present';
  }

  #find(owner: Owner, namespace: string | undefined): Item | undefined {
    const { registry, store } = this.#options.state;
    const definition = registry.ofKind(splitApiVersion(owner.apiVersion).group, owner.kind);
    if (!definition) return undefined;
    const key = { name: owner.name, ...(definition.namespaced && namespace !== undefined && { namespace }) };
    const object = store.collection(resourceName(definition)).get(key);
    return object?.metadata.uid === owner.uid ? { definition, object } : undefined;
  }

  #dependentsOf({ metadata }: StoredObject): readonly Item[] {
    return [...(this.#dependents.get(metadata.uid) ?? [])].flatMap((place) => this.#at(place) ?? []);
  }

  #at(place: string): Item | undefined {
    const { registry, store } = this.#options.state;
    const [resource = '', key = ''] = place.split(' ');
    const slash = key.indexOf('/');
    const parts = slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
    // Locations start with a resource name.
    const name = resource as ResourceName;
    const definition = registry.get(name);
    const object = store.collection(name).get(parts);
    return definition && object && { definition, object };
  }

  #setOwners({ definition, object }: Item, owners: readonly Owner[]): void {
    const { ownerReferences: _, ...metadata } = object.metadata;
    this.#put(definition, object, {
      ...object,
      metadata: { ...metadata, ...(owners.length > 0 && { ownerReferences: owners }) },
    });
  }

  #dropFinalizer({ definition, object }: Item, finalizer: string): void {
    const { finalizers = [], ...metadata } = object.metadata;
    const left = finalizers.filter((one) => one !== finalizer);
    const { store } = this.#options.state;
    if (left.length === 0 && (metadata.deletionGracePeriodSeconds ?? 0) === 0) {
      store.remove(resourceName(definition), object.metadata);
      definition.strategy.committed?.(undefined, object);
    } else {
      const next = { ...object, metadata: { ...metadata, ...(left.length > 0 && { finalizers: left }) } };
      this.#put(definition, object, next);
    }
  }

  #put(definition: ResourceDefinition, old: StoredObject, next: StoredObject): void {
    const stored = this.#options.state.store.put(resourceName(definition), next);
    definition.strategy.committed?.(stored, old);
  }

  #delete({ definition, object }: Item, propagationPolicy: Propagation): void {
    const { name, namespace, uid } = object.metadata;
    const target = { definition, version: definition.versions[0], name, ...(namespace !== undefined && { namespace }) };
    try {
      this.#options.deleter.delete(target, { uid, propagationPolicy });
    } catch (error) {
      if (!(error instanceof StatusError && (error.code === 404 || error.code === 409))) throw error;
    }
  }
}

/** Propagation policy for a collected dependent, from its own finalizers. */
function policyOf({ metadata }: StoredObject): Propagation {
  if (metadata.finalizers?.includes(ORPHAN_FINALIZER)) return 'Orphan';
  return metadata.finalizers?.includes(FOREGROUND_FINALIZER) ? 'Foreground' : 'Background';
}
