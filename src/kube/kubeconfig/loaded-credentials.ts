import type { Clock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { toError } from '../../runtime/thrown.ts';
import { authorization, type Credentials, type Identity, raceAbort } from './credentials.ts';

/** `expiresAt` is in milliseconds since the epoch; absent: never. */
export interface Loaded {
  readonly identity: Identity;
  readonly expiresAt?: number;
}

/** Waits after consecutive failures, in milliseconds; each is twice as long as the one before. */
export interface FailureWaits {
  readonly firstMs: number;
  readonly longestMs: number;
}

export interface LoadedOptions {
  readonly load: () => Promise<Loaded>;
  readonly clock: Clock;
  /** Names the credentials in errors. */
  readonly source: string;
  /** For loads that are expensive. Default: every request tries again. */
  readonly waits?: FailureWaits;
}

/** Credentials that the server rejects within this time after they were loaded were never valid, in ms. */
const REJECTED_MS = 60_000;
/** A failure later than this after the previous one is the first of a series, in ms. */
const SERIES_MS = 300_000;

/**
 * Credentials that are loaded on first use, when they expire and after a 401. Concurrent requests share one load. If a
 * load fails, expired credentials stay in use as long as the server accepts them; without any, the error is thrown, and
 * a request after the wait tries again.
 */
export class LoadedCredentials implements Credentials {
  readonly #options: LoadedOptions;
  #current: Loaded | undefined;
  #loadedAt = 0;
  #loading: Promise<Loaded> | undefined;
  /** The last failure, and the time before which nothing is loaded. */
  #failure: { readonly error: Error; readonly at: number; readonly until: number; readonly count: number } | undefined;

  constructor(options: LoadedOptions) {
    this.#options = options;
  }

  async headers(signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return authorization(await this.#identity(signal));
  }

  async certificate(signal?: AbortSignal): Promise<Identity['certificate']> {
    return (await this.#identity(signal)).certificate;
  }

  invalidate(headers?: Readonly<Record<string, string>>): void {
    const used = headers?.authorization;
    const current = this.#current;
    if (!current || (used !== undefined && used !== authorization(current.identity).authorization)) return;
    this.#current = undefined;
    if (this.#options.clock.now() - this.#loadedAt >= REJECTED_MS) return;
    const message = `${this.#options.source}: the API server rejected new credentials`;
    // The first one may have been revoked just now: its successor is loaded at once.
    this.#failed(new CatamaranError('CTM_CREDENTIALS', message), 1);
  }

  #identity(signal?: AbortSignal): Promise<Identity> {
    return signal ? raceAbort(this.#usable(), signal) : this.#usable();
  }

  async #usable(): Promise<Identity> {
    const now = this.#options.clock.now();
    const last = this.#current;
    if (last && (last.expiresAt === undefined || now < last.expiresAt)) return last.identity;
    try {
      if (!this.#loading && this.#failure && now < this.#failure.until) throw this.#failure.error;
      this.#loading ??= this.#load().finally(() => {
        this.#loading = undefined;
      });
      return (await this.#loading).identity;
    } catch (error) {
      if (!last || this.#current !== last) throw error;
      return last.identity;
    }
  }

  async #load(): Promise<Loaded> {
    const { load, clock } = this.#options;
    try {
      const loaded = await load();
      this.#current = loaded;
      this.#loadedAt = clock.now();
      return loaded;
    } catch (error) {
      this.#failed(toError(error), 0);
      throw error;
    }
  }

  /** `free` is the number of failures in a series that need no wait. */
  #failed(error: Error, free: number): void {
    const { waits, clock } = this.#options;
    if (!waits) return;
    const at = clock.now();
    const before = this.#failure && at - this.#failure.at < SERIES_MS ? this.#failure.count : 0;
    const wait = before < free ? 0 : Math.min(waits.longestMs, waits.firstMs * 2 ** (before - free));
    this.#failure = { error, at, until: at + wait, count: before + 1 };
  }
}
