/** Time from a write to the API server until the response changes. */
import type { Api } from '../harness/api.ts';
import { openAsker } from './asker.ts';
import { changeAddress, domainOf, type Service } from './objects.ts';
import type { Server } from './servers.ts';

/** Discarded, since code is not compiled yet. */
const WARM_UP = 20;

export interface Changes {
  readonly api: Api;
  /** A headless Service. */
  readonly service: Service;
  /** Changes per server. */
  readonly count: number;
  readonly signal: AbortSignal;
}

/**
 * Changes an address of one Service repeatedly, for one server at a time. The server is queried without pause from
 * before the write until the response has the new address. Returns the ms of each change per server, in the given
 * order.
 */
export async function measureChanges(servers: readonly Server[], changes: Changes): Promise<readonly number[][]> {
  const { api, service, count, signal } = changes;
  const lanes: { readonly asker: Awaited<ReturnType<typeof openAsker>>; readonly samples: number[] }[] = [];
  try {
    for (const { port } of servers) lanes.push({ asker: await openAsker(port), samples: [] });
    let serial = 0;
    for (let i = 0; i < WARM_UP + count; i++) {
      for (const { asker, samples } of lanes) {
        serial += 1;
        // From a network without other endpoints.
        const address = `10.250.${serial >> 8}.${serial & 255}`;
        const from = performance.now();
        await Promise.all([
          asker.untilAnswered(domainOf(service), address, signal),
          changeAddress(api, service, address),
        ]);
        if (i >= WARM_UP) samples.push(performance.now() - from);
      }
    }
    return lanes.map(({ samples }) => samples);
  } finally {
    await Promise.all(lanes.map(({ asker }) => asker.close()));
  }
}
