/** The client interface of one cluster's API. `http-client.ts` implements it over undici; tests wrap it. */
import type { Duplex } from 'node:stream';
import type { JsonObject } from '../../api/json.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Resource } from '../../api/resources.ts';

/** `namespace` is absent for cluster-scoped resources. */
export interface ObjectName {
  readonly namespace?: string;
  readonly name: string;
}

/** An object as the API server sent it, of which only type and metadata are known. */
export type RawObject = KubeObject & JsonObject;

/** Options of every request. The client's own timeout applies with or without a signal. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
  /**
   * Called right before the request is sent, and before each retry. If it returns false, the request rejects with a
   * NotSentError. Default: true.
   */
  readonly maySend?: () => boolean;
  /** Does not wait for other requests: for the few, small ones that show that this client or the server lives. */
  readonly vital?: boolean;
}

export interface CreateOptions extends RequestOptions {
  /** Creates in a subresource of an object: `serviceaccounts/NAME/token`. */
  readonly within?: { readonly name: string; readonly subresource: string };
  /** The API server validates, and stores nothing. */
  readonly dryRun?: 'All';
  /** Default: that of the client. */
  readonly fieldManager?: string;
}

/** A list request. All pages are read; `limit` is the page size (default: 500), reduced if objects are large. */
export interface ListOptions extends RequestOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
}

/** The objects of a list, and the version from which a watch can continue. */
export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

/** One page of a list. */
export interface ListPage extends ObjectList<JsonObject> {
  /** Length of the response. */
  readonly bytes: number;
}

/** RFC 7386, RFC 6902, or server-side apply (which requires a field manager). */
export type PatchKind = 'merge' | 'json' | 'apply';

/** Preconditions of a delete; the API server responds with 409 if the object differs. */
export interface DeleteOptions extends RequestOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  /** The API server validates, and deletes nothing. */
  readonly dryRun?: 'All';
}

/** A change of one object in a watch, a bookmark, or an error of the stream. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: JsonObject;
  /** Length of the line. */
  readonly bytes: number;
}

/** A watch request. The server ends the stream after `timeoutSeconds`. */
export interface WatchOptions extends RequestOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly resourceVersion?: string;
  readonly timeoutSeconds: number;
  /** WatchList: the state first, as ADDED events, then a bookmark annotated `k8s.io/initial-events-end`. */
  readonly sendInitialEvents?: boolean;
  /** Called once the server has accepted the watch, which may be long before the first event. */
  readonly onOpen?: () => void;
}

/**
 * One API server. Every method rejects with an ApiError (`api-errors.ts`) that carries the server's Status, or with the
 * reason of the signal if it aborts.
 */
export interface KubeClient {
  /** Name of the cluster in logs and errors. */
  readonly cluster: string;
  get<T extends KubeObject = RawObject>(resource: Resource, object: ObjectName, options?: RequestOptions): Promise<T>;
  list<T extends KubeObject = RawObject>(resource: Resource, options?: ListOptions): Promise<ObjectList<T>>;
  /** Yields the items of all pages while they arrive, so that a caller can drop what it does not need. */
  pages(resource: Resource, options?: ListOptions): AsyncIterable<ListPage>;
  create<T extends KubeObject = RawObject>(
    resource: Resource,
    namespace: string | undefined,
    object: JsonObject,
    options?: CreateOptions,
  ): Promise<T>;
  update<T extends KubeObject = RawObject>(
    resource: Resource,
    object: JsonObject,
    options?: RequestOptions & { readonly subresource?: 'status' },
  ): Promise<T>;
  patch<T extends KubeObject = RawObject>(
    resource: Resource,
    object: ObjectName,
    patch: JsonObject | readonly JsonObject[],
    options?: RequestOptions & { readonly kind?: PatchKind; readonly subresource?: 'status'; readonly force?: boolean },
  ): Promise<T>;
  /** Resolves to false if the object does not exist. A resource that is not served is an error. */
  delete(resource: Resource, object: ObjectName, options?: DeleteOptions): Promise<boolean>;
  watch(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent>;
  /** `GET` of any path, for /version, /readyz and discovery. */
  raw(path: string, options?: RequestOptions): Promise<unknown>;
  /** Connects to a TCP port of a pod through the API server. Absent if the transport has no such connections. */
  readonly portForward?: (pod: ObjectName, port: number, signal: AbortSignal) => Promise<Duplex>;
  /**
   * Whether the files that the address, the certificate authority or the credentials come from now say otherwise, so
   * that a new client is needed. Absent if they do not come from files.
   */
  readonly isOutdated?: () => Promise<boolean>;
  /** Closes all connections, busy ones included; no request is possible afterwards. */
  close(): Promise<void>;
}
