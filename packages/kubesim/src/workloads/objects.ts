/** Typed access to a cluster's API for the controllers. */

import type { ClusterApi } from '../apiserver/cluster-api.ts';
import type { ClusterSettings } from '../machinery/cluster-settings.ts';
import type { JsonObject, StringMap } from '../machinery/json.ts';
import type { ObjectKey } from '../machinery/object.ts';
import type { ResourceName } from '../machinery/resource-name.ts';
import type { Kinds } from './kinds.ts';

/** A resource with a known type. */
export type Resource = keyof Kinds;

/** Typed verbs. All are synchronous and throw the API server's StatusErrors. */
export class Objects {
  readonly #api: ClusterApi;

  constructor(api: ClusterApi) {
    this.#api = api;
  }

  get settings(): ClusterSettings {
    return this.#api.settings;
  }

  get<R extends Resource>(resource: R, namespace: string | undefined, name: string): Kinds[R] | undefined {
    return typed(this.#api.get(resource, namespace === undefined ? { name } : { namespace, name }));
  }

  list<R extends Resource>(resource: R, namespace?: string, labels?: StringMap): readonly Kinds[R][] {
    const options = { ...(namespace !== undefined && { namespace }), ...(labels && { labels }) };
    return typed(this.#api.list(resource, options));
  }

  create<R extends Resource>(resource: R, object: JsonObject): Kinds[R] {
    return typed(this.#api.create(resource, object));
  }

  /** Creates an object of any resource if it does not exist. */
  ensure(resource: ResourceName, object: JsonObject, key: ObjectKey): void {
    if (!this.#api.get(resource, key)) this.#api.create(resource, object);
  }

  update<R extends Resource>(resource: R, object: Kinds[R]): Kinds[R] {
    return typed(this.#api.update(resource, object));
  }

  updateStatus<R extends Resource>(resource: R, object: Kinds[R]): Kinds[R] {
    return typed(this.#api.updateStatus(resource, object));
  }

  delete(resource: Resource, object: Kinds[Resource], graceSeconds?: number): boolean {
    const { namespace, name, uid } = object.metadata;
    return this.#api.delete(
      resource,
      { ...(namespace !== undefined && { namespace }), name },
      { uid, ...(graceSeconds !== undefined && { graceSeconds }) },
    );
  }
}

/** Stored objects have been validated by the schema of their kind, which the types match. */
function typed<T>(stored: unknown): T {
  return stored as T;
}
