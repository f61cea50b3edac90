/** Objects as the API server keeps them. They are never changed in place. */
import type { Json, JsonObject, StringMap } from './json.ts';

/** A line of metadata.managedFields: who owns which fields. Source: Kubernetes API reference, ManagedFieldsEntry. */
export type ManagedFields = {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** RFC 3339; a line of the scale subresource has none. */
  readonly time?: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: JsonObject;
  readonly subresource?: string;
};

/** A reference to an owner, as in metadata.ownerReferences. */
export type Owner = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
};

/** ObjectMeta of an object that is stored. Times are RFC 3339, in UTC, to the second. */
export type StoredMetadata = {
  readonly name: string;
  readonly namespace?: string;
  readonly generateName?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  readonly ownerReferences?: readonly Owner[];
  readonly finalizers?: readonly string[];
  readonly managedFields?: readonly ManagedFields[];
};

/** A stored object, in the storage version of its resource. */
export type StoredObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: StoredMetadata;
  readonly [field: string]: Json | undefined;
};

/** Namespace and name of an object; without a namespace for cluster-scoped resources. */
export type ObjectKey = { readonly namespace?: string; readonly name: string };
