/**
 * Response rate limiting: a server that answers whatever address a question names must not be made to flood it. A client
 * over its rate gets every second answer as an empty one that sends it to TCP, and no answer otherwise, so that a
 * client that is real is served and a forged one is not worth the trouble.
 *
 * Source: the "slip" of BIND's response rate limiting (ISC, "Using Response Rate Limiting").
 */

export type Verdict = 'send' | 'truncate' | 'drop';

/** Networks that are remembered at least; twice as many at most. Those not heard of for longest are forgotten. */
const GENERATION = 2048;

interface Bucket {
  tokens: number;
  /** Milliseconds at which `tokens` was right. */
  at: number;
  slip: boolean;
}

/** Counts responses for each client network: /24 of IPv4, /56 of IPv6. */
export class RateLimit {
  readonly #perSecond: number;
  #recent = new Map<string, Bucket>();
  /** Those of before `recent` was begun. */
  #older: ReadonlyMap<string, Bucket> = new Map();

  /** @param perSecond responses a second for each client network; 0 limits nothing. A burst may take one second's. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** @param now milliseconds, from any start. */
  check(address: string, now: number): Verdict {
    if (this.#perSecond === 0) return 'send';
    const network = networkOf(address);
    const bucket = this.#recent.get(network) ?? this.#remember(network, now);
    const elapsed = Math.max(0, now - bucket.at);
    bucket.tokens = Math.min(this.#perSecond, bucket.tokens + (elapsed * this.#perSecond) / 1000);
    bucket.at = now;
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return 'send';
    }
    bucket.slip = !bucket.slip;
    return bucket.slip ? 'truncate' : 'drop';
  }

  /** Forgets a whole generation at once: under a flood from forged networks there is a new one with each question. */
  #remember(network: string, now: number): Bucket {
    if (this.#recent.size >= GENERATION) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    const bucket = this.#older.get(network) ?? { tokens: this.#perSecond, at: now, slip: false };
    this.#recent.set(network, bucket);
    return bucket;
  }
}

/** The network of an address; an IPv4 address that came by an IPv6 socket counts as IPv4. */
export function networkOf(address: string): string {
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+)\.\d+$/.exec(address)?.[1];
  if (v4 !== undefined) return v4;
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
  const [a, b, c, d] = groups.map((group) => Number.parseInt(group, 16));
  return [a, b, c, (d ?? 0) >> 8].map((group) => (group ?? 0).toString(16)).join(':');
}
