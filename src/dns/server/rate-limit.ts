/**
 * Response rate limiting: source addresses can be forged, so the server must not be usable to flood a victim. For a
 * client over its rate, every second response is an empty one that redirects it to TCP, and the others are dropped:
 * real clients are still served, and an attack is not amplified.
 *
 * Source: the "slip" of BIND's response rate limiting (ISC, "Using Response Rate Limiting").
 */

export type Verdict = 'send' | 'truncate' | 'drop';

/** Minimum number of networks that are tracked; the maximum is twice that. The least recently seen are dropped. */
const GENERATION = 2048;

interface Bucket {
  tokens: number;
  /** Time at which `tokens` was computed, in ms. */
  at: number;
  slip: boolean;
}

/** A token bucket per client network: /24 for IPv4, /56 for IPv6. */
export class RateLimit {
  readonly #perSecond: number;
  #recent = new Map<string, Bucket>();
  /** The previous generation. */
  #older: ReadonlyMap<string, Bucket> = new Map();

  /** @param perSecond responses per second and client network, also the burst size; 0 disables the limit. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** @param now milliseconds from an arbitrary origin. */
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

  /** Drops a whole generation at once, since in a flood from forged addresses every query adds a network. */
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

/** The network of an address. IPv4-mapped IPv6 addresses count as IPv4. */
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
