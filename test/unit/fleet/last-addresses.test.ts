import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { isJsonObject } from '../../../src/api/json.ts';
import { serviceKey } from '../../../src/api/meta.ts';
import { LastAddresses } from '../../../src/fleet/last-addresses.ts';
import { startHostileFleet } from '../../support/hostile/hostile-fleet.ts';

const PATIENCE = { timeout: 20_000, interval: 20 };
const NS = 'ns';

describe('the addresses of deleted Services', () => {
  it('are remembered until the next deletion of the name', () => {
    const last = new LastAddresses();
    const web = serviceKey(NS, 'amcs-web');
    expect(last.of(web)).toBeUndefined();
    last.note(web, ['10.0.0.1']);
    expect(last.of(web)).toEqual(['10.0.0.1']);
    last.note(web, []);
    expect(last.of(web)).toBeUndefined();
  });

  it('are forgotten in the order of deletion', () => {
    const last = new LastAddresses();
    for (let index = 0; index <= 4_096; index++) last.note(serviceKey(NS, `s${index}`), ['10.0.0.1']);
    expect(last.of(serviceKey(NS, 's0'))).toBeUndefined();
    expect(last.of(serviceKey(NS, 's1'))).toEqual(['10.0.0.1']);
  });
});

describe('an import whose derived Service was deleted', { timeout: 60_000 }, () => {
  async function start() {
    const fleet = await startHostileFleet({ clusters: 2 });
    onTestFinished(() => fleet[Symbol.asyncDispose]());
    const [exporter, consumer] = [fleet.cluster('cluster1'), fleet.cluster('cluster2')];
    const address = () => {
      const spec = consumer.api.get('/services', { namespace: NS, name: 'amcs-web' })?.spec;
      return isJsonObject(spec) ? spec.clusterIP : undefined;
    };
    const ips = () => {
      const spec = consumer.api.get('multicluster.x-k8s.io/serviceimports', { namespace: NS, name: 'web' })?.spec;
      return isJsonObject(spec) ? spec.ips : undefined;
    };
    consumer.create('/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NS } });
    exporter.export(NS, 'web', [1]);
    await vi.waitFor(() => expect(ips()).toEqual([expect.any(String)]), PATIENCE);
    // Addresses are allocated in order, so that a Service that does not ask for one gets another from here on.
    consumer.create('/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: NS, name: 'later' },
      spec: { ports: [{ port: 80 }] },
    });
    return { exporter, consumer, address, ips, first: ips() };
  }

  it('has the same address after the exported Service was replaced, or the import was pruned', async () => {
    const { exporter, consumer, address, ips, first } = await start();
    exporter.api.delete('/services', { namespace: NS, name: 'web' });
    await vi.waitFor(() => expect(address()).toBeUndefined(), PATIENCE);
    exporter.create('/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: NS, name: 'web' },
      spec: { ports: [{ name: 'http', port: 80 }], selector: { app: 'web' } },
    });
    await vi.waitFor(() => expect(ips()).toEqual(first), PATIENCE);
    consumer.api.delete('multicluster.x-k8s.io/serviceimports', { namespace: NS, name: 'web' });
    await vi.waitFor(() => expect(ips()).toEqual(first), PATIENCE);
  });

  it('has another address if another Service has taken it', async () => {
    const { exporter, consumer, address, ips, first } = await start();
    const taken = address();
    exporter.api.delete('/services', { namespace: NS, name: 'web' });
    await vi.waitFor(() => expect(address()).toBeUndefined(), PATIENCE);
    consumer.create('/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: NS, name: 'other' },
      spec: { clusterIP: taken, ports: [{ port: 80 }] },
    });
    exporter.create('/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: NS, name: 'web' },
      spec: { ports: [{ name: 'http', port: 80 }], selector: { app: 'web' } },
    });
    await vi.waitFor(() => expect(ips()).toEqual([expect.any(String)]), PATIENCE);
    expect(ips()).not.toEqual(first);
    await vi.waitFor(() => {
      expect(consumer.condition('serviceimports', NS, 'web', 'Ready')).toMatch(/^True Ready/);
    }, PATIENCE);
  });
});
