/** Resource definitions of the API server, the same for built-in and custom resources. */

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
  /** 0: always shown; 1: only with `-o wide`. */
  readonly priority: number;
}

/** Renders a version as a table. */
export interface Printer {
  readonly columns: readonly Column[];
  /** Cells in column order. `now`, in milliseconds since the epoch, is the reference for ages. */
  row(object: StoredObject, now: number): readonly Json[];
}

/** A served version. */
export interface Version {
  readonly name: string;
  readonly schema: OpenApiSchema;
  /** Default: name and age. */
  readonly printer?: Printer;
  /** Sent as a warning with every response for this version. */
  readonly warning?: string;
}

/** Paths to the fields of the scale subresource. Source: CustomResourceSubresourceScale. */
export interface ScalePaths {
  readonly specReplicas: string;
  readonly statusReplicas: string;
  readonly labelSelector?: string;
}

/** Context available to strategies. */
export interface StrategyContext {
  readonly settings: ClusterSettings;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Returns an object of any resource, named `group/plural` (`/services`, `apps/deployments`). */
  get(resource: ResourceName, key: ObjectKey): StoredObject | undefined;
  list(resource: ResourceName, namespace?: string): readonly StoredObject[];
}

/**
 * Resource-specific behavior. All functions are synchronous and, except for `committed`, pure. Order of a create:
 * schema defaults, `defaults`, metadata, `prepareCreate`, schema validation, `validateCreate`, `allocate`, store,
 * `committed`.
 */
export interface Strategy {
  /** Defaults that depend on other fields. Applied on every write, after the schema's defaults. */
  defaults?(object: JsonObject): JsonObject;
  /** Drops fields that clients must not set (such as `status`) and sets the server's own. */
  prepareCreate?(object: StoredObject, context: StrategyContext): StoredObject;
  /**
   * Like `prepareCreate`, for updates of the main resource. The server itself preserves `status` if it is a
   * subresource.
   */
  prepareUpdate?(object: StoredObject, old: StoredObject, context: StrategyContext): StoredObject;
  validateCreate?(object: StoredObject, context: StrategyContext): readonly FieldError[];
  validateUpdate?(object: StoredObject, old: StoredObject, context: StrategyContext): readonly FieldError[];
  /** The object to store on a write to the status subresource. Default: the old object with the new status. */
  prepareStatus?(object: StoredObject, old: StoredObject, context: StrategyContext): StoredObject;
  validateStatus?(object: StoredObject, old: StoredObject, context: StrategyContext): readonly FieldError[];
  /**
   * Assigns values that must be unique in the cluster, such as clusterIPs and node ports; returns errors on failure. It
   * also runs for dry runs, so values are reserved in `committed`, which is called for stored objects only.
   */
  allocate?(
    object: StoredObject,
    old: StoredObject | undefined,
    context: StrategyContext,
  ): StoredObject | readonly FieldError[];
  /** Called after a write. `object` is absent if it was removed, `old` if it was created. */
  committed?(object: StoredObject | undefined, old: StoredObject | undefined): void;
  /** Seconds between deletionTimestamp and removal, for graceful deletion (pods); 0 removes immediately. */
  graceSeconds?(object: StoredObject, asked: number | undefined): number;
  /** Warnings in response headers of a successful create or update. */
  warnings?(object: StoredObject): readonly string[];
  /** Values for field selectors, in addition to metadata.name and metadata.namespace. */
  fields?(object: StoredObject): Readonly<Record<string, string>>;
}

/** Valid object names: DNS subdomains, DNS labels (RFC 1123 or 1035), or any path segment. */
export type NameRule = 'subdomain' | 'label' | 'label1035' | 'segment';

/** A resource whose objects are stored by another one, such as `events.k8s.io/events` by `/events`. */
export interface View {
  readonly of: ResourceName;
  toStored(object: JsonObject): JsonObject;
  fromStored(object: StoredObject): StoredObject;
}

export interface ResourceDefinition {
  /** Empty for the core group. */
  readonly group: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  /** Such as `all`. */
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Served versions, preferred first. */
  readonly versions: readonly [Version, ...Version[]];
  /** Version of stored objects. The versions of a built-in resource differ in apiVersion only. */
  readonly storageVersion: string;
  readonly status: boolean;
  readonly scale?: ScalePaths;
  /** Whether changes to spec increment metadata.generation. */
  readonly generation: boolean;
  /** Default: `subdomain`. */
  readonly names?: NameRule;
  /** An update of a missing object creates it. Default: 404. */
  readonly createOnUpdate?: boolean;
  /** Updates must carry a resourceVersion. Default: optional. */
  readonly versionedUpdates?: boolean;
  /** DELETE returns the object. Default: a Status. */
  readonly returnsDeleted?: boolean;
  /** Defined by a CRD: writes are validated by the schema, and type mismatches are field errors. */
  readonly custom?: boolean;
  readonly view?: View;
  readonly strategy: Strategy;
}
