/**
 * Kubernetes object metadata, reduced to what Catamaran reads and writes.
 *
 * Source: Kubernetes API conventions, "Objects" and "Typical status properties".
 */

import type { JsonObject } from './json.ts';

/** String maps: labels and annotations. */
export type StringMap = Readonly<Record<string, string>>;

/** A reference from a dependent to its owner; the garbage collector follows it by `uid`. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** What one client set of an object; `fieldsV1` has an empty member for each field. Server-side apply documentation. */
export interface ManagedFieldsEntry {
  readonly manager?: string;
  /** Apply for server-side apply, Update for every other write. */
  readonly operation?: string;
  readonly fieldsV1?: JsonObject;
}

/** The part of ObjectMeta that the project uses. `creationTimestamp` is RFC 3339, in UTC, to the second. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** Any Kubernetes object. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** Status of a condition. */
export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** metav1.Condition. `lastTransitionTime` moves only when `status` does. `message` holds at most 32,768 characters. */
export interface Condition {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

/** The two address families of a Service. */
export type IPFamily = 'IPv4' | 'IPv6';

/** `namespace/name`, the key that exports of one Service share over the whole clusterset. */
export type ServiceKey = `${string}/${string}`;

/** Joins a namespace and a name to the key of a multi-cluster Service. */
export function serviceKey(namespace: string, name: string): ServiceKey {
  return `${namespace}/${name}`;
}

/** Splits a key; Kubernetes names hold no slash, so the first one divides. */
export function splitKey(key: ServiceKey): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
