/**
 * `catamaran join` and `leave` on real API servers. The controller runs in this process, since stored kubeconfigs may not
 * use loopback addresses: it connects with the stored token, to the real address.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseFleet } from '../../src/config/parse.ts';
import { Controller } from '../../src/controller/controller.ts';
import { Metrics } from '../../src/controller/metrics.ts';
import { createKubeClient } from '../../src/kube/client/http-client.ts';
import { loadKubeconfig } from '../../src/kube/kubeconfig/kubeconfig.ts';
import { claimsOf } from '../../src/membership/account-token.ts';
import { FleetSource } from '../../src/membership/inventory/fleet-source.ts';
import { KubeconfigStore } from '../../src/membership/inventory/stored-kubeconfigs.ts';
import { TokenRenewal } from '../../src/membership/inventory/token-renewal.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { service, serviceExport, slice } from '../support/clusters/manifests.ts';
import { adminClient, type Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, removeLeases, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { invoke } from '../support/invoke.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { addresses } from './running-fleet.ts';

const SYSTEM = 'catamaran-membership-test';
/** Where a hub would reach the members. */
const SERVER = 'https://192.0.2.1:6443';

let hub: Cluster;
let cluster2: Cluster;
let cluster3: Cluster;
let directory: string;
let stop: (() => Promise<void>) | undefined;

const KINDS = [
  'clusterroles,clusterrolebindings,roles,rolebindings,serviceaccounts,secrets,services,endpointslices,leases',
  'validatingadmissionpolicies,validatingadmissionpolicybindings,namespaces,customresourcedefinitions',
];

async function objectsOf(cluster: Cluster): Promise<readonly string[]> {
  const served = await cluster.kubectl('api-resources', '-o', 'name');
  const kinds = [...KINDS.join().split(','), 'serviceimports', 'clusterproperties'].filter((kind) =>
    served.split('\n').some((name) => name.split('.')[0] === kind),
  );
  const names = await cluster.kubectl('get', kinds.join(), '--all-namespaces', '-o', 'name');
  return names.split('\n').filter((name) => !name.startsWith('lease.coordination.k8s.io/apiserver-'));
}

/** Names of objects that were added; other tests may still be removing theirs. */
async function addedTo(
  members: readonly Cluster[],
  before: readonly (readonly string[])[],
): Promise<readonly string[]> {
  const now = await Promise.all(members.map(objectsOf));
  return now.flatMap((names, i) => {
    const known = [...(before[i] ?? [])];
    return names.filter((name) => {
      const at = known.indexOf(name);
      if (at >= 0) known.splice(at, 1);
      return at < 0;
    });
  });
}

const join2 = (...args: readonly string[]) => joinOf(cluster2, ...args);

function joinOf(cluster: Cluster, ...args: readonly string[]) {
  return invoke([
    'join',
    ...['--kubeconfig', cluster.plane.kubeconfig, '--hub-kubeconfig', hub.plane.kubeconfig],
    ...['--hub-context', hub.name, '--namespace', SYSTEM, '--name', cluster.name, '--server', SERVER],
    ...['--pod-cidrs', cluster.plane.podCIDRs.join(), ...args],
  ]);
}

function leave(name: string, ...args: readonly string[]) {
  return invoke([
    'leave',
    name,
    ...['--hub-kubeconfig', hub.plane.kubeconfig, '--hub-context', hub.name, '--namespace', SYSTEM, ...args],
  ]);
}

async function succeeds(invoked: ReturnType<typeof invoke>): ReturnType<typeof invoke> {
  const outcome = await invoked;
  if (outcome.code !== 0) throw new Error(outcome.stderr);
  return outcome;
}

const contextOf = (cluster: Cluster) => ['--kubeconfig', cluster.plane.kubeconfig, '--context', cluster.name];

