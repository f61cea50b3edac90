/** One cluster as controllers of this process see it: the verbs of its API server without HTTP, synchronous. */

import type { ClusterSettings } from '../machinery/cluster-settings.ts';
import type { JsonObject } from '../machinery/json.ts';
import type { ObjectKey, StoredObject } from '../machinery/object.ts';
import type { ResourceName } from '../machinery/resource-name.ts';

/** A change of an object; `old` is absent when it is new, `object` when it was removed. */
export interface Changed {
  readonly resource: ResourceName;
  readonly object?: StoredObject;
  readonly old?: StoredObject;
}

/** Called after a change is stored, in order. A listener must not throw, and should only note a key. */
export type Listener = (change: Changed) => void;

/** A cluster's API. Writes run the same defaults, validation and admission as over HTTP and throw the same StatusError. */
export interface ClusterApi {
  readonly settings: ClusterSettings;
  get(resource: ResourceName, key: ObjectKey): StoredObject | undefined;
  /** In the order of namespace and name. All of `labels` have to match. */
  list(
    resource: ResourceName,
    options?: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> },
  ): readonly StoredObject[];
  create(resource: ResourceName, object: JsonObject): StoredObject;
  /** With a resourceVersion, the write is refused unless it is the newest. Returns the old object if nothing changed. */
  update(resource: ResourceName, object: JsonObject): StoredObject;
  updateStatus(resource: ResourceName, object: JsonObject): StoredObject;
  /** Returns false if the object was not found. `graceSeconds` 0 ends a terminating pod. */
  delete(
    resource: ResourceName,
    key: ObjectKey,
    options?: { readonly graceSeconds?: number; readonly uid?: string },
  ): boolean;
  /** Until the signal aborts. */
  subscribe(listener: Listener, signal: AbortSignal): void;
}
