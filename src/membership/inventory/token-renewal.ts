/**
 * Renews the tokens of members that `catamaran join` added, with the tokens themselves. Every replica does: one that
 * finds a renewed token has nothing to do, and two new tokens are both valid.
 */
import { SECRETS } from '../../api/resources.ts';
import type { KubeClient, ObjectName } from '../../kube/client/client.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { toError } from '../../runtime/thrown.ts';
import { claimsOf, requestToken } from '../account-token.ts';

/** A token that an inventory stores. */
export interface StoredToken {
  readonly member: string;
  readonly source: string;
  readonly secret: ObjectName;
  readonly token: string;
  /** How long new tokens should be valid, in ms. */
  readonly lifetimeMs: number;
}

export interface TokenRenewalOptions {
  /** The tokens at this time. */
  readonly tokens: () => readonly StoredToken[];
  readonly connectMember: (token: StoredToken) => Promise<KubeClient>;
  readonly connectStore: (token: StoredToken) => Promise<KubeClient>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Interval at which the times are compared, in ms. */
const CHECK_MS = 30_000;
/** Part of its lifetime after which a token is renewed, and by how much replicas differ. */
const RENEW_AT = 0.5;
const SPREAD = 0.1;
/** Wait after a failure, in ms. */
const RETRY_MS = 60_000;

export class TokenRenewal {
  readonly #options: TokenRenewalOptions;
  readonly #share: number;
  /** By source: the time of the next attempt after a failure. */
  readonly #failed = new Map<string, number>();

  constructor(options: TokenRenewalOptions) {
    this.#options = options;
    this.#share = RENEW_AT + options.random() * SPREAD;
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.check(signal);
      await this.#options.clock.sleep(CHECK_MS, signal).catch(() => {});
    }
  }

  /** Renews what is due. Failures are logged. */
  async check(signal: AbortSignal): Promise<void> {
    const { tokens, clock } = this.#options;
    const due = tokens().filter((token) => this.#isDue(token, clock.now()));
    await Promise.all(due.map((token) => this.#renew(token, signal)));
  }

  #isDue({ token, source }: StoredToken, now: number): boolean {
    const claims = claimsOf(token);
    if (!claims || now < (this.#failed.get(source) ?? 0)) return false;
    const { issuedAt, expiresAt } = claims;
    return now >= issuedAt + (expiresAt - issuedAt) * this.#share;
  }

  async #renew(stored: StoredToken, signal: AbortSignal): Promise<void> {
    const { clock, logger, connectMember, connectStore } = this.#options;
    const claims = claimsOf(stored.token);
    if (!claims) return;
    const log = logger.child({ member: stored.member, source: stored.source });
    try {
      const renewed = await using(connectMember(stored), (client) =>
        requestToken(client, claims, stored.lifetimeMs, signal),
      );
      const data = { token: Buffer.from(renewed.token).toString('base64') };
      await using(connectStore(stored), (client) => client.patch(SECRETS, stored.secret, { data }, { signal }));
      this.#failed.delete(stored.source);
      log.info({ expiresAt: new Date(renewed.expiresAt).toISOString() }, 'token renewed');
    } catch (error) {
      if (signal.aborted) return;
      this.#failed.set(stored.source, clock.now() + RETRY_MS);
      const hasExpired = clock.now() >= claims.expiresAt;
      const expiresAt = new Date(claims.expiresAt).toISOString();
      const remedy = 'catamaran join again stores a new token';
      log[hasExpired ? 'error' : 'warn'](
        { err: toError(error), expiresAt, remedy },
        hasExpired ? 'token has expired and cannot be renewed' : 'token could not be renewed, retrying',
      );
    }
  }
}

async function using<T>(connecting: Promise<KubeClient>, use: (client: KubeClient) => Promise<T>): Promise<T> {
  const client = await connecting;
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
