/** Where a reflector puts what it reads. */
import type { JsonObject } from '../../api/json.ts';

/**
 * Receives the objects of one resource. A full reading is bracketed by `listStarted` and `listed`: what the sink holds
 * and was not `upserted` in between is gone from the server (diff on relist). A reading that fails is followed by
 * another `listStarted`, never by `listed`, so that a partial reading removes nothing.
 *
 * Objects are handed over as parsed JSON, which the sink slims down or drops at once.
 */
export interface Sink {
  listStarted(): void;
  upserted(object: JsonObject): void;
  removed(object: JsonObject): void;
  listed(resourceVersion: string): void;
}

/** How a reflector stands with its API server. */
export type ReflectorState =
  /** No full reading has succeeded yet. */
  | { readonly phase: 'starting'; readonly error?: Error }
  /** The last exchange succeeded; the watch is open or being renewed. */
  | { readonly phase: 'watching' }
  /** A full reading succeeded once; since `since` (ms since the epoch) the server has answered nothing useful. */
  | { readonly phase: 'lost'; readonly since: number; readonly error: Error };
