/**
 * The rights of each account against the audit log of real API servers: no request that is not granted, no right that is
 * not used.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RESOURCES, type Resource } from '../../src/api/resources.ts';
import { parseFleet } from '../../src/config/parse.ts';
import {
  DNS_CHECK_RULES,
  DNS_RULES,
  INVENTORY_RULES,
  leaseRules,
  MEMBER_RULES,
  renewalRules,
  storeRules,
} from '../../src/install/role-rules.ts';
import type { KubeClient } from '../../src/kube/client/client.ts';
import { createKubeClient } from '../../src/kube/client/http-client.ts';
import { staticCredentials } from '../../src/kube/kubeconfig/credentials.ts';
import { loadKubeconfig } from '../../src/kube/kubeconfig/kubeconfig.ts';
import { FleetSource } from '../../src/membership/inventory/fleet-source.ts';
import { KubeconfigStore } from '../../src/membership/inventory/stored-kubeconfigs.ts';
import { TokenRenewal } from '../../src/membership/inventory/token-renewal.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { AUDITED_NAMESPACE } from '../../tools/controlplane/plane.ts';
import { serviceImport } from '../support/clusters/manifests.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, removeLeases, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { invoke } from '../support/invoke.ts';
import { base64, kubeconfig } from '../support/kubeconfigs.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { requestedBy, rightsGranted, rightsOf } from './audited-rights.ts';
import { createAll, move, offer, podAddress } from './offers.ts';
import { addresses, condition, fleetConfig, held, runFleet } from './running-fleet.ts';

const LEASE = 'catamaran';

let clusters: readonly [Cluster, Cluster, Cluster];
let directory: string;

const contextArgs = ({ plane, name }: Cluster) => ['--kubeconfig', plane.kubeconfig, '--context', name];
const hubArgs = ({ plane, name }: Cluster) => [
  ...['--hub-kubeconfig', plane.kubeconfig, '--hub-context', name, '--namespace', AUDITED_NAMESPACE],
];

beforeAll(async () => {
  clusters = await sharedClusters();
  await removeLeases(clusters);
  directory = await mkdtemp(join(tmpdir(), 'catamaran-rights-'));
  for (const cluster of clusters.slice(0, 2)) {
    const values = join(directory, 'values.yaml');
    await writeFile(values, 'dns: { enabled: true }');
    const target = ['--kubeconfig', cluster.plane.kubeconfig, '--namespace', AUDITED_NAMESPACE];
    expect(await invoke(['install', ...target, '--mode', 'cluster', '--values', values])).toMatchObject({ code: 0 });
  }
});

afterAll(async () => {
  const [, member, hub] = clusters;
  await invoke(['leave', member.name, ...hubArgs(hub), ...contextArgs(member), '--force']);
  for (const cluster of clusters) {
    await invoke(['uninstall', ...contextArgs(cluster), '--namespace', AUDITED_NAMESPACE]);
    await cluster.kubectl('delete', 'namespace', AUDITED_NAMESPACE, '--wait=false', '--ignore-not-found');
  }
  await rm(directory, { recursive: true });
});

/** `kubectl create token`, for an account of the installation. */
async function tokenOf(cluster: Cluster, account: string): Promise<string> {
  return (await cluster.kubectl('-n', AUDITED_NAMESPACE, 'create', 'token', account)).trim();
}

async function accessOf({ plane }: Cluster, token: string) {
  const tls = { ca: await readFile(plane.caFile, 'utf8') };
  return { server: plane.server, tls, credentials: staticCredentials({ token }), source: 'test' };
}

/**
 * A client whose first change of each resource meets an object that a user has changed a moment before, so that the
 * controller has to read it again.
 */
function overtaken(client: KubeClient, { client: user }: Cluster): KubeClient {
  const done = new Set<string>();
  return {
    ...methodsOf(client),
    patch: async (resource, object, patch, options) => {
      if (!done.has(resource.plural) && (patchable as readonly Resource[]).includes(resource)) {
        done.add(resource.plural);
        await user.patch(resource, object, { metadata: { annotations: { 'example.org/overtaken': 'yes' } } });
      }
      return client.patch(resource, object, patch, options);
    },
  };
}

const { serviceExports, serviceImports, services, endpointSlices } = RESOURCES;
const patchable = [serviceExports, serviceImports, services, endpointSlices];

