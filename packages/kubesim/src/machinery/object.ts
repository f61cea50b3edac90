/** Objects as stored by the API server. They are never modified in place. */
import type { Json, JsonObject, StringMap } from './json.ts';

/** An entry of metadata.managedFields. Source: Kubernetes API reference, ManagedFieldsEntry. */
export type ManagedFields = {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** RFC 3339; absent from entries of the scale subresource. */
  readonly time?: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: JsonObject;
  readonly subresource?: string;
};

/** An entry of metadata.ownerReferences. */
export type Owner = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
};

/** ObjectMeta of a stored object. Times are RFC 3339 in UTC, in whole seconds. */
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

/** Namespace and name of an object; no namespace for cluster-scoped resources. */
export type ObjectKey = { readonly namespace?: string; readonly name: string };
