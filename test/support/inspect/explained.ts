/** What `explain` finds in a running fleet, from cluster2. */
import { expect, vi } from 'vitest';
import { survey } from '../../../src/controller/survey.ts';
import { podRoutes } from '../../../src/dns/coredns/pod-routes.ts';
import { parseName } from '../../../src/dns/wire/name.ts';
import { RCODE } from '../../../src/dns/wire/protocol.ts';
import { encodeQuery, parseMessage } from '../../../src/dns/wire/wire-message.ts';
import type { DnsRoutes } from '../../../src/inspect/explain/dns-hop.ts';
import { explain, type Path } from '../../../src/inspect/explain/explanation.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import type { HostileFleet } from '../hostile/hostile-fleet.ts';
import { silent } from '../silent-log.ts';

/** How to look at a fleet. */
export interface Look {
  /** A member that does not respond. */
  readonly lost?: string;
  /** Default: the DNS of cluster2 cannot be asked. */
  readonly dns?: DnsRoutes;
}

/** As from a laptop, without a way to the pods of the cluster's DNS. */
const notAsked: DnsRoutes = async (_, site) =>
  podRoutes(site, { clock: systemClock, random: () => 0, timeoutMs: 1_000 });

/** The DNS of cluster2 returns these addresses; NXDOMAIN if there are none. */
export function answering(...addresses: readonly string[]): DnsRoutes {
  return async () => [
    {
      where: 'the DNS of cluster2',
      ask: async (name, type) => {
        const query = parseMessage(encodeQuery({ id: 1, name: parseName(name), type }));
        const answers = addresses.map((data) => ({ name: parseName(name), type, ttl: 5, data }));
        return { ...query, rcode: addresses.length === 0 ? RCODE.NXDOMAIN : RCODE.NOERROR, answers };
      },
    },
  ];
}

/** How cluster2 reaches `ns/api`, which cluster1 is meant to export. */
export async function explained(
  fleet: HostileFleet,
  ns: string,
  { lost, dns = notAsked }: Look = {},
): Promise<Path | undefined> {
  const surroundings = {
    connect: async ({ name }: { readonly name: string }) => {
      if (name === lost) throw new Error('no route to host');
      return fleet.connect(name);
    },
    clock: systemClock,
    random: () => 0,
    logger: silent,
  };
  const { signal } = new AbortController();
  const { result } = await survey(fleet.config, surroundings, signal, (listed) => {
    const consumer = listed.member('cluster2');
    if (!consumer) throw new Error('cluster2 is not a member');
    return explain(listed, { key: `${ns}/api`, consumer, dnsRoutes: dns, now: systemClock.now(), signal });
  });
  return result.paths[0];
}

export interface Finding {
  readonly ns: string;
  readonly look?: Look;
  /** Another hop to find than the first. */
  readonly at?: string;
  /** The first broken hop, else the first warning, as `member hop: seen`; `nothing` if there is none. */
  readonly found: RegExp;
  /** Default: none. */
  readonly remedy?: RegExp;
}

/** Waits until explain finds a fault, and what to do about it. */
export async function expectFound(fleet: HostileFleet, { ns, look, at, found, remedy = /^$/ }: Finding): Promise<void> {
  await vi.waitFor(
    async () => {
      const path = await explained(fleet, ns, look);
      const first = path?.broken ?? path?.hops.find(({ result }) => result === 'warning');
      const hop = at === undefined ? first : path?.hops.find((each) => each.hop === at && each.result === 'broken');
      expect(hop ? `${hop.member} ${hop.hop}: ${hop.seen}` : 'nothing').toMatch(found);
      expect(hop?.remedy ?? '').toMatch(remedy);
    },
    { timeout: 20_000, interval: 200 },
  );
}