/** The methods of a client, to replace some. */
function methodsOf(client: KubeClient): KubeClient {
  return {
    cluster: client.cluster,
    get: (...args) => client.get(...args),
    list: (...args) => client.list(...args),
    pages: (...args) => client.pages(...args),
    watch: (...args) => client.watch(...args),
    create: (...args) => client.create(...args),
    update: (...args) => client.update(...args),
    patch: (...args) => client.patch(...args),
    delete: (...args) => client.delete(...args),
    raw: (...args) => client.raw(...args),
    close: () => client.close(),
  };
}

it('the controller: joins, imports, follows, reports, cleans up', async () => {
  const [first, second] = clusters;
  const both = [first, second];
  const ns = await freshNamespace(both, 'rights');
  const manual = await freshNamespace(both, 'rights-manual');
  // Networks that are not declared are read from the clusters.
  const undeclared = { podCIDRs: [], serviceCIDRs: [], addresses: 'Any' };
  const settings = {
    spec: { namespaces: [{ name: manual, import: { mode: 'Manual' } }] },
    members: { [first.name]: undeclared, [second.name]: undeclared },
  };
  const fleet = await runFleet(both, {
    ...settings,
    connect: async (cluster) => {
      const access = await accessOf(cluster, await tokenOf(cluster, 'catamaran'));
      return overtaken(createKubeClient({ cluster: cluster.name, access }), cluster);
    },
  });
  try {
    const ready = (cluster: Cluster, namespace: string, name: string, expected: readonly string[]) =>
      eventually(async () => {
        expect(await addresses(cluster, namespace, name)).toEqual(expected);
        const { import: imported } = await held(cluster, namespace, name);
        expect(condition(imported, 'Ready')?.status).toBe('True');
      });
    await createAll(first, offer(first, ns, 'web'));
    await ready(second, ns, 'web', [podAddress(first, 1)]);
    await move(first, ns, 'web', [podAddress(first, 2)]);
    await ready(second, ns, 'web', [podAddress(first, 2)]);
    await createAll(first, offer(first, manual, 'web'));
    await second.apply(serviceImport(manual, 'web'));
    await ready(second, manual, 'web', [podAddress(first, 1)]);
    // Another exporter with other ports, twice: the derived Service changes, and the Event repeats.
    const other = offer(second, ns, 'web', { spec: { ports: [{ name: 'admin', port: 81, protocol: 'TCP' }] } });
    const conflict = (status: string) =>
      eventually(async () => expect(condition((await held(first, ns, 'web')).export, 'Conflict')?.status).toBe(status));
    await createAll(second, other);
    await conflict('True');
    for (const _ of [1, 2]) {
      await second.kubectl('-n', ns, 'delete', 'serviceexport', 'web');
      await conflict('False');
      await createAll(second, other.slice(-1));
      await conflict('True');
    }
    await eventually(async () =>
      expect((await requestedBy('catamaran', both)).verbs).toContain('patch events.events.k8s.io'),
    );
    for (const cluster of both) await cluster.kubectl('-n', ns, 'delete', 'serviceexport', 'web');
    for (const cluster of both) {
      await eventually(async () => expect((await held(cluster, ns, 'web')).import).toBeUndefined());
    }
    // A member that leaves is cleaned up.
    await createAll(first, offer(first, ns, 'last'));
    await ready(second, ns, 'last', [podAddress(first, 1)]);
    await fleet.controller.configure(fleetConfig([first], settings));
    await eventually(async () => expect((await held(second, ns, 'last')).import).toBeUndefined());
  } finally {
    await fleet.stop();
  }
  const rights = rightsOf([...MEMBER_RULES, ...leaseRules(LEASE)]);
  const { verbs, forbidden } = await requestedBy('catamaran', both);
  expect(forbidden).toEqual([]);
  expect([...verbs].filter((verb) => !rights.has(verb))).toEqual([]);
  expect([...rights].filter((right) => !verbs.has(right))).toEqual([]);
}, 180_000);

