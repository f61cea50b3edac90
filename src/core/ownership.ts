/**
 * Decides which Services and EndpointSlices are managed by Catamaran. The only place for this decision; an object that
 * is not managed by Catamaran is never adopted, changed or deleted.
 *
 * An object is managed by Catamaran if a ServiceImport owns it and its labels agree:
 *
 * | managed-by     | label of the import | owner           | Service | EndpointSlice |
 * | -------------- | ------------------- | --------------- | ------- | ------------- |
 * | catamaran.dev  | any                 | a ServiceImport | managed | managed       |
 * | absent         | names the owner     | a ServiceImport | managed | managed       |
 * | absent         | absent or other     | a ServiceImport | foreign | foreign       |
 * | another client | any                 | any             | foreign | foreign       |
 * | any            | any                 | none            | foreign | foreign       |
 *
 * Labels alone prove nothing, since users copy objects with their labels. But if a user removes one label, the other
 * one still identifies an object to repair. The UID of the owner is not compared here: the owner may have been
 * recreated, and the plan then updates the reference.
 */
import {
  DERIVED_FROM,
  MANAGED_BY,
  MANAGER,
  MCS_SERVICE_NAME,
  SLICE_MANAGED_BY,
  SOURCE_CLUSTER,
} from '../api/labels.ts';
import type { ObjectMeta, StringMap } from '../api/meta.ts';
import { MCS_GROUP } from '../api/multicluster.ts';
import { isImportedSlice } from './other-implementations.ts';

type Owned = Pick<ObjectMeta, 'labels' | 'ownerReferences'>;

function owningImports({ ownerReferences }: Owned): readonly string[] {
  return (ownerReferences ?? [])
    .filter(({ apiVersion, kind }) => kind === 'ServiceImport' && apiVersion.startsWith(`${MCS_GROUP}/`))
    .map(({ name }) => name);
}

function managedFor(object: Owned, managedBy: string, importLabel: string): string | undefined {
  const manager = object.labels?.[managedBy];
  if (manager !== undefined && manager !== MANAGER) return undefined;
  const labelled = object.labels?.[importLabel];
  const owners = owningImports(object);
  const named = owners.find((name) => name === labelled);
  return named ?? (manager === MANAGER ? owners[0] : undefined);
}

/** Name of the ServiceImport that a Service was derived for; undefined if it is not managed by Catamaran. */
export function importOfService(metadata: Owned): string | undefined {
  return managedFor(metadata, MANAGED_BY, DERIVED_FROM);
}

/** Name of the ServiceImport that an EndpointSlice was derived for; undefined if it is not managed by Catamaran. */
export function importOfSlice(metadata: Owned): string | undefined {
  return managedFor(metadata, SLICE_MANAGED_BY, MCS_SERVICE_NAME);
}

/**
 * Whether a slice with these labels can have a cluster's own endpoints: slices imported by any implementation are never
 * exported again (KEP-1645, "Using EndpointSlice objects to track endpoints").
 */
export function isOwnEndpoints(labels: StringMap | undefined): boolean {
  return labels?.[SOURCE_CLUSTER] === undefined && labels?.[SLICE_MANAGED_BY] !== MANAGER && !isImportedSlice(labels);
}
