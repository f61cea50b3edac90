/** Consumers of `verify` that import one Service, in simulated clusters; what is sent from them is up to each test. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Prober, unverified, verify } from '../../../../src/inspect/verify/verification.ts';
import type { KubeClient } from '../../../../src/kube/client/client.ts';
import { namespace } from '../../../support/clusters/manifests.ts';
import { type HostileFleet, startHostileFleet } from '../../../support/hostile/hostile-fleet.ts';

let fleet: HostileFleet;
let clients: readonly KubeClient[];

beforeAll(async () => {
  fleet = await startHostileFleet({ clusters: 2 });
  clients = ['cluster1', 'cluster2'].map((name) => fleet.connect(name));
  fleet.cluster('cluster2').create('/namespaces', namespace('shop'));
  fleet.cluster('cluster1').export('shop', 'web', [1]);
  for (const name of ['cluster1', 'cluster2']) {
    await vi.waitFor(() => expect(fleet.cluster(name).imported('shop', 'web')).toHaveLength(1));
  }
}, 30_000);
afterAll(() => fleet[Symbol.asyncDispose]());

const OPTIONS = { keys: [], derivedPrefix: 'amcs-' };
const reached: Prober = async (targets) => targets.map(() => ({ reached: true, latencyMs: 1 }));

const from = (...probes: readonly Prober[]) =>
  probes.map((probe, index) => {
    const client = clients[index];
    if (!client) throw new Error('one cluster per probe');
    return { name: client.cluster, client, derivedPrefix: 'amcs-', probe };
  });

it('all targets of a consumer are requested', async () => {
  const { checks, failures } = await verify(from(reached), OPTIONS, new AbortController().signal);
  expect(failures).toEqual([]);
  expect(checks).toMatchObject([
    { consumer: 'cluster1', kind: 'derived', host: 'amcs-web.shop', reached: true },
    { consumer: 'cluster1', kind: 'endpoint', exporter: 'cluster1', reached: true },
  ]);
});

it('a Service counts as not imported only if every consumer could say so', async () => {
  const failing: Prober = () => Promise.reject(new Error('no pods'));
  const { signal } = new AbortController();
  expect(unverified(['shop/none'], await verify(from(reached), OPTIONS, signal))).toEqual(['shop/none']);
  const partly = await verify(from(failing), OPTIONS, signal);
  expect(partly.failures).toEqual([{ consumer: 'cluster1', error: 'no pods' }]);
  expect(unverified(['shop/web'], partly)).toEqual([]);
});

it('a command that is stopped ends once every consumer has cleaned up', async () => {
  const stop = new AbortController();
  const started = vi.fn();
  const cleaned = vi.fn();
  const stoppedAtOnce: Prober = (_, signal) =>
    new Promise((_resolve, reject) => {
      started();
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  const cleaning: Prober = async (targets, signal) => {
    try {
      return await stoppedAtOnce(targets, signal);
    } finally {
      await clients[1]?.raw('/version');
      cleaned();
    }
  };
  const verifying = verify(from(stoppedAtOnce, cleaning), OPTIONS, stop.signal);
  const failure = expect(verifying).rejects.toThrow('stopped');
  await vi.waitFor(() => expect(started).toHaveBeenCalledTimes(2));
  stop.abort(new Error('stopped'));
  await verifying.catch(() => {});
  expect(cleaned).toHaveBeenCalledOnce();
  await failure;
});
