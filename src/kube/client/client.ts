/** The API of one cluster, as the rest of the program sees it. `http.ts` makes one over undici; tests wrap it. */
import type { JsonObject } from '../../api/json.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Resource } from '../../api/resources.ts';

/** Namespace (absent for cluster-wide resources) and name of an object. */
export interface ObjectName {
  readonly namespace?: string;
  readonly name: string;
}

/** An object as the API server sent it, of which nothing is known beyond its type and metadata. */
export type RawObject = KubeObject & JsonObject;

/** What every request takes. Without a signal a request ends at the client's own time limit. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
  /**
   * Asked each time that the request is about to be sent: once its turn has come, and again before it is repeated. Where
   * it says no, the request rejects with a NotSentError. Default: yes.
   */
  readonly maySend?: () => boolean;
}

/** A list request; `limit` is the page size, 500 where absent. All pages are read. */
export interface ListOptions extends RequestOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
}

/** The objects of a list, and the version that a watch can go on from. */
export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

/** How a patch is meant: RFC 7386, RFC 6902, or server-side apply (which needs the client's field manager). */
export type PatchKind = 'merge' | 'json' | 'apply';

/** What a delete insists on; the API server answers 409 where the object differs. */
export interface DeleteOptions extends RequestOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
}

/** A change of one object in a watch, a bookmark, or an error of the stream. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: JsonObject;
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
 * One API server. Every method rejects with an ApiError (`errors.ts`) that carries the server's Status,
 * or with the signal's reason when it aborts.
 */
export interface KubeClient {
  /** Name of the cluster in logs and errors. */
  readonly cluster: string;
  get<T extends KubeObject = RawObject>(resource: Resource, object: ObjectName, options?: RequestOptions): Promise<T>;
  list<T extends KubeObject = RawObject>(resource: Resource, options?: ListOptions): Promise<ObjectList<T>>;
  /** Yields the items of all pages while they arrive, so that a caller can drop what it does not need. */
  pages(resource: Resource, options?: ListOptions): AsyncIterable<ObjectList<JsonObject>>;
  create<T extends KubeObject = RawObject>(
    resource: Resource,
    namespace: string | undefined,
    object: JsonObject,
    options?: RequestOptions,
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
  /** A missing object is not an error here: it gives false. A resource that is not served is one. */
  delete(resource: Resource, object: ObjectName, options?: DeleteOptions): Promise<boolean>;
  watch(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent>;
  /** `GET` of any path, for /version, /readyz and discovery. */
  raw(path: string, options?: RequestOptions): Promise<unknown>;
  /** Ends idle and busy connections; no request is possible afterwards. */
  close(): Promise<void>;
}
