/**
 * Kubernetes object metadata, reduced to what Catamaran reads and writes.
 *
 * Source: Kubernetes API conventions, "Objects" and "Typical status properties".
 */

import type { JsonObject } from './json.ts';

/** Labels or annotations. */
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

/** The fields of one manager; `fieldsV1` has an empty object per field. Source: server-side apply documentation. */
export interface ManagedFieldsEntry {
  readonly manager?: string;
  /** Apply for server-side apply, Update for every other write. */
  readonly operation?: string;
  readonly fieldsV1?: JsonObject;
}

/** `creationTimestamp` is RFC 3339, in UTC, to the second. */
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

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** metav1.Condition. `lastTransitionTime` changes only with `status`. `message` has at most 32,768 characters. */
export interface Condition {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

export type IPFamily = 'IPv4' | 'IPv6';

/** `namespace/name`, shared by all exports of a Service across the clusterset. */
export type ServiceKey = `${string}/${string}`;

export function serviceKey(namespace: string, name: string): ServiceKey {
  return `${namespace}/${name}`;
}

/** Kubernetes names contain no slash, so the first one separates. */
export function splitKey(key: ServiceKey): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
