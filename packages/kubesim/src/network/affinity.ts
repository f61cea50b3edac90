/**
 * Session affinity: a client keeps its endpoint. Source: Kubernetes documentation, "Virtual IPs and Service Proxies",
 * Session affinity.
 */
import type { Clock } from '../machinery/runtime.ts';
import type { Service } from '../workloads/kinds.ts';
import type { Destination } from './service-endpoints.ts';

const DEFAULT_TIMEOUT_SECONDS = 10_800;

/** Number of entries from which expired ones are removed. */
const SWEEP_AT = 1000;

interface Stay {
  readonly address: string;
  readonly until: number;
}

/** Endpoints assigned to clients, in one cluster. */
export class Affinity {
  readonly #clock: Clock;
  readonly #stays = new Map<string, Stay>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The endpoint assigned to the client, if it is still among the candidates; otherwise assigns the result of `choose`.
   */
  choose(
    { metadata, spec }: Service,
    port: number,
    client: string,
    destinations: readonly Destination[],
    choose: () => Destination | undefined,
  ): Destination | undefined {
    if (spec.sessionAffinity !== 'ClientIP') return choose();
    const now = this.#clock.now();
    const id = `${metadata.uid} ${port} ${client}`;
    const stay = this.#stays.get(id);
    const kept = stay && stay.until > now && destinations.find(({ address }) => address === stay.address);
    const chosen = kept || choose();
    const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
    if (chosen) this.#stays.set(id, { address: chosen.address, until: now + timeout * 1000 });
    if (this.#stays.size > SWEEP_AT) this.#sweep(now);
    return chosen;
  }

  #sweep(now: number): void {
    for (const [id, { until }] of this.#stays) if (until <= now) this.#stays.delete(id);
  }
}
