/** Leases against both API servers, for cases that the fake of the unit tests does not cover. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Lease } from '../../src/api/core.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import type { KubeClient } from '../../src/kube/client/client.ts';
import { LeaseHolder } from '../../src/kube/lease.ts';
import type { LeaseOptions } from '../../src/kube/lease-options.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { onBothServers } from '../support/api-servers/both-servers.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { type Candidacy, candidacy } from '../support/leases.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { accessOf, clientOf, newNamespace } from './api-clients.ts';

onBothServers((server) => {
  const NAME = 'catamaran-writer';
  const DURATIONS = { leaseMs: 2_000, renewDeadlineMs: 1_500, retryMs: 150 };

  let direct: KubeClient;
  let proxy: FaultProxy;
  let namespace: string;
  let stopAll: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    direct = clientOf(accessOf(server().access));
    proxy = await FaultProxy.start(server().access);
  });

  afterEach(async () => {
    await Promise.all(stopAll.map((stop) => stop()));
    stopAll = [];
    proxy.heal();
    await direct.delete(RESOURCES.namespaces, { name: namespace });
  });

  afterAll(async () => {
    await proxy.close();
    await direct.close();
  });

  function startCandidate(identity: string, options: Partial<LeaseOptions> = {}): Candidacy {
    const holder = new LeaseHolder({
      client: direct,
      namespace,
      name: NAME,
      identity,
      clock: systemClock,
      random: Math.random,
      logger: new MemoryLogger(),
      durations: DURATIONS,
      ...options,
    });
    const candidate = candidacy(holder);
    stopAll.push(candidate.stop);
    return candidate;
  }

  const lease = () => direct.get<Lease>(RESOURCES.leases, { namespace, name: NAME });

  async function held(candidate: Candidacy): Promise<void> {
    await expect.poll(() => candidate.holder.held(), { timeout: 15_000 }).toBe(true);
  }

  describe('a Lease', () => {
    it('has one holder if two start together, and passes to the other when released', async () => {
      namespace = await newNamespace(direct, 'lease');
      const candidates = [startCandidate('a'), startCandidate('b')];
      await expect.poll(() => candidates.filter(({ holder }) => holder.held()).length).toBe(1);
      const first = candidates.find(({ holder }) => holder.held());
      const second = candidates.find((candidate) => candidate !== first);
      if (!first || !second) throw new Error('no candidate holds the Lease');
      await expect.poll(() => second.holder.holder()).not.toBe('');
      expect(second.transitions).toEqual([]);

      await first.stop();
      expect(first.holder.held()).toBe(false);
      await held(second);
      expect((await lease()).spec).toMatchObject({ leaseDurationSeconds: 2, leaseTransitions: 1 });
      expect(first.transitions).toEqual(['acquired', 'lost']);
    });

    it('passes to the other when its holder is cut off, which no longer considers itself the holder by then', async () => {
      namespace = await newNamespace(direct, 'lease');
      const client = clientOf(accessOf(server().access, proxy));
      const a = startCandidate('a', { client });
      await held(a);
      const b = startCandidate('b');
      await expect.poll(() => b.holder.holder()).toBe('a');

      proxy.inject(() => true, { kind: 'hang' });
      proxy.disconnect();
      let both = false;
      await expect
        .poll(
          () => {
            both ||= a.holder.held() && b.holder.held();
            return b.holder.held();
          },
          { timeout: 15_000, interval: 5 },
        )
        .toBe(true);
      expect(both).toBe(false);
      await expect.poll(() => a.transitions).toEqual(['acquired', 'lost']);

      proxy.heal();
      await expect.poll(() => a.holder.holder(), { timeout: 15_000 }).toBe('b');
      expect((await lease()).spec?.holderIdentity).toBe('b');
      expect(a.holder.held()).toBe(false);
      await a.stop();
      await client.close();
    });

    it('keeps its holder when another candidate requests it by annotation', async () => {
      namespace = await newNamespace(direct, 'lease');
      const wanted = 'catamaran.dev/wanted-by';
      let giving = false;
      const a = startCandidate('a', {
        shouldRelease: ({ metadata }) => giving && metadata.annotations?.[wanted] === 'b',
      });
      await held(a);
      const b = startCandidate('b', { annotate: () => ({ [wanted]: 'b' }) });
      await expect.poll(async () => (await lease()).metadata.annotations?.[wanted]).toBe('b');
      const { renewTime } = (await lease()).spec ?? {};
      await expect.poll(async () => (await lease()).spec?.renewTime).not.toBe(renewTime);
      expect(a.transitions).toEqual(['acquired']);

      giving = true;
      await held(b);
      expect(a.transitions).toEqual(['acquired', 'lost']);
      expect((await lease()).spec?.holderIdentity).toBe('b');
    });

    it('is retried while its namespace does not exist', async () => {
      namespace = await newNamespace(direct, 'lease');
      const logger = new MemoryLogger();
      const a = startCandidate('a', { namespace: `${namespace}-missing`, logger });
      await expect.poll(() => logger.lines.map(({ message }) => message)).toContain('failed to acquire or renew lease');
      expect(a.holder.held()).toBe(false);
      // Logged once rather than on every attempt.
      expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    });
  });
});