it('catamaran dns: lists and watches, and checks the DNS of its cluster', async () => {
  const [cluster] = clusters;
  const token = await tokenOf(cluster, 'catamaran-dns');
  const file = join(directory, 'dns.kubeconfig');
  const ca = base64(await readFile(cluster.plane.caFile, 'utf8'));
  await writeFile(file, kubeconfig({ server: cluster.plane.server, 'certificate-authority-data': ca }, { token }));
  const stop = new AbortController();
  const served = invoke(['dns', '--kubeconfig', file, '--listen', '127.0.0.1:0', '--http', 'none'], {
    signal: stop.signal,
  });
  const watched = rightsOf(DNS_RULES);
  await eventually(async () => {
    const { verbs } = await requestedBy('catamaran-dns', [cluster]);
    expect([...watched].filter((right) => !verbs.has(right))).toEqual([]);
  });
  stop.abort();
  await served;
  const serving = await requestedBy('catamaran-dns', [cluster]);
  expect(serving.forbidden).toEqual([]);
  expect([...serving.verbs].filter((verb) => !watched.has(verb))).toEqual([]);
  // The check reads what it may.
  await invoke(['dns', 'check', '--kubeconfig', file, '--server', '127.0.0.1:9']);
  const { verbs } = await requestedBy('catamaran-dns', [cluster]);
  expect([...rightsOf(DNS_CHECK_RULES)].filter((right) => !verbs.has(right))).toEqual([]);
}, 120_000);

it('the controller of a hub: reads Secrets of members, and renews their tokens', async () => {
  const [, member, hub] = clusters;
  const installed = await invoke(['install', ...contextArgs(hub), '--namespace', AUDITED_NAMESPACE, '--mode', 'hub']);
  expect(installed).toMatchObject({ code: 0 });
  // The account of a controller in the member has more rights.
  await invoke(['uninstall', ...contextArgs(member), '--namespace', AUDITED_NAMESPACE]);
  // Stored kubeconfigs may not use loopback addresses.
  const join = ['join', '--name', member.name, ...contextArgs(member), ...hubArgs(hub), '--timeout', '0'];
  const ranges = ['--server', 'https://192.0.2.1:6443', '--pod-cidrs', member.plane.podCIDRs.join()];
  expect(await invoke([...join, ...ranges])).toMatchObject({ code: 0 });
  const before = await requestedBy('catamaran', [member]);
  const logger = new MemoryLogger();
  const kubeconfigs = new KubeconfigStore();
  const token = await tokenOf(hub, 'catamaran');
  const fleet = { apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet' };
  const spec = { members: [], inventories: [{ format: 'Catamaran' }] };
  const source = new FleetSource(parseFleet(JSON.stringify({ ...fleet, spec }), { file: '/fleet.yaml' }), {
    connect: async () => createKubeClient({ cluster: hub.name, access: await accessOf(hub, token) }),
    namespace: AUDITED_NAMESPACE,
    check: async () => undefined,
    kubeconfigs,
    clock: systemClock,
    random: Math.random,
    logger,
  });
  const renewal = new TokenRenewal({
    tokens: () => source.tokens,
    connectMember: async ({ source: from }) => {
      const readFile = async () => kubeconfigs.read(from);
      const access = await loadKubeconfig({ files: [from], trust: 'stored', readFile });
      return createKubeClient({
        cluster: member.name,
        access: { ...access, trust: 'user', server: member.plane.server },
      });
    },
    connectStore: ({ source: from }) => source.connectTo(from),
    // Tokens are due at once.
    clock: { ...systemClock, now: () => Date.now() + 500_000_000 },
    random: () => 0,
    logger,
  });
  const stop = new AbortController();
  await source.start(stop.signal);
  const running = source.run(stop.signal, () => {});
  try {
    expect(source.config.members.map(({ name }) => name)).toEqual([member.name]);
    await renewal.check(stop.signal);
    expect(logger.lines).toContainEqual(expect.objectContaining({ message: 'token renewed' }));
    await eventually(async () => expect((await requestedBy('catamaran', [hub])).verbs).toContain('watch secrets'));
  } finally {
    stop.abort();
    await running;
  }
  const inHub = await requestedBy('catamaran', [hub]);
  expect(inHub.forbidden).toEqual([]);
  expect(inHub.verbs).toEqual(rightsOf([...INVENTORY_RULES, ...storeRules(member.name)]));
  expect(await rightsGranted('catamaran', hub)).toEqual(inHub.verbs);
  const inMember = await requestedBy('catamaran', [member]);
  expect(inMember.forbidden).toEqual(before.forbidden);
  expect(inMember.verbs).toEqual(new Set([...before.verbs, ...rightsOf(renewalRules('catamaran'))]));
  expect(await rightsGranted('catamaran', member)).toEqual(
    rightsOf([...MEMBER_RULES, ...leaseRules(LEASE), ...renewalRules('catamaran')]),
  );
}, 120_000);