/** A controller over the Secrets of the hub. */
async function controller() {
  const logger = new MemoryLogger();
  const kubeconfigs = new KubeconfigStore();
  const document = {
    apiVersion: 'catamaran.dev/v1alpha1',
    kind: 'Fleet',
    spec: {
      members: [],
      inventories: [{ format: 'Catamaran' }],
      namespaces: [{ name: 'membership-*', export: { slices: 'Any' } }],
    },
  };
  const source = new FleetSource(parseFleet(JSON.stringify(document), { file: '/fleet.yaml' }), {
    connect: async () => adminClient(hub.plane),
    namespace: SYSTEM,
    check: async () => undefined,
    kubeconfigs,
    clock: systemClock,
    random: Math.random,
    logger,
  });
  const aborted = new AbortController();
  await source.start(aborted.signal);
  const connect = async (name: string, from: string) => {
    const read = async () => kubeconfigs.read(from);
    const access = await loadKubeconfig({ files: [from], trust: 'stored', readFile: read });
    const cluster = [cluster2, cluster3].find((each) => each.name === name);
    return createKubeClient({
      cluster: name,
      access: { ...access, trust: 'user', server: cluster?.plane.server ?? '' },
    });
  };
  const running = new Controller(source.config, {
    connect: async ({ name, access }) => connect(name, access.kind === 'stored' ? access.source : ''),
    identity: `membership-${process.pid}-${Date.now()}`,
    ended: () => true,
    clock: systemClock,
    random: Math.random,
    logger,
    metrics: new Metrics(),
  });
  const renewal = new TokenRenewal({
    tokens: () => source.tokens,
    connectMember: ({ member, source: from }) => connect(member, from),
    connectStore: ({ source: from }) => source.connectTo(from),
    // Tokens are due at once.
    clock: { ...systemClock, now: () => Date.now() + 500_000_000 },
    random: () => 0,
    logger,
  });
  const done = Promise.all([
    running.run(aborted.signal),
    source.run(aborted.signal, (config) => running.configure(config)),
  ]);
  stop = async () => {
    aborted.abort();
    await done;
    stop = undefined;
  };
  return { running, renewal, logger, source };
}

async function tokenOf(name: string): Promise<string> {
  const data = await hub.kubectl('-n', SYSTEM, 'get', 'secret', name, '-o', 'jsonpath={.data.token}');
  return Buffer.from(data, 'base64').toString();
}

beforeAll(async () => {
  [hub, cluster2, cluster3] = await sharedClusters();
  directory = await mkdtemp(join(tmpdir(), 'catamaran-membership-'));
  const args = ['install', '--kubeconfig', hub.plane.kubeconfig, '--namespace', SYSTEM, '--mode', 'hub'];
  expect(await invoke(args)).toMatchObject({ code: 0, stderr: '' });
});

afterEach(async ({ task }) => {
  // Refusals change nothing.
  if (!task.name.startsWith('refuses')) await leaveAll();
  await stop?.();
});

async function leaveAll(): Promise<void> {
  for (const cluster of [cluster2, cluster3]) {
    await leave(cluster.name, ...contextOf(cluster), '--force');
    await eventually(async () => expect(await objectsOf(cluster)).not.toContain(`namespace/${SYSTEM}`));
  }
}

afterAll(async () => {
  await leaveAll();
  await rm(directory, { recursive: true });
  await hub.kubectl('delete', 'namespace', SYSTEM, '--wait=false', '--ignore-not-found');
});

