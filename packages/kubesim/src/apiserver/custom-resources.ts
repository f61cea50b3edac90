/**
 * Serves the resources of existing CRDs. Source: Kubernetes documentation, "Extend the Kubernetes API with
 * CustomResourceDefinitions".
 */

import type { JsonObject } from '../machinery/json.ts';
import { isObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import type { ResourceDefinition } from '../machinery/resource.ts';
import type { ResourceName } from '../machinery/resource-name.ts';
import type { Logger } from '../machinery/runtime.ts';
import { isEstablished } from '../schema/crd.ts';
import { customResource } from '../schema/custom-resource.ts';
import { WorkQueue } from './controller.ts';
import { CRD_FINALIZER, type Deleter } from './deleter.ts';
import { resourceName } from './registry.ts';
import type { ClusterState } from './state.ts';

const CRDS = 'apiextensions.k8s.io/customresourcedefinitions';

interface CustomResourcesOptions {
  readonly state: ClusterState;
  readonly deleter: Deleter;
  readonly logger: Logger;
  /** Called when a new resource is served. */
  readonly onServed: () => void;
}

/** The CRDs of a cluster. */
export class CustomResources {
  readonly #options: CustomResourcesOptions;
  readonly #stop: AbortSignal;
  readonly #queue: WorkQueue;
  /** Ends the watches of a resource, by resource name. */
  readonly #served = new Map<ResourceName, AbortController>();

  constructor(options: CustomResourcesOptions, stop: AbortSignal) {
    this.#options = options;
    this.#stop = stop;
    this.#queue = new WorkQueue((name) => this.#sync(name), options.logger);
  }

  start(): void {
    const { store } = this.#options.state;
    store.subscribe(({ resource, object, old }) => {
      const name = (object ?? old)?.metadata.name;
      if (resource === CRDS && name !== undefined) {
        if (object) this.#queue.add(name);
        else this.#withdraw(nameOf(old));
        return;
      }
      // A deleted CRD may be waiting for its last object.
      if (!object && this.#served.has(resource)) this.#queue.add(crdName(resource));
    }, this.#stop);
  }

  /** Aborts when the resource is no longer served, or the server closes. */
  served(definition: ResourceDefinition): AbortSignal {
    return this.#served.get(resourceName(definition))?.signal ?? this.#stop;
  }

  #sync(name: string): void {
    const { state } = this.#options;
    const crd = state.store.collection(CRDS).get({ name });
    if (!crd) return;
    if (crd.metadata.deletionTimestamp !== undefined) this.#end(crd);
    else if (isEstablished(crd)) this.#serve(crd);
  }

  /** Serves or updates the resource of the CRD. */
  #serve(crd: StoredObject): void {
    const definition = customResource(crd);
    const name = resourceName(definition);
    this.#options.state.registry.add(definition);
    if (this.#served.has(name)) return;
    this.#served.set(name, new AbortController());
    this.#options.onServed();
  }

  /** Deletes the objects of a CRD that is being deleted, and then the CRD. */
  #end(crd: StoredObject): void {
    const { state, deleter } = this.#options;
    const name = nameOf(crd);
    const definition = name && state.registry.get(name);
    const objects = name ? state.store.collection(name).list() : [];
    for (const { metadata } of definition ? objects : []) {
      if (!definition || metadata.deletionTimestamp !== undefined) continue;
      const { name: object, namespace } = metadata;
      const place = { name: object, ...(namespace !== undefined && { namespace }) };
      deleter.delete({ definition, version: definition.versions[0], ...place }, {});
    }
    if (name && state.store.collection(name).size > 0) return;
    const { finalizers = [], ...metadata } = crd.metadata;
    const left = finalizers.filter((finalizer) => finalizer !== CRD_FINALIZER);
    if (left.length === 0) state.store.remove(CRDS, crd.metadata);
    else if (left.length < finalizers.length)
      state.store.put(CRDS, { ...crd, metadata: { ...metadata, finalizers: left } });
  }

  #withdraw(name: ResourceName | undefined): void {
    if (name === undefined) return;
    this.#options.state.registry.remove(name);
    this.#served.get(name)?.abort(new Error('the resource was removed'));
    this.#served.delete(name);
    // A new CRD with the same name must not continue from versions of the old one.
    this.#options.state.store.compact(this.#options.state.store.version, name);
  }
}

/** `group/plural` of the resource defined by a CRD. */
function nameOf(crd: StoredObject | undefined): ResourceName | undefined {
  const spec: JsonObject = isObject(crd?.spec) ? crd.spec : {};
  const names: JsonObject = isObject(spec.names) ? spec.names : {};
  return typeof spec.group === 'string' && typeof names.plural === 'string'
    ? `${spec.group}/${names.plural}`
    : undefined;
}

/** Name of the CRD of a resource. */
function crdName(resource: ResourceName): string {
  const [group = '', plural = ''] = resource.split('/');
  return `${plural}.${group}`;
}
