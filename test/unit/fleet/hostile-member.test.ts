/** A member whose API server serves objects that no API server would store, beside honest ones. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../../src/api/json.ts';
import { type HostileFleet, startHostileFleet } from '../../support/hostile/hostile-fleet.ts';

const PATIENCE = { timeout: 4_000, interval: 20 };
const NS = 'ns';

const open: HostileFleet[] = [];
afterEach(async () => {
  for (const fleet of open.splice(0)) await fleet[Symbol.asyncDispose]();
});

/** cluster1 and cluster2 export ns/web, cluster3 imports it. */
async function start() {
  const fleet = await startHostileFleet();
  open.push(fleet);
  const [honest, hostile, consumer] = ['cluster1', 'cluster2', 'cluster3'].map((name) => fleet.cluster(name));
  if (!honest || !hostile || !consumer) throw new Error('three clusters are required');
  consumer.create('/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NS } });
  for (const cluster of [honest, hostile]) cluster.export(NS, 'web', [1]);
  await vi.waitFor(() => expect(consumer.imported(NS, 'web')).toEqual([honest.pod(1), hostile.pod(1)]), PATIENCE);
  return { fleet, honest, hostile, consumer };
}

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
    const { honest, hostile, consumer } = await start();
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
});
