/** Mapping from object changes to controller keys. */

import type { Changed } from '../apiserver/cluster-api.ts';
import type { StoredObject } from '../machinery/object.ts';
import { SERVICE_NAME } from '../machinery/well-known.ts';
import { hasSelector } from './endpoints/index.ts';
import type { Objects } from './objects.ts';
import { controllerOf } from './owners.ts';
import { hasLabels, selects } from './selector.ts';

export type ControllerName = 'namespace' | 'claim' | 'deployment' | 'replicaset' | 'statefulset' | 'pod' | 'endpoints';

/** Enqueues a key for a controller. */
export type Note = (controller: ControllerName, namespace: string, name: string) => void;

const CONTROLLER_OF_KIND: Readonly<Record<string, ControllerName>> = {
  Deployment: 'deployment',
  ReplicaSet: 'replicaset',
  StatefulSet: 'statefulset',
};

/** Resources whose own keys are processed by a controller. */
const OWN: Readonly<Record<string, ControllerName>> = {
  '/namespaces': 'namespace',
  '/persistentvolumeclaims': 'claim',
  '/pods': 'pod',
  '/services': 'endpoints',
  '/endpoints': 'endpoints',
  'apps/deployments': 'deployment',
  'apps/replicasets': 'replicaset',
  'apps/statefulsets': 'statefulset',
};

/** Maps changes to keys. It only reads objects. */
export class Triggers {
  readonly #objects: Objects;
  readonly #note: Note;

  constructor(objects: Objects, note: Note) {
    this.#objects = objects;
    this.#note = note;
  }

  /** Enqueues all existing objects, at start. */
  all(): void {
    for (const resource of [
      '/namespaces',
      '/persistentvolumeclaims',
      'apps/deployments',
      'apps/replicasets',
      'apps/statefulsets',
      '/pods',
      '/services',
    ] as const) {
      for (const object of this.#objects.list(resource)) this.#own(resource, object);
    }
  }

  /** Enqueues the keys affected by a change. */
  changed({ resource, object, old }: Changed): void {
    const either = object ?? old;
    if (!either) return;
    this.#own(resource, either);
    switch (resource) {
      case '/pods':
        this.#owners(object, old, ['apps/replicasets', 'apps/statefulsets']);
        this.#services(object, old);
        if (!object) this.#podGone(either);
        break;
      case 'apps/replicasets':
        this.#owners(object, old, ['apps/deployments']);
        break;
      case 'discovery.k8s.io/endpointslices':
        for (const slice of [object, old]) this.#serviceOf(slice);
        break;
      case '/nodes':
        this.#node(object, old);
        break;
      case '/configmaps':
      case '/secrets':
        this.#waitingPods(either.metadata.namespace);
        if (!object) this.#note('namespace', '', either.metadata.namespace ?? '');
        break;
      case '/serviceaccounts':
        if (!object) this.#note('namespace', '', either.metadata.namespace ?? '');
        break;
      default:
    }
  }

  #own(resource: string, { metadata }: StoredObject): void {
    const controller = OWN[resource];
    if (controller) this.#note(controller, metadata.namespace ?? '', metadata.name);
  }

  /** Enqueues the current and previous controllers, and those that may adopt the object. */
  #owners(
    object: StoredObject | undefined,
    old: StoredObject | undefined,
    adopters: readonly ('apps/deployments' | 'apps/replicasets' | 'apps/statefulsets')[],
  ): void {
    for (const each of [object, old]) {
      const owner = each && controllerOf(each);
      const controller = owner && CONTROLLER_OF_KIND[owner.kind];
      if (controller) this.#note(controller, each.metadata.namespace ?? '', owner.name);
    }
    if (!object || controllerOf(object)) return;
    for (const resource of adopters) {
      for (const adopter of this.#objects.list(resource, object.metadata.namespace)) {
        if (selects(adopter.spec.selector, object.metadata.labels)) this.#own(resource, adopter);
      }
    }
  }

  /** A deleted claim may be waiting for this pod and, with Recreate, so may the Deployment. */
  #podGone(pod: StoredObject): void {
    const { namespace = '' } = pod.metadata;
    for (const claim of this.#objects.list('/persistentvolumeclaims', namespace)) {
      if (claim.metadata.deletionTimestamp !== undefined) this.#own('/persistentvolumeclaims', claim);
    }
    const set = this.#objects.get('apps/replicasets', namespace, controllerOf(pod)?.name ?? '');
    const owner = set && controllerOf(set);
    if (owner) this.#note('deployment', namespace, owner.name);
  }

  #services(object: StoredObject | undefined, old: StoredObject | undefined): void {
    const namespace = (object ?? old)?.metadata.namespace;
    for (const service of this.#objects.list('/services', namespace)) {
      if (!hasSelector(service)) continue;
      const selector = service.spec.selector ?? {};
      const concerned = [object, old].some((pod) => pod && hasLabels(pod.metadata.labels, selector));
      if (concerned) this.#own('/services', service);
    }
  }

  #serviceOf(slice: StoredObject | undefined): void {
    const name = slice?.metadata.labels?.[SERVICE_NAME];
    if (name !== undefined) this.#note('endpoints', slice?.metadata.namespace ?? '', name);
  }

  /** Unscheduled pods may fit on a changed node, and its zone is part of endpoints. Heartbeats do not matter. */
  #node(object: StoredObject | undefined, old: StoredObject | undefined): void {
    if (object && old && object.metadata.labels === old.metadata.labels && object.spec === old.spec) return;
    for (const pod of this.#objects.list('/pods')) {
      if (!pod.spec.nodeName || pod.status?.phase !== 'Running') this.#own('/pods', pod);
    }
    for (const service of this.#objects.list('/services')) this.#own('/services', service);
  }

  #waitingPods(namespace: string | undefined): void {
    for (const pod of this.#objects.list('/pods', namespace)) {
      if (pod.spec.nodeName && pod.status?.phase === 'Pending') this.#own('/pods', pod);
    }
  }
}
