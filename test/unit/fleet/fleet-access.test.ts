/** What the fleet file allows a member, as users of other clusters see it. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { JsonObject } from '../../../src/api/json.ts';
import {
  type HostileCluster,
  type HostileFleet,
  type HostileFleetOptions,
  startHostileFleet,
} from '../../support/hostile/hostile-fleet.ts';

const PATIENCE = { timeout: 4_000, interval: 20 };
const NS = 'ns';

const open: HostileFleet[] = [];
afterEach(async () => {
  for (const fleet of open.splice(0)) await fleet[Symbol.asyncDispose]();
});

/** Three clusters that have the namespaces. */
async function start(options: HostileFleetOptions = {}, namespaces: readonly string[] = [NS]) {
  const fleet = await startHostileFleet(options);
  open.push(fleet);
  const [one, two, three] = ['cluster1', 'cluster2', 'cluster3'].map((name) => fleet.cluster(name));
  if (!one || !two || !three) throw new Error('three clusters are required');
  for (const { api } of [one, two, three]) {
    for (const name of namespaces) {
      if (api.get('/namespaces', { name })) continue;
      api.create('/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
  }
  return { fleet, one, two, three };
}

const ACCEPTED = 'catamaran.dev/EndpointsAccepted';

describe('namespaces', () => {
  test.each([
    ['kube-system', 'kube-dns', 'system namespaces need an entry'],
    ['default', 'kubernetes', 'is the API server of its own cluster'],
  ])('rule 49: an export of %s/%s is not imported, and its status has the reason', async (ns, name, reason) => {
    const { two, three } = await start({}, [NS, ns]);
    if (name === 'kubernetes') exportOnly(two.api, ns, name);
    else two.export(ns, name, [1]);
    two.export(NS, 'web', [1]);
    await vi.waitFor(() => expect(three.imported(NS, 'web')).toEqual([two.pod(1)]), PATIENCE);
    await vi.waitFor(() => {
      const valid = two.condition('serviceexports', ns, name, 'Valid');
      expect(valid).toMatch(/^False NotAllowed: /);
      expect(valid).toContain(reason);
    }, PATIENCE);
    expect(three.imported(ns, name)).toEqual([]);
    expect(three.api.list('multicluster.x-k8s.io/serviceimports', { namespace: ns })).toEqual([]);
  });

  test('rule 49: only the listed members import, and an edit of the list takes effect at once', async () => {
    const spec = { namespaces: [{ name: NS, import: { members: ['cluster1'] } }] };
    const { fleet, one, two, three } = await start({ spec });
    two.export(NS, 'web', [1]);
    await vi.waitFor(() => expect(one.imported(NS, 'web')).toEqual([two.pod(1)]), PATIENCE);
    expect(three.api.list('multicluster.x-k8s.io/serviceimports', { namespace: NS })).toEqual([]);
    await fleet.controller.configure({ ...fleet.config, namespaces: [{ name: NS, importers: ['cluster3'] }] });
    await vi.waitFor(() => expect(three.imported(NS, 'web')).toEqual([two.pod(1)]), PATIENCE);
    await vi.waitFor(() => expect(one.imported(NS, 'web')).toEqual([]), PATIENCE);
    expect(one.api.list('multicluster.x-k8s.io/serviceimports', { namespace: NS })).toEqual([]);
  });
});

describe('addresses', () => {
  /** A node of the cluster, with a pod network and an address. */
  const node = (podCIDR: string, address: string) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `node-${address}` },
    spec: { podCIDR, podCIDRs: [podCIDR] },
    status: { addresses: [{ type: 'InternalIP', address }] },
  });
  const undeclared = { podCIDRs: [], serviceCIDRs: [] };

  test('rule 17: without declared networks, only those of the nodes count, and a new node is noticed', async () => {
    const { two, three } = await start({ members: { cluster2: undeclared } });
    two.export(NS, 'web', [1]);
    await vi.waitFor(
      () =>
        expect(two.condition('serviceexports', NS, 'web', ACCEPTED)).toBe(
          'False AddressRefused: Endpoints left out: EndpointSlice "web-1": 10.2.0.1 is refused because no networks of the member are known; declare podCIDRs or set addresses: Any in the fleet file',
        ),
      PATIENCE,
    );
    expect(three.imported(NS, 'web')).toEqual([]);
    two.create('/nodes', node('10.2.0.0/24', '192.168.2.1'));
    await vi.waitFor(() => expect(three.imported(NS, 'web')).toEqual(['10.2.0.1']), { timeout: 15_000, interval: 50 });
  }, 30_000);

  test('rule 17: declared networks change in place, and nothing that is still allowed is removed', async () => {
    const { fleet, one, two, three } = await start();
    two.export(NS, 'web', [1]);
    await vi.waitFor(() => expect(three.imported(NS, 'web')).toEqual(['10.2.0.1']), PATIENCE);
    const slices = () =>
      three.api.list('discovery.k8s.io/endpointslices', { namespace: NS }).map(({ metadata }) => metadata.uid);
    const before = slices();
    const edited = (podCIDRs: readonly string[]) => ({
      ...fleet.config,
      members: fleet.config.members.map((member) => (member.name === 'cluster2' ? { ...member, podCIDRs } : member)),
    });
    await fleet.controller.configure(edited(['10.2.0.0/24', '10.9.0.0/24']));
    two.api.update('discovery.k8s.io/endpointslices', spreadOver(two.slice(NS, 'web', [1]), ['10.2.0.1', '10.9.0.1']));
    await vi.waitFor(() => expect(three.imported(NS, 'web')).toEqual(['10.2.0.1', '10.9.0.1']), PATIENCE);
    await fleet.controller.configure(edited(['10.2.0.0/24']));
    await vi.waitFor(() => expect(three.imported(NS, 'web')).toEqual(['10.2.0.1']), PATIENCE);
    expect(slices()).toEqual(before);
    expect(one.imported(NS, 'web')).toEqual(['10.2.0.1']);
  });

  test('rule 17: with addresses: Any, the API Service of another cluster is refused there', async () => {
    const members = { cluster2: { ...undeclared, addresses: 'Any' }, cluster3: { serviceCIDRs: [] } };
    const { one, two, three } = await start({ members });
    two.export(NS, 'web', [1]);
    const addresses = ['10.2.0.1', '172.19.0.1'];
    two.api.update('discovery.k8s.io/endpointslices', spreadOver(two.slice(NS, 'web', [1]), addresses));
    await vi.waitFor(() => expect(one.imported(NS, 'web')).toEqual(addresses), PATIENCE);
    await vi.waitFor(() => {
      const ready = three.condition('serviceimports', NS, 'web', 'Ready');
      expect(ready).toContain('1 endpoint of "cluster2" has an address of this cluster\'s own network and is left out');
    }, PATIENCE);
    expect(three.imported(NS, 'web')).toEqual(['10.2.0.1']);
  });

  test('rule 17: with addresses: Any, networks and Services of other members are still refused', async () => {
    const { two, three } = await start({ members: { cluster2: { ...undeclared, addresses: 'Any' } } });
    two.export(NS, 'web', [1]);
    const addresses = ['10.2.0.1', '10.3.0.7', '172.19.0.1', '100.100.100.200', '240.0.0.1'];
    two.api.update('discovery.k8s.io/endpointslices', spreadOver(two.slice(NS, 'web', [1]), addresses));
    await vi.waitFor(() => expect(three.imported(NS, 'web')).toEqual(['10.2.0.1']), PATIENCE);
    await vi.waitFor(
      () =>
        expect(two.condition('serviceexports', NS, 'web', ACCEPTED)).toMatch(/^False AddressRefused: .*and 1 more$/),
      PATIENCE,
    );
  });
});

