/**
 * Controller references, and adoption of objects by selector. Source: Kubernetes documentation, "Owners and
 * Dependents".
 */
import type { JsonObject } from '../machinery/json.ts';
import type { Owner, StoredObject } from '../machinery/object.ts';
import type { Kinds, LabelSelector } from './kinds.ts';
import type { Objects, Resource } from './objects.ts';
import { selects } from './selector.ts';

/** The owner reference of an object to its controller. */
export function controllerOf(object: StoredObject): Owner | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller);
}

/** An owner reference with `owner` as the controller. */
export function controllerReference({ apiVersion, kind, metadata }: StoredObject): JsonObject & Owner {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

/**
 * The objects in the owner's namespace that it controls. Selected objects without a controller are adopted; those that
 * are no longer selected are released.
 */
export function claim<R extends Resource>(
  objects: Objects,
  resource: R,
  owner: StoredObject,
  selector: LabelSelector,
): Kinds[R][] {
  const leaving = owner.metadata.deletionTimestamp !== undefined;
  const claimed: Kinds[R][] = [];
  for (const object of objects.list(resource, owner.metadata.namespace)) {
    const controller = controllerOf(object);
    if (controller && controller.uid !== owner.metadata.uid) continue;
    const selected = selects(selector, object.metadata.labels);
    if (controller) {
      if (selected) claimed.push(object);
      else if (!leaving) setOwners(objects, resource, object, without(object, controller));
      continue;
    }
    if (!selected || leaving || object.metadata.deletionTimestamp !== undefined) continue;
    const owners = [...(object.metadata.ownerReferences ?? []), controllerReference(owner)];
    claimed.push(setOwners(objects, resource, object, owners));
  }
  return claimed;
}

function without(object: StoredObject, owner: Owner): readonly Owner[] {
  return (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.uid);
}

function setOwners<R extends Resource>(
  objects: Objects,
  resource: R,
  object: Kinds[R],
  ownerReferences: readonly Owner[],
): Kinds[R] {
  return objects.update(resource, { ...object, metadata: { ...object.metadata, ownerReferences } });
}
