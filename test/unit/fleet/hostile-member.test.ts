/** A member whose API server serves objects that no API server would store, beside honest ones. */
import { describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../../src/api/json.ts';
import { NS, startNeighbors } from '../../support/hostile/honest-neighbor.ts';

// Each starts three clusters, on a machine that may have other work.
vi.setConfig({ testTimeout: 30_000 });

const PATIENCE = { timeout: 10_000, interval: 20 };

/** The slice of an export, with an unusual field. */
function spoiled(slice: JsonObject, name: string, fields: JsonObject): JsonObject {
  return { ...slice, metadata: { ...(slice.metadata as JsonObject), name }, ...fields };
}

describe('a member that serves malformed objects', () => {
  it.each<[string, JsonObject]>([
    ['addresses that are a number', { endpoints: [{ addresses: 5 }] }],
    ['ports that are a text', { ports: 'http' }],
    ['a host name with a space', { endpoints: [{ addresses: ['10.2.0.9'], hostname: 'BAD HOST' }] }],
    ['a port above 65535', { ports: [{ name: 'http', port: 70_000, protocol: 'TCP' }] }],
  ])('rule 47: %s in a slice do not freeze the name', async (_, fields) => {
    const { honest, hostile, consumer } = await startNeighbors();
    hostile.server.put('endpointslices', spoiled(hostile.slice(NS, 'web', [9]), 'web-9', fields));
    honest.scale(NS, 'web', [1, 2, 3]);
    await vi.waitFor(
      () =>
        expect(consumer.imported(NS, 'web')).toEqual([...[1, 2, 3].map((host) => honest.pod(host)), hostile.pod(1)]),
      PATIENCE,
    );
    await vi.waitFor(() => {
      const condition = hostile.condition('serviceexports', NS, 'web', 'catamaran.dev/EndpointsAccepted');
      expect(condition).toMatch(/^False InvalidObject: Endpoints left out: EndpointSlice "web-9": /);
    }, PATIENCE);
  });

  it('rule 47: a Service that does not fit takes its export out of the merge until it is repaired', async () => {
    const { honest, hostile, consumer } = await startNeighbors();
    const valid = { apiVersion: 'v1', kind: 'Service', metadata: { namespace: NS, name: 'web' } };
    const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
    hostile.server.put('services', { ...valid, spec: { ports: [{ port: 'http' }] } });
    await vi.waitFor(() => expect(consumer.imported(NS, 'web')).toEqual([honest.pod(1)]), PATIENCE);
    await vi.waitFor(() => {
      expect(hostile.condition('serviceexports', NS, 'web', 'Valid')).toBe(
        'False InvalidService: Service "ns/web" does not fit the Kubernetes API: ' +
          'spec.ports[0].port: "http" is not a whole number from 1 to 65535',
      );
    }, PATIENCE);
    hostile.server.put('services', { ...valid, spec: { type: 'ClusterIP', clusterIP: '10.96.0.9', ports } });
    await vi.waitFor(() => expect(consumer.imported(NS, 'web')).toEqual([honest.pod(1), hostile.pod(1)]), PATIENCE);
  });

  it('rule 47: a slice that was good and no longer fits is not served from memory', async () => {
    const { honest, hostile, consumer } = await startNeighbors();
    const slice = hostile.slice(NS, 'web', [1]);
    hostile.server.put('endpointslices', spoiled(slice, 'web-1', { addressType: 4 }));
    await vi.waitFor(() => expect(consumer.imported(NS, 'web')).toEqual([honest.pod(1)]), PATIENCE);
    hostile.server.put('endpointslices', hostile.slice(NS, 'web', [7]));
    await vi.waitFor(() => expect(consumer.imported(NS, 'web')).toEqual([honest.pod(1), hostile.pod(7)]), PATIENCE);
  });

  it('rule 47: names that no API server accepts cause no request to a consumer', async () => {
    const { fleet, hostile, consumer } = await startNeighbors();
    const names = ['Web', 'we_b', 'a/b', '../x', 'x'.repeat(300), ' ', ''];
    // The import, its Service and its slices exist.
    const creates = () => consumer.server.count(({ method, plural }) => method === 'POST' && plural !== 'events');
    const before = creates();
    for (const name of names) {
      const metadata = { namespace: NS, name, uid: name, creationTimestamp: '2026-01-01T00:00:00Z' };
      hostile.server.put('services', { metadata, spec: { ports: [{ port: 80 }] } });
      hostile.server.put('serviceexports', { metadata });
    }
    for (const ns of ['N S', 'a.b', 'kube_system']) {
      hostile.server.put('serviceexports', { metadata: { namespace: ns, name: 'web' } });
    }
    const lines = async () => (await fleet.metrics.registry.metrics()).split('\n');
    const series = 'catamaran_member_objects_set_aside{member="cluster2",resource="serviceExports"} 10';
    await vi.waitFor(async () => expect(await lines()).toContain(series), PATIENCE);
    expect(creates()).toBe(before);
  });
});
