/** What the parts of one API server share. */

import type { ClusterSettings } from '../machinery/cluster-settings.ts';
import type { StoredObject } from '../machinery/object.ts';
import type { ResourceDefinition, StrategyContext } from '../machinery/resource.ts';
import type { ResourceName } from '../machinery/resource-name.ts';
import type { Clock, Random } from '../machinery/runtime.ts';
import type { Collection } from './collection.ts';
import { type Registry, resourceName } from './registry.ts';
import type { Store } from './store.ts';

/** The state of a cluster and what it is driven by. */
export interface ClusterState {
  readonly settings: ClusterSettings;
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: Random;
}

/** The cluster as strategies see it. */
export function strategyContext({ settings, store, clock }: ClusterState): StrategyContext {
  return {
    settings,
    now: clock.now(),
    get: (resource, key) => store.collection(resource).get(key),
    list: (resource, namespace) => store.collection(resource).list(namespace),
  };
}

/** RFC 3339 in UTC, to the second, as metadata has times. */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** The resource that holds the objects of one that is only a view. */
export function storedIn(state: ClusterState, definition: ResourceDefinition): ResourceDefinition {
  return (definition.view && state.registry.get(definition.view.of)) ?? definition;
}

/** Name of the resource that holds the objects: its own, or of what it is a view of. */
export function storedName(definition: ResourceDefinition): ResourceName {
  return definition.view?.of ?? resourceName(definition);
}

/** The stored objects of a resource. */
export function collectionOf({ store }: ClusterState, definition: ResourceDefinition): Collection {
  return store.collection(storedName(definition));
}

/** A stored object in the form of a version of a resource. */
export function presented(definition: ResourceDefinition, apiVersion: string, object: StoredObject): StoredObject {
  const shown = definition.view ? definition.view.fromStored(object) : object;
  return shown.apiVersion === apiVersion ? shown : { ...shown, apiVersion };
}
