/**
 * Deletes the contents of terminating namespaces, and then the namespaces. Source: Kubernetes documentation,
 * "Namespaces".
 */

import type { Json, JsonObject } from '../machinery/json.ts';
import { isObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import type { ResourceDefinition } from '../machinery/resource.ts';
import type { Logger } from '../machinery/runtime.ts';
import { StatusError } from '../machinery/status.ts';
import { WorkQueue } from './controller.ts';
import { type Deleter, specFinalizers } from './deleter.ts';
import { resourceName } from './registry.ts';
import { type ClusterState, timeText } from './state.ts';

const NAMESPACES = '/namespaces';

interface NamespaceControllerOptions {
  readonly state: ClusterState;
  readonly deleter: Deleter;
  readonly logger: Logger;
}

/** Remaining objects of one resource in a namespace. */
interface Left {
  readonly definition: ResourceDefinition;
  readonly objects: readonly StoredObject[];
}

export class NamespaceController {
  readonly #options: NamespaceControllerOptions;
  readonly #queue: WorkQueue;

  constructor(options: NamespaceControllerOptions) {
    this.#options = options;
    this.#queue = new WorkQueue((name) => this.#sync(name), options.logger);
  }

  /** Runs until the signal aborts. */
  start(signal: AbortSignal): void {
    const { store } = this.#options.state;
    store.subscribe(({ resource, object, old }) => {
      if (resource === NAMESPACES) {
        if (object?.metadata.deletionTimestamp !== undefined) this.#queue.add(object.metadata.name);
        return;
      }
      // A namespace may be waiting for this object.
      const namespace = old?.metadata.namespace;
      if (namespace === undefined || (object && object.metadata.deletionTimestamp === undefined)) return;
      if (store.collection(NAMESPACES).get({ name: namespace })?.metadata.deletionTimestamp !== undefined)
        this.#queue.add(namespace);
    }, signal);
  }

  #sync(name: string): void {
    const { store } = this.#options.state;
    const namespace = store.collection(NAMESPACES).get({ name });
    if (namespace?.metadata.deletionTimestamp === undefined) return;
    const before = this.#left(name);
    for (const { definition, objects } of before) for (const object of objects) this.#delete(definition, object);
    const left = this.#left(name);
    if (left.length > 0) this.#report(namespace, left);
    else this.#finish(namespace);
  }

  #left(name: string): readonly Left[] {
    const { store, registry } = this.#options.state;
    return registry.all().flatMap((definition) => {
      if (!definition.namespaced || definition.view) return [];
      const objects = store.collection(resourceName(definition)).list(name);
      return objects.length > 0 ? [{ definition, objects }] : [];
    });
  }

  #delete(definition: ResourceDefinition, { metadata }: StoredObject): void {
    // It is removed after its grace period, or once its finalizers are.
    if (metadata.deletionTimestamp !== undefined) return;
    const { name, namespace } = metadata;
    const target = { definition, version: definition.versions[0], name, ...(namespace !== undefined && { namespace }) };
    try {
      this.#options.deleter.delete(target, { propagationPolicy: 'Background' });
    } catch (error) {
      if (!(error instanceof StatusError && error.code === 404)) throw error;
    }
  }

  #finish(namespace: StoredObject): void {
    const { store, registry } = this.#options.state;
    const finalizers = specFinalizers(namespace).filter((one) => one !== 'kubernetes');
    if (finalizers.length === 0 && (namespace.metadata.finalizers ?? []).length === 0) {
      store.remove(NAMESPACES, namespace.metadata);
      registry.get(NAMESPACES)?.strategy.committed?.(undefined, namespace);
    } else if (finalizers.length < specFinalizers(namespace).length) {
      const spec: JsonObject = isObject(namespace.spec) ? namespace.spec : {};
      store.put(NAMESPACES, { ...namespace, spec: { ...spec, finalizers } });
    }
  }

  /** Reports in the namespace's status what it is waiting for. */
  #report(namespace: StoredObject, left: readonly Left[]): void {
    const { clock, store } = this.#options.state;
    const now = timeText(clock.now());
    const status: JsonObject = isObject(namespace.status) ? namespace.status : {};
    const olds = (Array.isArray(status.conditions) ? status.conditions : []).filter(isObject);
    const conditions = conditionsOf(left).map(([type, value, reason, message]): Json => {
      const old = olds.find((condition) => condition.type === type);
      const lastTransitionTime = old?.status === value ? (old.lastTransitionTime ?? now) : now;
      return { type, status: value, lastTransitionTime, reason, message };
    });
    if (JSON.stringify(conditions) === JSON.stringify(olds)) return;
    store.put(NAMESPACES, { ...namespace, status: { ...status, conditions } });
  }
}

type ConditionRow = readonly [type: string, status: 'True' | 'False', reason: string, message: string];

function conditionsOf(left: readonly Left[]): readonly ConditionRow[] {
  const counts = left
    .map(({ definition: { group, plural }, objects }) => `${plural}.${group} has ${objects.length} resource instances`)
    .toSorted();
  const finalizers = new Map<string, number>();
  for (const { objects } of left)
    for (const { metadata } of objects)
      for (const finalizer of metadata.finalizers ?? [])
        finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
  const held = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`).toSorted();
  return [
    ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    [
      'NamespaceDeletionContentFailure',
      'False',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ],
    ['NamespaceContentRemaining', 'True', 'SomeResourcesRemain', `Some resources are remaining: ${counts.join(', ')}`],
    held.length > 0
      ? [
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${held.join(', ')}`,
        ]
      : [
          'NamespaceFinalizersRemaining',
          'False',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ],
  ];
}
