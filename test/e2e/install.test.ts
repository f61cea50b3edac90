/**
 * Installed for real: with Helm in cluster1, which is hub and member, and with `catamaran install` in cluster2. The image
 * is the released one. Afterwards, the clusters have the objects that they had before.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { makeCatamaranImage } from '../../tools/lab/images.ts';
import { ROOT } from '../../tools/paths.ts';
import { CATAMARAN } from './catamaran.ts';
import { type Cluster, eventually, installCRDs, type OpenLab, openLab, removeNamespaces } from './lab.ts';

const SYSTEM = 'catamaran-system';
const IMAGE = 'docker.io/library/catamaran:0.1.0';
const NS = 'installed-ns';

let opened: OpenLab;
let cluster1: Cluster;
let cluster2: Cluster;
let directory: string;
let before: readonly string[];

const helm = (...args: readonly string[]): Promise<string> =>
  opened.lab.run(findBinary('helm'), [...args, '--kubeconfig', cluster1.lab.kubeconfig, '--namespace', SYSTEM], {
    env: { HOME: directory, PATH: process.env.PATH },
  });

/** All objects that an installation could leave behind. */
async function objectsOf(cluster: Cluster): Promise<string> {
  const kinds = [
    'clusterroles,clusterrolebindings,roles,rolebindings,serviceaccounts,deployments,services,endpointslices,configmaps',
    'networkpolicies,poddisruptionbudgets,validatingadmissionpolicies,validatingadmissionpolicybindings,serviceimports',
  ].join();
  return await cluster.kubectl('get', kinds, '--all-namespaces', '-o', 'name');
}

async function clean(): Promise<void> {
  await helm('uninstall', 'catamaran', '--ignore-not-found').catch(() => '');
  await cluster2.quietly('catamaran uninstall --context cluster2 || true');
  await removeNamespaces(opened.clusters, SYSTEM, NS);
}

beforeAll(async () => {
  opened = await openLab();
  ({ cluster1, cluster2 } = opened);
  directory = mkdtempSync(join(tmpdir(), 'catamaran-e2e-install-'));
  await clean();
  await installCRDs(opened.clusters);
  await cluster1.lab.loadImages(await makeCatamaranImage(IMAGE, dirname(CATAMARAN), () => undefined));
  before = await Promise.all(opened.clusters.map(objectsOf));
});

afterAll(async () => {
  await clean();
  rmSync(directory, { recursive: true });
});

describe('installation', () => {
  it('makes cluster2 a member, with an account for the controller', async () => {
    const printed = await cluster2.sh('catamaran install --context cluster2 --mode member');
    expect(printed).toContain(`serviceaccounts ${SYSTEM}/catamaran created\n`);
    const token = await cluster2.kubectl('-n', SYSTEM, 'create', 'token', 'catamaran', '--duration', '1h');
    const access = JSON.parse(await cluster2.kubectl('config', 'view', '--minify', '--flatten', '-o', 'json'));
    const user = { ...access.users[0], user: { token: token.trim() } };
    const file = join(directory, 'kubeconfig');
    writeFileSync(file, JSON.stringify({ ...access, users: [user] }));
    await cluster1.kubectl('create', 'namespace', SYSTEM);
    await cluster1.kubectl('label', 'namespace', SYSTEM, 'pod-security.kubernetes.io/enforce=restricted');
    await cluster1.kubectl('-n', SYSTEM, 'create', 'secret', 'generic', 'cluster2', `--from-file=kubeconfig=${file}`);
  });

  it('installs the controller in cluster1 with Helm, which becomes ready', async () => {
    const values = {
      mode: 'cluster',
      crds: { enabled: false },
      image: { pullPolicy: 'Never' },
      kubeconfigSecrets: [{ name: 'cluster2' }],
      fleet: {
        members: [
          { name: 'cluster1', inCluster: true, podCIDRs: cluster1.lab.podCIDRs },
          { name: 'cluster2', kubeconfig: 'kubeconfigs/cluster2', podCIDRs: cluster2.lab.podCIDRs },
        ],
      },
    };
    const file = join(directory, 'values.json');
    writeFileSync(file, JSON.stringify(values));
    const chart = join(ROOT, 'deploy', 'helm', 'catamaran');
    expect(await helm('install', 'catamaran', chart, '--values', file)).toContain('The controller runs in namespace');
    await cluster1.kubectl('-n', SYSTEM, 'rollout', 'status', 'deployment/catamaran', '--timeout=180s');
  });

  it('serves an export of cluster1 in cluster2', async () => {
    for (const cluster of opened.clusters) await cluster.kubectl('create', 'namespace', NS);
    await cluster1.kubectl('-n', NS, 'create', 'service', 'clusterip', 'web', '--tcp=80');
    await cluster1.apply({
      apiVersion: 'multicluster.x-k8s.io/v1beta1',
      kind: 'ServiceExport',
      metadata: { namespace: NS, name: 'web' },
    });
    await eventually(async () =>
      expect(await cluster2.field('-n', NS, 'serviceimport', 'web', '{.spec.ips[0]}')).not.toBe(''),
    );
  });
});

describe('removal', () => {
  it('leaves the objects that were there before', async () => {
    await cluster1.kubectl('-n', NS, 'delete', 'serviceexport', 'web');
    await eventually(async () =>
      expect(await cluster2.kubectl('-n', NS, 'get', 'serviceimports,services', '-o', 'name')).toBe(''),
    );
    await helm('uninstall', 'catamaran');
    expect(await cluster2.sh('catamaran uninstall --context cluster2')).toContain(`namespaces ${SYSTEM} kept: `);
    await removeNamespaces(opened.clusters, SYSTEM, NS);
    await eventually(async () => expect(await Promise.all(opened.clusters.map(objectsOf))).toEqual(before));
  });
});
