/** Access to a cluster for controllers in this process: the verbs of the API server, synchronous and without HTTP. */

import type { ClusterSettings } from '../machinery/cluster-settings.ts';
import type { JsonObject } from '../machinery/json.ts';
import type { ObjectKey, StoredObject } from '../machinery/object.ts';
import type { ResourceName } from '../machinery/resource-name.ts';

/** A change of an object; `old` is absent if it was created, `object` if it was removed. */
export interface Changed {
  readonly resource: ResourceName;
  readonly object?: StoredObject;
  readonly old?: StoredObject;
}

/** Called for each stored change, in order. A listener must not throw, and should only enqueue a key. */
export type Listener = (change: Changed) => void;

/**
 * The API of a cluster. Writes pass the same defaulting, validation and admission as over HTTP, and throw the same
 * StatusError.
 */
export interface ClusterApi {
  readonly settings: ClusterSettings;
  get(resource: ResourceName, key: ObjectKey): StoredObject | undefined;
  /** Sorted by namespace and name. Objects must match all `labels`. */
  list(
    resource: ResourceName,
    options?: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> },
  ): readonly StoredObject[];
  create(resource: ResourceName, object: JsonObject): StoredObject;
  /** If the object has a resourceVersion, it must be the latest. Returns the old object if nothing changed. */
  update(resource: ResourceName, object: JsonObject): StoredObject;
  updateStatus(resource: ResourceName, object: JsonObject): StoredObject;
  /** Returns false if the object does not exist. `graceSeconds` 0 removes a terminating pod immediately. */
  delete(
    resource: ResourceName,
    key: ObjectKey,
    options?: { readonly graceSeconds?: number; readonly uid?: string },
  ): boolean;
  /** Calls the listener until the signal aborts. */
  subscribe(listener: Listener, signal: AbortSignal): void;
}
