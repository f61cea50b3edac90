/** What the API server knows of a resource. Built-in ones and those of CRDs are the same thing to it. */

import type { ClusterSettings } from './cluster-settings.ts';
import type { FieldError } from './field-error.ts';
import type { Json, JsonObject } from './json.ts';
import type { ObjectKey, StoredObject } from './object.ts';
import type { ResourceName } from './resource-name.ts';
import type { OpenApiSchema } from './schema.ts';

/** A column of `kubectl get`. Source: Kubernetes API, meta/v1 TableColumnDefinition. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format: string;
  readonly description: string;
  /** 0: always shown; 1: with `-o wide`. */
  readonly priority: number;
}

/** How a version is shown as a table. */
export interface Printer {
  readonly columns: readonly Column[];
  /** Cells in the order of the columns; ages are counted to `now`, in milliseconds since the epoch. */
  row(object: StoredObject, now: number): readonly Json[];
}

/** A served version. */
export interface Version {
  readonly name: string;
  readonly schema: OpenApiSchema;
  /** Absent: name and age. */
  readonly printer?: Printer;
  /** Sent as a warning with every response in this version. */
  readonly warning?: string;
}

/** Where the numbers of the scale subresource are. Source: CustomResourceSubresourceScale. */
export interface ScalePaths {
  readonly specReplicas: string;
  readonly statusReplicas: string;
  readonly labelSelector?: string;
}

/** What a strategy may look at. */
export interface StrategyContext {
  readonly settings: ClusterSettings;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** An object of any resource, by `group/plural` (`/services`, `apps/deployments`). */
  get(resource: ResourceName, key: ObjectKey): StoredObject | undefined;
  list(resource: ResourceName, namespace?: string): readonly StoredObject[];
}

/**
 * What is particular to a resource. All functions are synchronous and pure but `committed`. The order of a create is:
 * schema defaults, `defaults`, metadata, `prepareCreate`, schema validation, `validateCreate`, `allocate`, store, `committed`.
 */
export interface Strategy {
  /** Defaults that depend on other fields; on every write, after those of the schema. */
  defaults?(object: JsonObject): JsonObject;
  /** Drops what a client may not set (as `status`) and sets what the server does. */
  prepareCreate?(object: StoredObject, context: StrategyContext): StoredObject;
  /** As `prepareCreate`, for updates of the main resource. The server keeps `status` itself where it is a subresource. */
  prepareUpdate?(object: StoredObject, old: StoredObject, context: StrategyContext): StoredObject;
  validateCreate?(object: StoredObject, context: StrategyContext): readonly FieldError[];
  validateUpdate?(object: StoredObject, old: StoredObject, context: StrategyContext): readonly FieldError[];
  /** What a write of the status subresource stores. Absent: the old object with the new status. */
  prepareStatus?(object: StoredObject, old: StoredObject, context: StrategyContext): StoredObject;
  validateStatus?(object: StoredObject, old: StoredObject, context: StrategyContext): readonly FieldError[];
  /**
   * Fills what must be unique in the cluster, such as clusterIPs and node ports; gives errors where it cannot. Also for a
   * dry run, so it keeps nothing: `committed` tells what was really stored.
   */
  allocate?(
    object: StoredObject,
    old: StoredObject | undefined,
    context: StrategyContext,
  ): StoredObject | readonly FieldError[];
  /** After a write: `object` is absent when it was removed, `old` when it is new. */
  committed?(object: StoredObject | undefined, old: StoredObject | undefined): void;
  /** Seconds between deletionTimestamp and removal, where the resource is deleted gracefully (pods); 0 removes at once. */
  graceSeconds?(object: StoredObject, asked: number | undefined): number;
  /** What a client is told of a create or an update that succeeds, by headers of the answer. */
  warnings?(object: StoredObject): readonly string[];
  /** Values for field selectors, besides metadata.name and metadata.namespace. */
  fields?(object: StoredObject): Readonly<Record<string, string>>;
}

/** How the objects of a resource may be named: as DNS subdomains, DNS labels (RFC 1123 or 1035), or any path segment. */
export type NameRule = 'subdomain' | 'label' | 'label1035' | 'segment';

/** A resource whose objects another resource stores, as `events.k8s.io/events` are those of `/events`. */
export interface View {
  readonly of: ResourceName;
  toStored(object: JsonObject): JsonObject;
  fromStored(object: StoredObject): StoredObject;
}

/** A resource. */
export interface ResourceDefinition {
  /** Empty for core. */
  readonly group: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  /** Such as `all`. */
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Served versions, the preferred one first. */
  readonly versions: readonly [Version, ...Version[]];
  /** Version that objects are kept in; those of our resources differ in apiVersion only. */
  readonly storageVersion: string;
  readonly status: boolean;
  readonly scale?: ScalePaths;
  /** Whether spec changes count metadata.generation. */
  readonly generation: boolean;
  /** Absent: `subdomain`. */
  readonly names?: NameRule;
  /** An update of a missing object makes it. Absent: 404. */
  readonly createOnUpdate?: boolean;
  /** An update must carry a resourceVersion. Absent: it may. */
  readonly versionedUpdates?: boolean;
  /** A delete answers with the object. Absent: with a Status. */
  readonly returnsDeleted?: boolean;
  /** Made by a CRD: writes are validated by the schema, and wrong types are errors of fields. */
  readonly custom?: boolean;
  readonly view?: View;
  readonly strategy: Strategy;
}
