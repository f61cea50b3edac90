/** Members from Secrets of a hub, on real API servers. cluster1 is the hub, too. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseFleet } from '../../src/config/parse.ts';
import { Controller } from '../../src/controller/controller.ts';
import { Metrics } from '../../src/controller/metrics.ts';
import { createKubeClient } from '../../src/kube/client/http-client.ts';
import { loadKubeconfig } from '../../src/kube/kubeconfig/kubeconfig.ts';
import { FleetSource } from '../../src/membership/inventory/fleet-source.ts';
import { KubeconfigStore } from '../../src/membership/inventory/stored-kubeconfigs.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { messageOf } from '../../src/runtime/thrown.ts';
import { service, serviceExport, slice } from '../support/clusters/manifests.ts';
import { adminClient, type Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { addresses } from './running-fleet.ts';

let hub: Cluster;
let clusters: readonly [Cluster, Cluster, Cluster];
/** Of the Secrets. */
let ns: string;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  clusters = await sharedClusters();
  [hub] = clusters;
});

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** Control planes of tests are on loopback addresses, which a stored kubeconfig may not use. */
const accessOf = (text: string, source: string) =>
  loadKubeconfig({ files: [source], trust: 'user', readFile: async () => text });

function fleet(formats: readonly string[], spec: object = {}) {
  const inventories = formats.map((format) => ({ format }));
  // Other tests leave exports in the clusters, whose removal the guard would hold back.
  const defaults = { members: [], inventories, guard: { percent: 100 } };
  const document = { apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec: { ...defaults, ...spec } };
  return parseFleet(JSON.stringify(document), { file: '/fleet.yaml' });
}

async function run(formats: readonly string[] = ['Catamaran'], spec: object = {}) {
  const logger = new MemoryLogger();
  const kubeconfigs = new KubeconfigStore();
  const source = new FleetSource(fleet(formats, spec), {
    connect: async () => adminClient(hub.plane),
    namespace: ns,
    check: (text, name) => accessOf(text, name).then(() => undefined, messageOf),
    kubeconfigs,
    clock: systemClock,
    random: Math.random,
    logger,
  });
  const stop = new AbortController();
  await source.start(stop.signal);
  const controller = new Controller(source.config, {
    connect: async ({ name, access }) => {
      if (access.kind !== 'stored') throw new Error('not stored');
      return createKubeClient({
        cluster: name,
        access: await accessOf(kubeconfigs.read(access.source), access.source),
      });
    },
    identity: `inventories-${stops.length}-${ns}`,
    ended: () => true,
    clock: systemClock,
    random: Math.random,
    logger,
    metrics: new Metrics(),
  });
  const done = Promise.all([
    controller.run(stop.signal),
    source.run(stop.signal, (config) => controller.configure(config)),
  ]);
  stops.push(async () => {
    stop.abort();
    await done;
  });
  const states = () => Object.fromEntries(controller.status().members.map(({ name, state }) => [name, state]));
  return { controller, source, states, logger };
}

function secret(cluster: Cluster, data: Readonly<Record<string, string>> = {}, name = cluster.name) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: ns, name, labels: { 'catamaran.dev/secret-type': 'member' } },
    stringData: {
      server: cluster.plane.server,
      token: cluster.plane.token,
      'ca.crt': readFileSync(cluster.plane.caFile, 'utf8'),
      podCIDRs: cluster.plane.podCIDRs.join(','),
      slices: 'Any',
      ...data,
    },
  };
}

async function exported(cluster: Cluster, endpoints: readonly string[]): Promise<string> {
  const space = await freshNamespace(clusters, 'inventory');
  await cluster.apply(service(space, 'web'), slice(space, 'web', 'web-a', endpoints), serviceExport(space, 'web'));
  return space;
}

