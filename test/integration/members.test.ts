/**
 * Faulty members: each is reported with its error, its endpoints and objects stay, the others are served, and it takes
 * part again once it has recovered.
 */
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connector } from '../../src/cli/connect.ts';
import { readEnvironment } from '../../src/cli/environment.ts';
import type { MemberStatus } from '../../src/controller/status.ts';
import type { KubeClient } from '../../src/kube/client/client.ts';
import { createKubeClient } from '../../src/kube/client/http-client.ts';
import { staticCredentials } from '../../src/kube/kubeconfig/credentials.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { selfSigned } from '../support/certificates.ts';
import { adminClient, type Cluster, openCluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { type Fault, FaultProxy, type Match } from '../support/fault-proxy.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { clear, createAll, move, offer, podAddress } from './offers.ts';
import {
  addresses,
  condition,
  type FleetSettings,
  fleetConfig,
  held,
  type RunningFleet,
  type RunOptions,
  runFleet,
} from './running-fleet.ts';

/** Sleeps a twentieth of the time, to shorten retries and heartbeats. */
const hurried: Clock = { now: () => systemClock.now(), sleep: (ms, signal) => systemClock.sleep(ms / 20, signal) };

let clusters: readonly [Cluster, Cluster, Cluster];
let faulty: Cluster;
let consumer: Cluster;
let other: Cluster;
let ns: string;
let dir: string;
let fleet: RunningFleet | undefined;

/** Distinguishes the current addresses of the two exporters. */
let serial = 10;

/** Lease timing that a busy machine meets even with the hurried clock. */
const LEASE = { duration: '120s', renewDeadline: '100s', retryPeriod: '2s' };

/** Runs the only controller of this file: any other holder of a Lease has ended. */
async function run(options: RunOptions = {}, members: readonly Cluster[] = clusters): Promise<RunningFleet> {
  const spec = { lease: LEASE, ...options.spec };
  fleet = await runFleet(members, { clock: hurried, ended: () => true, ...options, spec });
  return fleet;
}

/** Applies a changed fleet file. */
async function configure(members: readonly Cluster[], settings: FleetSettings = {}): Promise<void> {
  await fleet?.controller.configure(fleetConfig(members, { ...settings, spec: { lease: LEASE } }));
}

async function stop(): Promise<void> {
  await fleet?.stop();
  fleet = undefined;
}

/** Clients of the members, through a proxy for the faulty one, with short timeouts. */
function faultyBehind(proxy: FaultProxy): (cluster: Cluster) => KubeClient {
  return (cluster) =>
    cluster !== faulty
      ? adminClient(cluster.plane)
      : createKubeClient({
          cluster: cluster.name,
          access: {
            server: proxy.url,
            tls: { ca: proxy.ca },
            credentials: staticCredentials({ token: cluster.plane.token }),
            source: 'test',
          },
          clock: hurried,
          limits: { requestTimeoutMs: 20_000 },
        });
}

const statusOf = (name: string): MemberStatus | undefined =>
  fleet?.controller.status().members.find((member) => member.name === name);

async function expectHeld(cluster: Cluster, name: string, expected: readonly string[]): Promise<void> {
  await eventually(async () => expect(await addresses(cluster, ns, name)).toEqual(expected.toSorted()));
}

/** Changes the endpoints of both exporters, and waits until all members have them. */
async function expectAllFollowed(): Promise<void> {
  serial += 1;
  const [one, three] = [podAddress(faulty, serial), podAddress(other, serial)];
  await Promise.all([
    move(faulty, ns, 'from-1', [one]),
    move(faulty, ns, 'both', [one]),
    move(other, ns, 'from-3', [three]),
    move(other, ns, 'both', [three]),
  ]);
  for (const cluster of clusters) {
    await expectHeld(cluster, 'from-1', [one]);
    await expectHeld(cluster, 'from-3', [three]);
    await expectHeld(cluster, 'both', [one, three]);
  }
}

/** While the faulty member cannot be read: the others are followed, and its endpoints stay. */
async function expectOthersFollowed(): Promise<void> {
  const one = podAddress(faulty, serial);
  serial += 1;
  const three = podAddress(other, serial);
  await Promise.all([move(other, ns, 'from-3', [three]), move(other, ns, 'both', [three])]);
  await expectHeld(consumer, 'from-3', [three]);
  await expectHeld(consumer, 'both', [one, three]);
  await expectHeld(consumer, 'from-1', [one]);
  const { import: imported } = await held(consumer, ns, 'both');
  // In order of precedence, which depends on which export was served first.
  expect(imported?.status?.clusters?.map(({ cluster }) => cluster).toSorted()).toEqual([faulty.name, other.name]);
  // Nothing is removed from the member itself either.
  expect(await addresses(faulty, ns, 'from-3')).toHaveLength(1);
  expect(condition((await held(faulty, ns, 'from-1')).export, 'Ready')?.status).toBe('True');
}

beforeAll(async () => {
  clusters = await sharedClusters();
  [faulty, consumer, other] = clusters;
  ns = await freshNamespace(clusters, 'members');
  dir = await mkdtemp(join(tmpdir(), 'catamaran-members-'));
  await createAll(faulty, [...offer(faulty, ns, 'from-1'), ...offer(faulty, ns, 'both')]);
  await createAll(other, [...offer(other, ns, 'from-3'), ...offer(other, ns, 'both')]);
});

afterAll(async () => {
  await stop();
  await run();
  await clear(clusters, ns);
  await stop();
  await rm(dir, { recursive: true });
});

describe('a member that', () => {
  let proxy: FaultProxy;

  beforeAll(async () => {
    proxy = await FaultProxy.start(faulty.plane);
    await run({ connect: faultyBehind(proxy) });
    await expectAllFollowed();
  });

  afterAll(async () => {
    await stop();
    await proxy.close();
  });

  const everything: Match = () => true;
  const FAULTS: Readonly<Record<string, { readonly fault: Fault; readonly match?: Match; readonly error: string }>> = {
    'returns 401': { fault: { kind: 'answer', status: 401 }, error: '401 Unauthorized' },
    'returns 403': { fault: { kind: 'answer', status: 403 }, error: '403 Forbidden' },
    'returns 403 for Services': {
      fault: { kind: 'answer', status: 403 },
      match: ({ path }) => path.endsWith('/services'),
      error: 'services: 403 Forbidden',
    },
    // Discovery may be the first to notice.
    'returns 404': { fault: { kind: 'answer', status: 404 }, error: '404 NotFound|does not serve' },
    'returns 429': { fault: { kind: 'answer', status: 429, headers: { 'retry-after': '1' } }, error: '429 TooMany' },
    'returns 500': { fault: { kind: 'answer', status: 500 }, error: '500 InternalError' },
    hangs: { fault: { kind: 'hang' }, error: 'no response within' },
    'closes connections in the middle of a response': {
      fault: { kind: 'cut', afterBytes: 20 },
      // On a busy machine, connecting may take longer than a response may.
      error: 'closed|terminated|ECONNRESET|no response within',
    },
  };

  it.each(Object.keys(FAULTS))(
    '%s is reported, keeps its endpoints in consumers, and is followed again afterwards',
    async (name) => {
      const { fault, match = everything, error } = FAULTS[name] ?? { fault: { kind: 'reset' }, error: '' };
      proxy.inject(match, fault);
      proxy.disconnect();
      try {
        await eventually(() => {
          expect(statusOf(faulty.name)).toMatchObject({ state: 'unreachable', error: expect.stringMatching(error) });
        });
        expect(statusOf(consumer.name)?.state).toBe('ready');
        await expectOthersFollowed();
      } finally {
        proxy.heal();
        proxy.disconnect();
      }
      await expectAllFollowed();
      await eventually(() => expect(statusOf(faulty.name)).toMatchObject({ state: 'ready', writer: true }));
      expect(statusOf(faulty.name)?.error).toBeUndefined();
    },
  );

  it('closes each watch in the middle of an event is followed nonetheless', async () => {
    const watches: Match = ({ verb }) => verb.startsWith('watch');
    proxy.inject(watches, { kind: 'cut', afterBytes: 30 });
    proxy.disconnect();
    try {
      await expectAllFollowed();
    } finally {
      proxy.heal();
    }
    await expectAllFollowed();
  });
});

describe('a member whose kubeconfig', () => {
  interface Kubeconfig {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, string> }[];
  }

  const changed = (text: string, change: (config: Kubeconfig) => void): string => {
    const config = JSON.parse(text) as Kubeconfig; // written by tools/controlplane
    change(config);
    return JSON.stringify(config);
  };

  /** The broken file, from the valid one; undefined if it is missing. */
  const BROKEN: Readonly<
    Record<string, { readonly bad: (good: string) => string | undefined; readonly error: string }>
  > = {
    'is missing': { bad: () => undefined, error: 'no such file' },
    'is not YAML': { bad: () => 'clusters: [', error: 'bad.kubeconfig' },
    'lacks the context': { bad: (good) => good.replaceAll('cluster1', 'elsewhere'), error: 'cluster1' },
    'has a wrong CA': {
      bad: (good) =>
        changed(good, ({ clusters: [entry] }) => {
          if (!entry) throw new Error('no cluster');
          entry.cluster['certificate-authority-data'] = Buffer.from(selfSigned('other').cert).toString('base64');
        }),
      error: 'certificate',
    },
    'has an expired token': {
      bad: (good) =>
        changed(good, ({ users: [entry] }) => {
          if (!entry) throw new Error('no user');
          entry.user = { token: 'expired' };
        }),
      error: '401 Unauthorized',
    },
  };

  beforeAll(async () => {
    const environment = readEnvironment({ HOME: dir });
    const open = connector(environment);
    await run({ connect: (_, member) => open(member) });
    await expectAllFollowed();
  });

  afterAll(stop);

  it.each(Object.keys(BROKEN))(
    '%s is reported, keeps its endpoints in consumers, and is followed once it is fixed',
    async (name) => {
      const good = await readFile(faulty.plane.kubeconfig, 'utf8');
      const file = join(dir, `${name.replaceAll(' ', '-')}.bad.kubeconfig`);
      const { bad, error } = BROKEN[name] ?? { bad: () => undefined, error: '' };
      const content = bad(good);
      if (content !== undefined) await writeFile(file, content);
      const members = { [faulty.name]: { kubeconfig: file, context: faulty.plane.context } };
      await configure(clusters, { members });
      await eventually(() => {
        const successor = { state: 'unknown', error: expect.stringContaining(error) };
        expect(statusOf(faulty.name)).toMatchObject({ state: 'ready', successor });
      });
      await expectOthersFollowed();
      await writeFile(file, good);
      await expectAllFollowed();
      await eventually(() => expect(statusOf(faulty.name)).toMatchObject({ state: 'ready', writer: true }));
    },
  );
});