describe('two clusters that join', () => {
  it('share Services, and leave nothing behind when they leave', async () => {
    await removeLeases([hub, cluster2, cluster3]);
    const before = await Promise.all([hub, cluster2, cluster3].map(objectsOf));
    await controller();
    const first = await succeeds(join2());
    expect(first.stderr).toContain('waiting for the controller in');
    expect(first.stdout).toContain(`cluster2: serviceaccounts ${SYSTEM}/catamaran created\n`);
    expect(first.stdout).toContain(`cluster1: secrets ${SYSTEM}/cluster2 created\n`);
    expect(first.stdout).toMatch(/^cluster2 is a member, written to by membership-/m);
    await succeeds(joinOf(cluster3));
    const identity = await cluster2.kubectl('get', 'clusterproperties', '-o', 'jsonpath={.items[*].spec.value}');
    expect(identity).toBe('cluster2 catamaran');

    const ns = await freshNamespace([cluster2, cluster3], 'membership');
    await cluster2.apply(service(ns, 'web'), slice(ns, 'web', 'web-a', ['10.2.9.1']), serviceExport(ns, 'web'));
    await eventually(async () => expect(await addresses(cluster3, ns, 'web')).toEqual(['10.2.9.1']));
    await Promise.all([cluster2, cluster3].map((each) => each.kubectl('delete', 'namespace', ns)));

    await succeeds(leave('cluster2', ...contextOf(cluster2)));
    const last = await succeeds(leave('cluster3', ...contextOf(cluster3)));
    expect(last.stdout).toContain(`cluster3: serviceaccounts ${SYSTEM}/catamaran deleted\n`);
    expect(last.stdout).toContain('cluster3 is no longer a member\n');
    await eventually(async () => expect(await addedTo([hub, cluster2, cluster3], before)).toEqual([]));
  });

  it('get tokens that the controller renews, without another connection', async () => {
    const { renewal, running, logger } = await controller();
    await succeeds(join2('--token-lifetime', '1h'));
    const token = await tokenOf('cluster2');
    const claims = claimsOf(token);
    expect(claims).toMatchObject({ namespace: SYSTEM, account: 'catamaran' });
    expect((claims?.expiresAt ?? 0) - (claims?.issuedAt ?? 0)).toBe(3_600_000);
    await renewal.check(new AbortController().signal);
    await eventually(async () => expect(await tokenOf('cluster2')).not.toBe(token));
    expect(running.status().members).toMatchObject([{ name: 'cluster2', state: 'ready' }]);
    expect(logger.lines.map(({ message }) => message)).toContain('token renewed');
    expect(logger.lines.map(({ message }) => message)).not.toContain('member connection is being replaced');
    expect(JSON.stringify(logger.lines)).not.toContain(token);
  });
});

