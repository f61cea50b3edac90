/** How long a change in the API server takes to show in the answers. */
import type { Api } from '../harness/api.ts';
import { openAsker } from './asker.ts';
import { changeAddress, domainOf, type Service } from './objects.ts';
import type { Server } from './servers.ts';

/** Left out: what code costs before it is compiled. */
const WARM_UP = 20;

/** What is changed. */
export interface Changes {
  readonly api: Api;
  /** A headless one. */
  readonly service: Service;
  /** Changes for each server. */
  readonly count: number;
  readonly signal: AbortSignal;
}

/**
 * Changes an address of one Service again and again. One server after the other is asked for it, without a pause, from
 * before the write until the new address is in the answer. Gives the ms of each change by server, in the order given.
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
        // Of a network that no endpoint is in.
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