describe('a member whose kubeconfig is edited in place', () => {
  it('rule 34: is followed to another address with another CA, and back, without a restart', async () => {
    const file = join(dir, 'rotated.kubeconfig');
    const to = async (proxy: FaultProxy) => {
      const good = await readFile(faulty.plane.kubeconfig, 'utf8');
      const changed = JSON.parse(good) as { clusters: { cluster: Record<string, string> }[] }; // by tools/controlplane
      for (const { cluster } of changed.clusters) {
        cluster.server = proxy.url;
        cluster['certificate-authority-data'] = Buffer.from(proxy.ca).toString('base64');
      }
      await writeFile(file, JSON.stringify(changed));
    };
    const [first, second] = [await FaultProxy.start(faulty.plane), await FaultProxy.start(faulty.plane)];
    const open = connector(readEnvironment({ HOME: dir }));
    try {
      await to(first);
      await run({
        connect: (_, member) => open(member),
        members: { [faulty.name]: { kubeconfig: file, context: faulty.plane.context } },
      });
      await expectAllFollowed();
      const before = (await held(consumer, ns, 'from-1')).import;
      await first.down();
      await eventually(() => expect(statusOf(faulty.name)?.state).toBe('unreachable'));
      await writeFile(file, 'clusters: [');
      await expectOthersFollowed();
      await to(second);
      await eventually(() => expect(statusOf(faulty.name)).toMatchObject({ state: 'ready', writer: true }));
      await expectAllFollowed();
      await first.up();
      await to(first);
      await second.down();
      await expectAllFollowed();
      const after = (await held(consumer, ns, 'from-1')).import;
      expect(after?.metadata.uid).toBe(before?.metadata.uid);
      expect(after?.spec.ips).toEqual(before?.spec.ips);
    } finally {
      await stop();
      await first.close();
      await second.close();
    }
  });
});