describe('join', () => {
  it('writes nothing in a dry run', async () => {
    const before = await Promise.all([hub, cluster2].map(objectsOf));
    const { code, stdout } = await join2('--dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain(`cluster1: secrets ${SYSTEM}/cluster2 created (dry run)\n`);
    expect(await addedTo([hub, cluster2], before)).toEqual([]);
  });

  it('reports that a cluster is a member already, and changes nothing', async () => {
    await succeeds(join2('--timeout', '0'));
    const token = await tokenOf('cluster2');
    const again = await join2('--timeout', '0');
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('cluster2 is already a member; its account, token and ranges are up to date\n');
    expect(again.stdout).not.toContain('created');
    expect(await tokenOf('cluster2')).toBe(token);
    const changed = await join2('--timeout', '0', '--node-cidrs', '172.30.2.0/24');
    expect(changed.stdout).toContain(`cluster1: secrets ${SYSTEM}/cluster2 configured\n`);
  });

  it('prints JSON', async () => {
    const { stdout } = await join2('--dry-run', '--output', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'cluster2',
      dryRun: true,
      wasMember: false,
      ranges: { podCIDRs: cluster2.plane.podCIDRs },
    });
  });

  const refusals: readonly [string, () => ReturnType<typeof invoke>, RegExp][] = [
    [
      'the name of another cluster',
      () => joinOf(cluster3, '--name', 'cluster2'),
      /"cluster2" is the name of another cluster .*catamaran leave cluster2/,
    ],
    [
      'another name for a member',
      () => join2('--name', 'other'),
      /cluster2 is member "cluster2" already; .*catamaran leave cluster2/,
    ],
    ['the hub itself', () => joinOf(hub), /--context: cluster1 is the hub itself/],
    [
      'ranges of another member',
      () => joinOf(cluster3, '--pod-cidrs', cluster2.plane.podCIDRs.join()),
      /overlaps .* of member "cluster2".*--pod-cidrs/,
    ],
    ['a range that is none', () => joinOf(cluster3, '--pod-cidrs', 'all'), /podCIDRs\[0\]: "all" is not a CIDR/],
    [
      'a local address',
      () => joinOf(cluster3, '--server', 'https://127.0.0.1:6443'),
      /--server: https:\/\/127.0.0.1:6443 .*pass the address at which the hub reaches/,
    ],
    [
      'another namespace',
      () => joinOf(cluster3, '--namespace', 'elsewhere'),
      /no controller in namespace "elsewhere" of cluster1; install it/,
    ],
  ];

  it.each(refusals)('refuses %s, and leaves nothing behind', async (_, run, message) => {
    if ((await objectsOf(hub)).every((name) => name !== 'secret/cluster2')) await succeeds(join2('--timeout', '0'));
    const before = await Promise.all([hub, cluster3].map(objectsOf));
    const { code, stderr, stdout } = await run();
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(await addedTo([hub, cluster3], before)).toEqual([]);
  });

  it('names the rights that a user lacks', async () => {
    const ns = await freshNamespace([cluster2], 'limited');
    await cluster2.kubectl('-n', ns, 'create', 'serviceaccount', 'limited');
    await cluster2.kubectl('create', 'clusterrolebinding', ns, '--clusterrole=view', `--serviceaccount=${ns}:limited`);
    await cluster2.kubectl('create', 'clusterrole', ns, '--verb=get,list', '--resource=namespaces,nodes');
    await cluster2.kubectl(
      'create',
      'clusterrolebinding',
      `${ns}-n`,
      `--clusterrole=${ns}`,
      `--serviceaccount=${ns}:limited`,
    );
    const token = (await cluster2.kubectl('-n', ns, 'create', 'token', 'limited')).trim();
    const view = JSON.parse(await cluster2.kubectl('config', 'view', '--raw', '--flatten', '-o', 'json'));
    const file = join(directory, 'limited');
    await writeFile(file, JSON.stringify({ ...view, users: [{ ...view.users[0], user: { token } }] }));
    const before = await Promise.all([hub, cluster2].map(objectsOf));
    const { code, stderr } = await join2('--kubeconfig', file);
    expect(code).toBe(1);
    expect(stderr).toContain('the user of cluster2 may not create customresourcedefinitions.apiextensions.k8s.io, ');
    expect(stderr).toContain('use a --context of an administrator');
    expect(await addedTo([hub, cluster2], before)).toEqual([]);
    await cluster2.kubectl('delete', 'clusterrolebinding', ns, `${ns}-n`);
    await cluster2.kubectl('delete', 'clusterrole', ns);
  });

  it('removes what it created if the controller does not connect', async () => {
    const before = await Promise.all([hub, cluster2].map(objectsOf));
    const { code, stderr } = await join2('--timeout', '2');
    expect(code).toBe(1);
    expect(stderr).toContain('the controller in cluster1 has not connected to cluster2 within 2 s: ');
    await eventually(async () => expect(await addedTo([hub, cluster2], before)).toEqual([]));
  });
});

describe('leave', () => {
  it('names the members if there is none of that name', async () => {
    await succeeds(join2('--timeout', '0'));
    const { code, stderr } = await leave('cluster9', '--force');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `error: [CTM_MEMBERSHIP] member "cluster9" not found in namespace ${SYSTEM} of cluster1; available: cluster2\n`,
    });
  });

  it('refuses the context of another cluster', async () => {
    await succeeds(join2('--timeout', '0'));
    const { code, stderr } = await leave('cluster2', ...contextOf(cluster3));
    expect(code).toBe(1);
    expect(stderr).toMatch(/--context: cluster3 is another cluster .* than member cluster2/);
  });

  it('lists what remains in a cluster that cannot be reached', async () => {
    await succeeds(join2('--timeout', '0'));
    expect((await leave('cluster2')).stderr).toContain('pass --context with the context of cluster2, or --force');
    const { code, stdout } = await leave('cluster2', '--force');
    expect(code).toBe(0);
    expect(stdout).toContain(`cluster1: secrets ${SYSTEM}/cluster2 deleted\n`);
    expect(stdout).toContain(`kubectl delete serviceaccount --namespace ${SYSTEM} catamaran\n`);
    expect(await objectsOf(cluster2)).toContain('serviceaccount/catamaran');
    expect(await invoke(['uninstall', ...contextOf(cluster2), '--namespace', SYSTEM])).toMatchObject({ code: 0 });
    await cluster2.kubectl('delete', 'namespace', SYSTEM);
  });
});