/** Exports a Service that exists. */
function exportOnly(api: HostileCluster['api'], namespace: string, name: string): void {
  const apiVersion = 'multicluster.x-k8s.io/v1beta1';
  const exported = { apiVersion, kind: 'ServiceExport', metadata: { namespace, name }, spec: {} };
  api.create('multicluster.x-k8s.io/serviceexports', exported);
}

/** A slice with one endpoint per address. */
function spreadOver(slice: JsonObject, addresses: readonly string[]): JsonObject {
  return { ...slice, endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })) };
}

test("rule 13: a tenant's hand-made slice is not imported, even if a node has the address", async () => {
  const nodeCIDRs = ['192.168.2.0/24'];
  const { two, three } = await start({ members: { cluster2: { slices: 'Managed', nodeCIDRs } } });
  two.export(NS, 'web', [1]);
  two.api.update('discovery.k8s.io/endpointslices', spreadOver(two.slice(NS, 'web', [1]), ['192.168.2.1']));
  await vi.waitFor(
    () =>
      expect(two.condition('serviceexports', NS, 'web', ACCEPTED)).toMatch(/^False NotAllowed: .*without a selector/),
    PATIENCE,
  );
  expect(three.imported(NS, 'web')).toEqual([]);
});

describe('limits', () => {
  test('rule 50: exports beyond the limit are not imported, until others are deleted', async () => {
    const { two, three } = await start({ spec: { limits: { exportsPerNamespace: 2 } } });
    for (const name of ['z', 'y', 'x']) {
      two.export(NS, name, [1]);
      await vi.waitFor(() => expect(two.condition('serviceexports', NS, name, 'Valid')).toBeDefined(), PATIENCE);
    }
    expect(two.condition('serviceexports', NS, 'x', 'Valid')).toBe(
      'False LimitReached: Member "cluster2" already exports 2 Services from namespace "ns", the limit set by spec.limits.exportsPerNamespace of the fleet file',
    );
    expect([three.imported(NS, 'z'), three.imported(NS, 'x')]).toEqual([['10.2.0.1'], []]);
    two.api.delete('multicluster.x-k8s.io/serviceexports', { namespace: NS, name: 'z' });
    await vi.waitFor(() => expect(three.imported(NS, 'x')).toEqual(['10.2.0.1']), PATIENCE);
  });

  test('rule 50: an annotation that flips costs each consumer one write per second, and delays no endpoint', async () => {
    const spec = { exportedAnnotations: { allow: ['note'] } };
    const { one, two, three } = await start({ spec });
    one.export(NS, 'web', [1]);
    two.export(NS, 'web', [1]);
    await vi.waitFor(() => expect(three.imported(NS, 'web')).toEqual(['10.1.0.1', '10.2.0.1']), PATIENCE);
    const key = { namespace: NS, name: 'web' };
    const watched = ['serviceimports', 'serviceexports'].map((plural) => `multicluster.x-k8s.io/${plural}` as const);
    const written = new Set<string>();
    const started = performance.now();
    for (let flip = 0; flip < 300; flip++) {
      const exported = one.api.get('multicluster.x-k8s.io/serviceexports', key);
      if (!exported) throw new Error('the export is gone');
      one.api.update('multicluster.x-k8s.io/serviceexports', {
        ...exported,
        spec: { exportedAnnotations: { note: `${flip}` } },
      });
      if (flip === 150) two.scale(NS, 'web', [1, 2]);
      await new Promise((resolve) => setTimeout(resolve, 5));
      for (const plural of watched) written.add(`${plural} ${two.api.get(plural, key)?.metadata.resourceVersion}`);
      if (flip === 200) expect(three.imported(NS, 'web')).toContain('10.2.0.2');
    }
    const seconds = (performance.now() - started) / 1_000;
    // One of each resource at the start, and one per second.
    expect(written.size).toBeLessThanOrEqual(2 * (2 + Math.ceil(seconds)));
    await vi.waitFor(
      () => expect(notesOf(three.api.get('multicluster.x-k8s.io/serviceimports', key))).toBe('299'),
      PATIENCE,
    );
  }, 20_000);
});

function notesOf(object: { readonly metadata: object } | undefined): unknown {
  const metadata = object && 'annotations' in object.metadata ? object.metadata.annotations : undefined;
  return typeof metadata === 'object' && metadata !== null && 'note' in metadata ? metadata.note : undefined;
}
