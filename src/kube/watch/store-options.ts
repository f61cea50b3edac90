import type { JsonObject } from '../../api/json.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Load } from './load.ts';

export interface StoreOptions<T> {
  /** The slim copy, or undefined to drop the object. If it throws, the object is set aside. */
  slim(object: JsonObject): T | undefined;
  /**
   * Called after a change of the store; `before` is undefined for an object that was new or set aside, `after` for one
   * that is removed or set aside now.
   */
  changed(name: string, before: T | undefined, after: T | undefined): void;
  /** What a value takes in memory, in bytes; `json` is the length of its JSON, 0 if unknown. Default: that. */
  readonly weigh?: (value: T, json: number) => number;
  /** Shared by the stores of one API server. Default: that of this store, without a maximum. */
  readonly load?: Load;
  readonly logger: Logger;
  /** Default: objects have a namespace. */
  readonly clusterScoped?: boolean;
}