describe('two members', () => {
  let twin: Cluster;
  const log = new MemoryLogger();

  beforeAll(async () => {
    const kubeconfig = join(dir, 'twin.kubeconfig');
    await copyFile(faulty.plane.kubeconfig, kubeconfig);
    twin = openCluster({ ...faulty.plane, name: 'twin', kubeconfig, podCIDRs: [], serviceCIDRs: [] });
    await run({ logger: log }, [...clusters, twin]);
    await configure(clusters);
    await expectAllFollowed();
  });

  afterAll(stop);

  it('with the same name are rejected in the fleet file', () => {
    expect(() => fleetConfig([faulty, { ...other, name: faulty.name }])).toThrow(
      expect.objectContaining({
        code: 'CTM_MEMBER_DUPLICATE',
        message: expect.stringContaining('"cluster1" is also the name of members[0]; names must be unique'),
      }),
    );
  });

  it('that are one cluster: the second is refused, and is removed without any change', async () => {
    await configure([...clusters, twin]);
    const message = expect.stringMatching(/members "cluster1" and "twin" are the same cluster .*"twin" is refused/);
    await eventually(() => expect(statusOf('twin')).toMatchObject({ state: 'refused', writer: false, error: message }));
    expect(log.lines).toContainEqual(
      expect.objectContaining({ message: 'member refused', fields: expect.objectContaining({ member: 'twin' }) }),
    );
    await expectAllFollowed();
    expect((await held(consumer, ns, 'from-1')).import?.status?.clusters).toEqual([{ cluster: 'cluster1' }]);

    await configure(clusters);
    await eventually(() => expect(statusOf('twin')).toBeUndefined());
    await expectAllFollowed();
  });

  it('rule 34: of which the second replaces the first are one member with another name', async () => {
    const before = (await held(consumer, ns, 'from-1')).import;
    // Its networks are those of cluster1, which cannot be declared twice.
    await configure([consumer, other, twin], { members: { twin: { addresses: 'Any' } } });
    await eventually(async () => {
      expect(statusOf('cluster1')).toBeUndefined();
      expect(statusOf('twin')).toMatchObject({ state: 'ready', writer: true });
      const { import: imported, slices } = await held(consumer, ns, 'from-1');
      expect(imported?.status?.clusters).toEqual([{ cluster: 'twin' }]);
      expect(slices.map(({ metadata }) => metadata.labels)).toMatchObject([
        { 'multicluster.kubernetes.io/source-cluster': 'twin' },
      ]);
      expect(imported?.metadata.uid).toBe(before?.metadata.uid);
      expect(imported?.spec.ips).toEqual(before?.spec.ips);
    });
    await expectAllFollowed();
    await configure(clusters);
    await eventually(async () => {
      expect((await held(consumer, ns, 'from-1')).import?.status?.clusters).toEqual([{ cluster: 'cluster1' }]);
    });
    await expectAllFollowed();
  });
});

describe('the endpoints of a member that never responds', () => {
  it('expire after the configured time, except the last ready ones', async () => {
    await run();
    await expectAllFollowed();
    await stop();
    const proxy = await FaultProxy.start(faulty.plane);
    await proxy.down();
    try {
      await run({
        spec: { endpointExpiry: '1s' },
        connect: faultyBehind(proxy),
      });
      await expectHeld(consumer, 'both', [podAddress(other, serial)]);
      await expectHeld(consumer, 'from-1', [podAddress(faulty, serial)]);
      expect(condition((await held(consumer, ns, 'both')).import, 'catamaran.dev/SourcesReachable')).toMatchObject({
        status: 'False',
        message: expect.stringContaining('expired'),
      });
      await proxy.up();
      await expectAllFollowed();
    } finally {
      await stop();
      await proxy.close();
    }
  });
});