describe('members from Secrets', () => {
  it('join live, share Services, and leave when their Secret is deleted', async () => {
    ns = await freshNamespace([hub], 'hub');
    const [first, second, third] = clusters;
    await hub.apply(secret(first), secret(second));
    const { states } = await run();
    const space = await exported(first, ['10.1.9.1']);
    await eventually(async () => expect(await addresses(second, space, 'web')).toEqual(['10.1.9.1']));
    await hub.apply(secret(third));
    await eventually(async () => expect(await addresses(third, space, 'web')).toEqual(['10.1.9.1']));
    expect(states()).toEqual({ cluster1: 'ready', cluster2: 'ready', cluster3: 'ready' });
    await hub.kubectl('-n', ns, 'delete', 'secret', 'cluster3');
    await eventually(() => expect(states()).toEqual({ cluster1: 'ready', cluster2: 'ready' }));
    await eventually(async () => expect(await addresses(third, space, 'web')).toEqual([]));
  });

  it('are isolated from one that is bad, which keeps what it has', async () => {
    ns = await freshNamespace([hub], 'hub');
    const [first, second, third] = clusters;
    await hub.apply(secret(first), secret(second), secret(third, { podCIDRs: 'wrong' }));
    const { states, source, logger } = await run();
    await eventually(() => expect(states()).toEqual({ cluster1: 'ready', cluster2: 'ready', cluster3: 'unknown' }));
    const problem = expect.stringContaining('podCIDRs[0]: "wrong" is not a CIDR');
    expect(source.status).toMatchObject({ accepted: 2, rejected: [{ member: 'cluster3', problem }] });
    expect(logger.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ problem }) }),
    );
    await hub.apply(secret(third));
    await eventually(() => expect(states()).toMatchObject({ cluster3: 'ready' }));
    const space = await exported(third, ['10.3.9.1']);
    await eventually(async () => expect(await addresses(first, space, 'web')).toEqual(['10.3.9.1']));
    await hub.apply(secret(third, { token: 'not a token' }));
    await eventually(() => expect(source.status.rejected).toHaveLength(1));
    await hub.apply(secret(third, { podCIDRs: first.plane.podCIDRs.join(',') }));
    await eventually(() => expect(source.status.rejected[0]?.problem).toContain('overlaps'));
    expect(states()).toMatchObject({ cluster3: 'ready' });
    expect(await addresses(first, space, 'web')).toEqual(['10.3.9.1']);
    expect(JSON.stringify(logger.lines)).not.toContain(first.plane.token);
  });

  it('are held by the guard when their Secret is deleted, unless they were asked to leave', async () => {
    ns = await freshNamespace([hub], 'hub');
    const [first, second] = clusters;
    await hub.apply(secret(first), secret(second));
    const { controller, states } = await run(['Catamaran'], { guard: { percent: 10, minimum: 1 } });
    const space = await exported(first, ['10.1.9.1', '10.1.9.2']);
    await eventually(async () => expect(await addresses(second, space, 'web')).toHaveLength(2));
    await hub.kubectl('-n', ns, 'delete', 'secret', 'cluster1');
    await eventually(() => expect(controller.status().held).toMatchObject([{ part: 'cluster1' }]));
    expect(await addresses(second, space, 'web')).toHaveLength(2);
    await hub.apply(secret(first));
    await eventually(() => expect(controller.status().held).toBeUndefined());
    await hub.kubectl('-n', ns, 'annotate', 'secret', 'cluster1', 'catamaran.dev/leave=');
    await eventually(() => expect(states()).toEqual({ cluster2: 'ready' }));
    await eventually(async () => expect(await addresses(second, space, 'web')).toEqual([]));
  });

  it('come from Cluster API, Argo CD and multicluster-runtime, too', async () => {
    ns = await freshNamespace([hub], 'hub');
    const [first, second, third] = clusters;
    const annotations = ({ plane }: Cluster) => ({ 'catamaran.dev/podCIDRs': plane.podCIDRs.join(',') });
    const kubeconfig = (cluster: Cluster) => readFileSync(cluster.plane.kubeconfig, 'utf8');
    const inline = async (cluster: Cluster) => {
      const view = await cluster.kubectl('config', 'view', '--flatten', '--raw', '-o', 'json');
      return view === '' ? kubeconfig(cluster) : view;
    };
    const caData = Buffer.from(readFileSync(third.plane.caFile)).toString('base64');
    const base = { apiVersion: 'v1', kind: 'Secret' };
    await hub.apply(
      {
        ...base,
        type: 'cluster.x-k8s.io/secret',
        metadata: {
          namespace: ns,
          name: 'cluster1-kubeconfig',
          labels: { 'cluster.x-k8s.io/cluster-name': 'cluster1' },
          annotations: annotations(first),
        },
        stringData: { value: await inline(first) },
      },
      {
        ...base,
        metadata: {
          namespace: ns,
          name: 'cluster2',
          labels: { 'sigs.k8s.io/multicluster-runtime-kubeconfig': 'true' },
          annotations: annotations(second),
        },
        stringData: { kubeconfig: await inline(second) },
      },
      {
        ...base,
        metadata: {
          namespace: ns,
          name: 'argo',
          labels: { 'argocd.argoproj.io/secret-type': 'cluster' },
          annotations: annotations(third),
        },
        stringData: {
          name: 'cluster3',
          server: third.plane.server,
          config: JSON.stringify({ bearerToken: third.plane.token, tlsClientConfig: { caData } }),
        },
      },
    );
    const { states } = await run(['ClusterAPI', 'ArgoCD', 'MulticlusterRuntime']);
    await eventually(() => expect(states()).toEqual({ cluster1: 'ready', cluster2: 'ready', cluster3: 'ready' }));
  });

  it('come from ClusterProfiles with a token', async () => {
    ns = await freshNamespace([hub], 'hub');
    const [first] = clusters;
    await hub.apply({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {
        name: 'clusterprofiles.multicluster.x-k8s.io',
        annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/cluster-inventory-api' },
      },
      spec: {
        group: 'multicluster.x-k8s.io',
        names: {
          kind: 'ClusterProfile',
          listKind: 'ClusterProfileList',
          plural: 'clusterprofiles',
          singular: 'clusterprofile',
        },
        scope: 'Namespaced',
        versions: [
          {
            name: 'v1alpha1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    });
    await hub.kubectl(
      'wait',
      '--for=condition=Established',
      '--timeout=30s',
      'crd/clusterprofiles.multicluster.x-k8s.io',
    );
    const ca = Buffer.from(readFileSync(first.plane.caFile)).toString('base64');
    await eventually(() =>
      hub.apply({
        apiVersion: 'multicluster.x-k8s.io/v1alpha1',
        kind: 'ClusterProfile',
        metadata: { namespace: ns, name: 'cluster1', labels: { env: 'test' } },
        status: {
          accessProviders: [
            { name: 'secretreader', cluster: { server: first.plane.server, 'certificate-authority-data': ca } },
          ],
        },
      }),
    );
    const { states, source } = await run(['ClusterProfile']);
    await eventually(() => expect(states()).toEqual({ cluster1: 'unknown' }));
    expect(source.status.rejected[0]?.problem).toBe('no Secret of the same name has the key token');
    await hub.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: ns, name: 'cluster1' },
      stringData: { token: first.plane.token },
    });
    await eventually(() => expect(states()).toEqual({ cluster1: 'ready' }));
  });
});
