/** Sessions in memory: they end with the process. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { TokenBucket } from '../../../kube/token-bucket.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { RequestProblem } from '../problem.ts';
import type { Account, Accounts } from './accounts.ts';

/** A session that is not used for this time ends, in ms. */
const IDLE_MS = 12 * 60 * 60_000;
/** A token is reviewed again after this time, in ms. */
const REVIEW_MS = 60_000;
/** A token that cannot be reviewed, because the API server does not respond, is accepted for this time, in ms. */
const TRUST_MS = 5 * 60_000;
const MOST_SESSIONS = 1_000;
/** Unknown tokens that are reviewed: a burst, and one more per refill period. */
const SIGN_INS = 20;
const SIGN_IN_MS = 500;

export interface OpenSession {
  readonly account: Account;
  readonly csrf: string;
  /** Absent if every request carries its token. */
  readonly id?: string;
  /** Whether it still exists. Asks for a new review of its token when it is due. */
  isValid(): boolean;
}

interface Entry {
  account: Account | undefined;
  readonly token: string | undefined;
  usedAt: number;
  reviewedAt: number;
  reviewing: Promise<void> | undefined;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

export class SessionStore {
  readonly #accounts: Accounts;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #secret = randomBytes(32);
  readonly #signIns: TokenBucket;

  constructor(accounts: Accounts, clock: Clock) {
    this.#accounts = accounts;
    this.#clock = clock;
    this.#signIns = new TokenBucket(SIGN_INS, SIGN_IN_MS, clock.now());
  }

  /** The ID of a new session; undefined if the code is wrong or was used. */
  redeem(code: string): string | undefined {
    const account = this.#accounts.redeem?.(code);
    return account && this.#open(account, undefined);
  }

  /** The ID of a new session; undefined if the token is not valid. */
  async signIn(token: string): Promise<string | undefined> {
    this.#admit();
    const account = await this.#accounts.authenticate?.(token);
    return account && this.#open(account, token);
  }

  /** A client that guesses tokens must not occupy the API server. @throws RequestProblem 429 */
  #admit(): void {
    if (this.#signIns.take(this.#clock.now())) return;
    throw new RequestProblem(429, 'CTM_CONSOLE_SESSION', 'too many sign-ins; try again in a few seconds');
  }

  end(id: string): void {
    this.#entries.delete(digest(id));
  }

  /** The session of a cookie. */
  async ofCookie(id: string): Promise<OpenSession | undefined> {
    const session = await this.#session(digest(id));
    return session && { ...session, id };
  }

  /** A session of a request that carries a token. */
  async ofToken(token: string): Promise<OpenSession | undefined> {
    if (!this.#accounts.authenticate) return undefined;
    // A token must not be found by the ID of a cookie.
    const key = `bearer/${digest(token)}`;
    if (!this.#entries.has(key)) {
      this.#admit();
      const account = await this.#accounts.authenticate(token);
      if (!account) return undefined;
      this.#enter(key, account, token);
    }
    return this.#session(key);
  }

  #open(account: Account, token: string | undefined): string {
    const id = randomBytes(32).toString('base64url');
    this.#enter(digest(id), account, token);
    return id;
  }

  #enter(key: string, account: Account, token: string | undefined): void {
    const now = this.#clock.now();
    this.#entries.set(key, { account, token, usedAt: now, reviewedAt: now, reviewing: undefined });
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size > MOST_SESSIONS) this.#entries.delete(oldest);
  }

  async #session(key: string): Promise<OpenSession | undefined> {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    await this.#review(entry);
    const { account } = entry;
    if (!account || !this.#isValid(key, entry)) {
      this.#entries.delete(key);
      return undefined;
    }
    entry.usedAt = this.#clock.now();
    // The most recently used is last.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return {
      account,
      // Of a token: that of its user, since a proxy may renew the token at any time.
      csrf: this.#csrf(key.startsWith('bearer/') ? `user/${account.user ?? ''}` : key),
      isValid: () => {
        const current = this.#entries.get(key);
        if (current !== entry || !this.#isValid(key, entry)) return false;
        void this.#review(entry);
        return true;
      },
    };
  }

  #csrf(key: string): string {
    return createHmac('sha256', this.#secret).update(key).digest('base64url');
  }

  #isValid(key: string, { account, usedAt, reviewedAt, token }: Entry): boolean {
    const now = this.#clock.now();
    return (
      this.#entries.has(key) &&
      account !== undefined &&
      now - usedAt < IDLE_MS &&
      (token === undefined || now - reviewedAt < TRUST_MS)
    );
  }

  /** Reviews the token when it is due. */
  #review(entry: Entry): Promise<void> {
    const { token, reviewedAt } = entry;
    const { authenticate } = this.#accounts;
    if (token === undefined || !authenticate || this.#clock.now() - reviewedAt < REVIEW_MS) return Promise.resolve();
    entry.reviewing ??= authenticate(token)
      .then((account) => {
        entry.account = account;
        entry.reviewedAt = this.#clock.now();
      })
      // The API server does not respond: the last review counts for a while.
      .catch(() => {})
      .finally(() => {
        entry.reviewing = undefined;
      });
    return entry.reviewing;
  }
}

export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
