/** State shared by the parts of one API server. */

import type { ClusterSettings } from '../machinery/cluster-settings.ts';
import type { StoredObject } from '../machinery/object.ts';
import type { ResourceDefinition, StrategyContext } from '../machinery/resource.ts';
import type { ResourceName } from '../machinery/resource-name.ts';
import type { Clock, Random } from '../machinery/runtime.ts';
import type { Collection } from './collection.ts';
import { type Registry, resourceName } from './registry.ts';
import type { Store } from './store.ts';

export interface ClusterState {
  readonly settings: ClusterSettings;
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: Random;
}

/** The cluster as exposed to strategies. */
export function strategyContext({ settings, store, clock }: ClusterState): StrategyContext {
  return {
    settings,
    now: clock.now(),
    get: (resource, key) => store.collection(resource).get(key),
    list: (resource, namespace) => store.collection(resource).list(namespace),
  };
}

/** RFC 3339 in UTC, in whole seconds, as used in metadata. */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** The resource that stores the objects of this one. */
export function storedIn(state: ClusterState, definition: ResourceDefinition): ResourceDefinition {
  return (definition.view && state.registry.get(definition.view.of)) ?? definition;
}

/** Name of the resource that stores the objects: its own, or that of the resource it is a view of. */
export function storedName(definition: ResourceDefinition): ResourceName {
  return definition.view?.of ?? resourceName(definition);
}

export function collectionOf({ store }: ClusterState, definition: ResourceDefinition): Collection {
  return store.collection(storedName(definition));
}

/** A stored object converted to a version of a resource. */
export function presented(definition: ResourceDefinition, apiVersion: string, object: StoredObject): StoredObject {
  const shown = definition.view ? definition.view.fromStored(object) : object;
  return shown.apiVersion === apiVersion ? shown : { ...shown, apiVersion };
}
