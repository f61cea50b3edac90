/** Edits of the fleet file that would remove most of what is served. */
import { afterEach, describe, expect, it } from 'vitest';
import { SOURCE_CLUSTER } from '../../src/api/labels.ts';
import { holdingsOf } from './holdings.ts';
import { addressesOf } from './ledger.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import { EXPORTS, namespace, SLICES, twoMembers } from './two-clusters.ts';

const NAMES = ['one', 'two', 'three', 'four', 'five', 'six'];

/** Exports six Services with one endpoint each. */
function offerAll({ api, number }: SimulatedCluster): void {
  for (const [index, name] of NAMES.entries()) {
    const metadata = { namespace, name };
    const spec = { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', ports: [{ name: 'http', port: 80 }] };
    api.create('/services', { apiVersion: 'v1', kind: 'Service', metadata, spec });
    api.create(SLICES, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        namespace,
        name: `${name}-0`,
        labels: {
          'kubernetes.io/service-name': name,
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: [`10.${number}.1.${index + 1}`], conditions: { ready: true } }],
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    });
    api.create(EXPORTS, { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceExport', metadata });
  }
}

/** Two clusters, the first of which exports six Services; the guard has its default settings. */
async function start() {
  const { time, clusters, fleet, trace } = await twoMembers();
  const { membership } = fleet;
  membership.settings.spec = {};
  const replica = fleet.start(0, false);
  offerAll(clusters[0]);
  await time.pass(20_000);
  const apply = async (): Promise<void> => {
    replica.follow(0);
    await time.pass(20_000);
  };
  const confirm = async (): Promise<void> => {
    const { token } = membership.config().guard;
    membership.settings.spec = { ...membership.settings.spec, guard: { confirm: token } };
    await apply();
  };
  const [first, second] = clusters;
  const held = () => replica.controller.status().held ?? [];
  const addresses = () =>
    second.api.list(SLICES, { namespace, labels: { [SOURCE_CLUSTER]: first.name } }).flatMap(addressesOf);
  return { fleet, first, second, membership, apply, confirm, held, addresses, replica, trace };
}
type World = Awaited<ReturnType<typeof start>>;

let world: World | undefined;
async function open(): Promise<World> {
  world = await start();
  expect(world.addresses()).toHaveLength(6);
  return world;
}

afterEach(() => {
  world?.fleet.end();
  for (const each of [world?.first, world?.second]) each?.close();
});

describe('rule 51: an edit that removes most of what is served', () => {
  it('by one digit of the CIDRs is held back until it is confirmed, while the rest applies', async () => {
    const { membership, first, second, apply, confirm, held, addresses, replica, trace } = await open();
    membership.settings.members.set(first.name, { podCIDRs: ['10.81.0.0/16'] });
    membership.settings.spec = { unreachableAfter: '33s', namespaces: [{ name: 'green', import: { mode: 'Manual' } }] };
    await apply();
    expect(addresses()).toHaveLength(6);
    const { token } = membership.config().guard;
    expect(held()).toEqual([{ part: first.name, loss: '6 of 6 endpoints', confirm: token }]);
    expect(replica.controller.gauges().held).toEqual([first.name]);
    expect(trace.filter((line) => line.includes('is held back'))).toHaveLength(1);
    // The confirmation of another edit has no effect.
    membership.settings.members.set(second.name, { podCIDRs: ['10.2.0.0/16', '10.82.0.0/16'] });
    membership.settings.spec = { ...membership.settings.spec, guard: { confirm: token } };
    await apply();
    expect(addresses()).toHaveLength(6);
    await confirm();
    expect(addresses()).toEqual([]);
    expect(held()).toEqual([]);
  });

  it('is forgotten when it is taken back', async () => {
    const { membership, first, apply, held, addresses } = await open();
    membership.settings.members.set(first.name, { podCIDRs: ['10.81.0.0/16'] });
    await apply();
    expect(held()).toHaveLength(1);
    membership.settings.members.delete(first.name);
    await apply();
    expect(held()).toEqual([]);
    expect(addresses()).toHaveLength(6);
  });

  it('because the networks of another member cover its own is held back', async () => {
    const { membership, first, second, apply, held, addresses } = await open();
    membership.settings.members.set(first.name, { podCIDRs: [], addresses: 'Any' });
    await apply();
    expect(addresses()).toHaveLength(6);
    membership.settings.members.set(second.name, { podCIDRs: ['10.1.0.0/16'] });
    await apply();
    expect(addresses()).toHaveLength(6);
    expect(held()).toMatchObject([{ part: second.name, loss: '6 of 6 endpoints' }]);
  });

  it('by the mode of imports, or by denying a namespace, is held back until it is confirmed', async () => {
    const { membership, first, second, apply, confirm, held } = await open();
    const imports = () => second.api.list('multicluster.x-k8s.io/serviceimports', { namespace }).length;
    membership.settings.members.set(second.name, { import: { mode: 'Manual' } });
    await apply();
    expect([imports(), held().length]).toEqual([6, 1]);
    membership.settings.members.delete(second.name);
    membership.settings.spec = { namespaces: [{ name: namespace, export: { members: [] } }] };
    await apply();
    expect(held()).toMatchObject([{ part: '*' }]);
    expect(imports()).toBe(6);
    await confirm();
    expect(held()).toEqual([]);
    expect(imports()).toBe(0);
    expect(first.api.list(EXPORTS, { namespace })).toHaveLength(6);
  });

  it('by removing a member, or all, is held back until it is confirmed', async () => {
    const { membership, fleet, first, second, apply, confirm, held, addresses, replica } = await open();
    membership.leave(first.name, fleet.replicas);
    await apply();
    expect(addresses()).toHaveLength(6);
    expect(held()).toMatchObject([{ part: first.name }]);
    expect(replica.controller.status().members.find(({ name }) => name === first.name)?.leaving).toBe(true);
    membership.join(first.name);
    await apply();
    expect(held()).toEqual([]);
    for (const { name } of [first, second]) membership.leave(name, fleet.replicas);
    await apply();
    expect(addresses()).toHaveLength(6);
    await confirm();
    expect(replica.controller.status()).toEqual({ ready: true, members: [] });
    for (const { api } of [first, second]) {
      expect(Object.keys(holdingsOf(api)).filter((name) => !name.startsWith(EXPORTS))).toEqual([]);
    }
  });
});
