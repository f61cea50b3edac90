/** A member whose API server sends without end, or wants to be left alone for an hour, beside honest ones. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it, vi } from 'vitest';
import { NS, startNeighbors } from '../../support/hostile/honest-neighbor.ts';
import type { Misdeed } from '../../support/hostile/hostile-api-server.ts';
import { listsOf, watchesOf } from '../../support/hostile/hostile-request.ts';
import { answer, deepEvent, endlessList, endlessPages, hugeLine, sameToken } from '../../support/hostile/misdeeds.ts';

const PATIENCE = { timeout: 20_000, interval: 20 };
/** Longer than the waits, so that a test reports what it waited for. */
const LIMIT = 60_000;
const MIB = 1024 * 1024;
const NS_PER_MS = 1_000_000;

async function start() {
  const neighbors = await startNeighbors();
  const { controller } = neighbors.fleet;
  const stateOf = (name: string) => controller.status().members.find((member) => member.name === name);
  return { ...neighbors, stateOf };
}

/** The version is too old for a watch, and WatchLists are not served: the reflector has to list. */
const unserved: Misdeed = (request, honest) => answer(request.verb === 'watch' ? 410 : 400)(request, honest);

describe('a member over its budget', () => {
  it.each<{ readonly what: string; readonly problem: string; readonly watch?: Misdeed; readonly list?: Misdeed }>([
    { what: 'an endless line', watch: hugeLine(62 * MIB), problem: 'a line has more than 2097152 bytes' },
    {
      what: 'an event that is 100,000 lists deep',
      watch: deepEvent(100_000),
      problem: 'JSON is nested deeper than 200',
    },
    { what: 'continue tokens without end', list: endlessPages(), problem: 'the list has more than 5000 pages' },
    {
      what: 'the same continue token again and again',
      list: sameToken(),
      problem: 'the continue token does not change',
    },
    {
      what: 'a list without end',
      list: endlessList({ metadata: { name: 'a', namespace: NS, resourceVersion: '1' } }),
      problem: 'the response has more than 2097152 bytes',
    },
  ])(
    'rule 48: $what refuses the member, keeps its data and leaves the others alone',
    async ({ problem, watch, list }) => {
      const { honest, hostile, consumer, stateOf } = await start();
      const delay = monitorEventLoopDelay({ resolution: 5 });
      hostile.server.misbehave(watchesOf('endpointslices'), watch ?? unserved);
      if (list) hostile.server.misbehave(listsOf('endpointslices'), list);
      delay.enable();
      hostile.server.disconnect();
      await vi.waitFor(() => expect(stateOf('cluster2')).toMatchObject({ state: 'refused' }), PATIENCE);
      const verb = list ? 'list' : 'watch';
      expect(stateOf('cluster2')?.error).toBe(`cluster cluster2: ${verb} endpointslices.discovery.k8s.io: ${problem}`);
      honest.scale(NS, 'web', [1, 2]);
      await vi.waitFor(
        () => expect(consumer.imported(NS, 'web')).toEqual([honest.pod(1), honest.pod(2), hostile.pod(1)]),
        PATIENCE,
      );
      delay.disable();
      // 20 to 80 ms on an idle machine; 4 to 30 s before there were budgets.
      expect(delay.max / NS_PER_MS).toBeLessThan(1_500);
      expect(stateOf('cluster1')).toMatchObject({ state: 'ready', writer: true });
    },
    LIMIT,
  );
});

describe('a member that responds with Retry-After: 3600', () => {
  it(
    'is back as soon as it is healthy, if all of it was away',
    async () => {
      const { honest, hostile, consumer, stateOf } = await start();
      const heartbeats = () => hostile.server.count(({ path }) => path === '/version');
      const before = heartbeats();
      hostile.server.misbehave(() => true, answer(503, { 'retry-after': '3600' }));
      hostile.server.disconnect();
      await vi.waitFor(() => expect(stateOf('cluster2')).toMatchObject({ state: 'unreachable' }), PATIENCE);
      await vi.waitFor(() => expect(heartbeats()).toBeGreaterThan(before), PATIENCE);
      hostile.server.repent();
      hostile.scale(NS, 'web', [2]);
      await vi.waitFor(() => expect(consumer.imported(NS, 'web')).toEqual([honest.pod(1), hostile.pod(2)]), PATIENCE);
    },
    LIMIT,
  );
});
