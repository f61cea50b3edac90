/** The overview of a large fleet, with a member that hangs. */
import { expect, it, vi } from 'vitest';
import { parseFleet } from '../../../../../src/config/parse.ts';
import { Fleet } from '../../../../../src/fleet/fleet.ts';
import type { KubeClient } from '../../../../../src/kube/client/client.ts';
import { systemClock } from '../../../../../src/runtime/clock.ts';
import { LeaseReader } from '../../../../../src/server/console/rows/lease-reader.ts';
import { memberSummaries } from '../../../../../src/server/console/rows/member-summaries.ts';
import { EVERYTHING } from '../../../../../src/server/console/scope.ts';
import { FakeApi } from '../../../../support/fake-api.ts';
import { silent } from '../../../../support/silent-log.ts';

const MEMBERS = 500;

it('500 members are shown while one does not answer, and their Leases are read once for all pages', async () => {
  const members = Array.from({ length: MEMBERS }, (_, i) => ({ name: `m${i}`, context: `m${i}` }));
  const config = parseFleet(
    JSON.stringify({ apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec: { members } }),
    { file: '/fleet.yaml' },
  );
  let leases = 0;
  const hanging = new Promise<never>(() => {});
  const fleet = new Fleet(config, {
    connect: async ({ name }) => {
      const client = new FakeApi(name).client();
      const get: KubeClient['get'] = async (resource, object, options) => {
        if (resource.plural !== 'leases') return client.get(resource, object, options);
        leases++;
        if (name === 'm7') return hanging;
        return {
          metadata: {},
          spec: { holderIdentity: 'replica', renewTime: new Date().toISOString(), leaseDurationSeconds: 15 },
        } as never; // a Lease
      };
      return { ...client, get };
    },
    clock: systemClock,
    random: Math.random,
    logger: silent,
    changed: () => {},
    memberChanged: () => {},
    watchRestarted: () => {},
  });
  try {
    await fleet.apply(config);
    await vi.waitFor(() => expect(fleet.members.filter(({ state }) => state.phase === 'ready')).toHaveLength(MEMBERS), {
      timeout: 25_000,
      interval: 50,
    });
    const sources = { fleet, leases: new LeaseReader(fleet, systemClock) };
    const { signal } = new AbortController();
    const pages = await Promise.all(Array.from({ length: 20 }, () => memberSummaries(sources, EVERYTHING, signal)));
    for (const page of pages) {
      expect(page.filter(({ writer }) => writer.state === 'active')).toHaveLength(MEMBERS - 1);
      expect(page[7]).toMatchObject({ name: 'm7', state: 'ready', writer: { state: 'unknown' } });
    }
    expect(leases).toBe(MEMBERS);
    // The one that hangs is not asked again while it is being asked.
    await memberSummaries(sources, EVERYTHING, signal);
    expect(leases).toBe(MEMBERS);
    expect(JSON.stringify(pages[0]).length).toBeLessThan(200_000);
  } finally {
    await fleet.close();
  }
});
