import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/api/json.ts';
import { rangeMap } from '../../../src/api/range-map.ts';
import type { MemberConfig } from '../../../src/config/fleet-config.ts';
import { refusal } from '../../../src/core/addresses/address-policy.ts';
import { OwnNetworks } from '../../../src/fleet/own-networks.ts';
import type { KubeClient } from '../../../src/kube/client/client.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

const FLEET = { endpoints: rangeMap<string>([]), services: rangeMap<string>([]) };

const UNDECLARED: MemberConfig = {
  name: 'cluster1',
  access: { kind: 'inCluster' },
  podCIDRs: [],
  serviceCIDRs: [],
  nodeCIDRs: [],
  extraCIDRs: [],
  addresses: 'Known',
  slices: 'Managed',
  derivedPrefix: 'amcs-',
  namespaces: [],
};

/** The networks of a cluster with these nodes, as read once. */
async function read(nodes: readonly JsonObject[], change: (client: KubeClient) => Partial<KubeClient> = () => ({})) {
  const api = new FakeApi();
  api.objects.set('nodes', nodes);
  const logger = new MemoryLogger();
  let changes = 0;
  const networks = new OwnNetworks({
    clock: new ManualClock(),
    random: () => 1,
    logger,
    config: () => UNDECLARED,
    isExposed: () => false,
    changed: () => changes++,
  });
  const client = api.client();
  await networks.prepare({ ...client, ...change(client) }, new AbortController().signal);
  const accepts = (address: string) =>
    refusal(address, address.includes(':') ? 'IPv6' : 'IPv4', networks.policy(FLEET)) === undefined;
  return { api, networks, accepts, logger, changes: () => changes };
}

test('rule 17: pod networks and internal addresses of the nodes are known', async () => {
  const { accepts, logger, changes } = await read([
    {
      metadata: { name: 'a' },
      spec: { podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24', 'fd00:1::/64'] },
      status: {
        addresses: [
          { type: 'InternalIP', address: '192.168.1.1' },
          { type: 'ExternalIP', address: '8.8.8.8' },
          { type: 'Hostname', address: 'a' },
        ],
      },
    },
  ]);
  expect(['10.1.0.9', 'fd00:1::9', '192.168.1.1', '8.8.8.8', '10.1.1.9', '192.168.1.2'].filter(accepts)).toEqual([
    '10.1.0.9',
    'fd00:1::9',
    '192.168.1.1',
  ]);
  expect(changes()).toBe(1);
  expect(logger.lines.map(({ level }) => level)).toEqual(['info']);
});

test.each<[string, JsonObject]>([
  ['networks that are too large', { spec: { podCIDRs: ['0.0.0.0/0', '10.0.0.0/8', '::/0', 'fd00::/16'] } }],
  ['values of other types', { spec: { podCIDR: 5, podCIDRs: 'all' }, status: { addresses: 'none' } }],
  ['lists of other types', { spec: { podCIDRs: [null, {}, ['10.1.0.0/24'], '10.1.0.0/33', '10.1.0.0/24/24'] } }],
  [
    'addresses of other forms',
    { status: { addresses: [null, 1, { type: 'InternalIP' }, { type: 'InternalIP', address: '10.1' }] } },
  ],
  ['no fields', { spec: null, status: [] }],
])('rule 17: of nodes that report %s, nothing is believed', async (_, node) => {
  const { accepts, logger } = await read([{ metadata: { name: 'a' }, ...node }]);
  expect(['10.1.0.9', '10.200.0.1', 'fd00:1::9'].filter(accepts)).toEqual([]);
  expect(logger.lines).toEqual([
    {
      level: 'warn',
      message: 'no networks of the member are known, its endpoints are refused',
      fields: { remedy: 'declare podCIDRs of the member in the fleet file, or set addresses: Any' },
    },
  ]);
});

test('rule 17: special addresses are refused even if a node reports them', async () => {
  const addresses = ['169.254.169.254', '127.0.0.1', '100.100.100.200', '64:ff9b::a9fe:a9fe', '2002:7f00:1::'];
  const { accepts } = await read([
    {
      metadata: { name: 'a' },
      spec: { podCIDRs: ['169.254.0.0/16', '127.0.0.0/24'] },
      status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
    },
  ]);
  expect(addresses.filter(accepts)).toEqual([]);
});

test('a cluster whose nodes may not be read reports nothing, and one that fails is not connected', async () => {
  const failing = (status: number) => (_: KubeClient) => ({
    pages: () => {
      throw new FakeApi().error('CTM_API_STATUS', status);
    },
  });
  const { accepts, logger } = await read([], failing(403));
  expect(accepts('10.1.0.9')).toBe(false);
  expect(logger.lines.map(({ level }) => level)).toEqual(['warn']);
  await expect(read([], failing(500))).rejects.toThrow('not now');
});
