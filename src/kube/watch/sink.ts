/** Receiver of the objects that a reflector reads. */
import type { JsonObject } from '../../api/json.ts';

/**
 * Receives the objects of one resource. A full list is bracketed by `listStarted` and `listed`: objects of the sink
 * that were not `upserted` in between no longer exist on the server (diff on relist). A failed list is followed by
 * another `listStarted`, never by `listed`, so a partial list removes nothing.
 *
 * Objects are passed as parsed JSON, which the sink slims down or drops at once.
 */
export interface Sink {
  listStarted(): void;
  /** `bytes` is the length of the object's JSON. */
  upserted(object: JsonObject, bytes: number): void;
  removed(object: JsonObject): void;
  listed(resourceVersion: string): void;
  /** The versions of the server start again, lower than before, as after a restore of etcd. A full list follows. */
  restarted(): void;
  /**
   * Reads the objects that the sink has in a version after that of a full list, and removes those that are gone.
   * Resolves to true as soon as `read` returns an older version: those of the server have started again.
   */
  confirm?(listed: string, read: (name: string) => Promise<JsonObject | undefined>): Promise<boolean>;
  /** What is kept of the API server, in bytes. Absent: nothing. */
  readonly bytes?: number;
  /** The maximum of `bytes`. Default: that of the reflector. */
  readonly most?: number;
}

/** State of a reflector's connection to its API server. */
export type ReflectorState =
  /** No full list has succeeded yet. */
  | { readonly phase: 'starting'; readonly error?: Error }
  /** The last request succeeded; the watch is open or being renewed. */
  | { readonly phase: 'watching' }
  /** A full list succeeded once; requests have been failing since `since` (ms since the epoch). */
  | { readonly phase: 'lost'; readonly since: number; readonly error: Error };
