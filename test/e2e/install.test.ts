/**
 * Installed for real: with Helm in cluster1, which is hub and member, and with `catamaran install` in cluster2. The image
 * is the released one. Users change exports and imports in the console of the chart, each with their own rights.
 * Afterwards, the clusters have the objects that they had before.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { makeCatamaranImage } from '../../tools/lab/images.ts';
import { ROOT } from '../../tools/paths.ts';
import { CATAMARAN } from './catamaran.ts';
import { type ConsoleUser, openBrowserPod, tokenOfUser } from './console.ts';
import { type Cluster, eventually, installCRDs, type OpenLab, openLab, removeNamespaces } from './lab.ts';
import { serviceExport } from './manifests.ts';

const SYSTEM = 'catamaran-system';
const IMAGE = 'docker.io/library/catamaran:0.1.0';
const NS = 'installed-ns';
const OWN = 'console-own';
const OTHER = 'console-other';
const CONSOLE_HOST = `catamaran-console.${SYSTEM}.svc`;

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
  await removeNamespaces(opened.clusters, SYSTEM, NS, OWN, OTHER);
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
    const values = join(directory, 'member.yaml');
    writeFileSync(values, 'console: { write: true }');
    const printed = await cluster2.sh(`catamaran install --context cluster2 --mode member --values ${values}`);
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
      console: { enabled: true, write: true, hosts: [CONSOLE_HOST] },
      fleet: {
        namespaces: [{ name: OWN, import: { mode: 'Manual' } }],
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

describe('the console of the chart', () => {
  let browser: Awaited<ReturnType<typeof openBrowserPod>>;
  /** Has rights in one namespace. */
  let ann: ConsoleUser;
  /** Has rights in the other one. */
  let bob: ConsoleUser;
  /** Has no rights. */
  let eve: ConsoleUser;

  const web = { namespace: OWN, name: 'web' };
  const there = { namespace: OTHER, name: 'web' };
  /** What a user sees: Services, and their numbers. */
  const seenBy = async (user: ConsoleUser) => {
    const [services, clusterset] = await Promise.all([user.get('/services'), user.get('/clusterset')]);
    return { services: services.body, clusterset: clusterset.body };
  };
  const seeing = (...keys: readonly { readonly namespace: string; readonly name: string }[]) => ({
    services: { services: keys.map((key) => expect.objectContaining(key)) },
    clusterset: {
      totals: { services: keys.length, exports: keys.length },
      members: [
        { name: 'cluster1', exports: keys.length },
        { name: 'cluster2', exports: 0 },
      ],
    },
  });

  beforeAll(async () => {
    for (const namespace of [OWN, OTHER]) {
      for (const cluster of opened.clusters) await cluster.kubectl('create', 'namespace', namespace);
      await cluster1.kubectl('-n', namespace, 'create', 'service', 'clusterip', 'web', '--tcp=80');
    }
    await cluster1.apply(serviceExport(OTHER, 'web'));
    browser = await openBrowserPod(cluster1, OWN, `http://${CONSOLE_HOST}:9480`);
    ann = await browser.signedIn(await tokenOfUser(cluster1, OWN, 'ann', OWN));
    bob = await browser.signedIn(await tokenOfUser(cluster1, OWN, 'bob', OTHER));
    eve = await browser.signedIn(await tokenOfUser(cluster1, OWN, 'eve'));
    // What is hidden from others is there.
    await eventually(async () => expect(await seenBy(bob)).toMatchObject(seeing(there)));
  });

  it('serves its page', async () => {
    expect(await browser.page()).toMatch(/<script [^>]*src="\/assets\//);
  });

  it('has no answers without a token', async () => {
    for (const path of ['/session', '/services', '/clusterset', '/members/cluster1']) {
      expect(await browser.anonymous(path)).toMatchObject({ status: 401, body: { code: 'CTM_CONSOLE_SESSION' } });
    }
  });

  it('shows a user with rights in one namespace that namespace alone', async () => {
    expect(await seenBy(ann)).toMatchObject(seeing());
    const namespaces = await ann.get('/members/cluster1/namespaces');
    expect(namespaces).toEqual({ status: 200, body: { namespaces: [OWN] } });
    for (const path of [`/services/${OTHER}/web`, `/members/cluster1/services?namespace=${OTHER}`]) {
      expect((await ann.get(path)).status).toBe(404);
    }
  });

  it('lets them export, import, and take both back in that namespace', async () => {
    expect(await ann.post('/exports', { ...web, member: 'cluster1' })).toMatchObject({ status: 201 });
    await eventually(async () => expect(await seenBy(ann)).toMatchObject(seeing(web)));
    expect(await ann.post('/imports', { ...web, member: 'cluster2' })).toMatchObject({ status: 201 });
    await eventually(async () =>
      expect(await cluster2.field('-n', OWN, 'serviceimport', 'web', '{.spec.ips[0]}')).not.toBe(''),
    );
    await eventually(async () =>
      expect(await ann.delete(`/imports/${OWN}/web?member=cluster2`)).toMatchObject({ body: { done: 'deleted' } }),
    );
    expect(await ann.delete(`/exports/${OWN}/web?member=cluster1`)).toMatchObject({ body: { done: 'deleted' } });
    for (const cluster of opened.clusters) {
      await eventually(async () =>
        expect(await cluster.kubectl('-n', OWN, 'get', 'serviceexports,serviceimports', '-o', 'name')).toBe(''),
      );
    }
  });

  it('refuses them changes in another namespace', async () => {
    const refused = { status: 403, body: { code: 'CTM_CONSOLE_REFUSED' } };
    expect(await ann.post('/exports', { namespace: OTHER, name: 'web', member: 'cluster2' })).toMatchObject(refused);
    expect(await ann.post('/imports', { ...there, member: 'cluster2' })).toMatchObject(refused);
    expect(await ann.post('/preview', { ...there, member: 'cluster1', consumers: [] })).toMatchObject(refused);
    expect(await ann.delete(`/exports/${OTHER}/web?member=cluster1`)).toMatchObject(refused);
    expect(await cluster1.kubectl('-n', OTHER, 'get', 'serviceexports', '-o', 'name')).toContain('/web\n');
    expect(await cluster2.kubectl('-n', OTHER, 'get', 'serviceexports', '-o', 'name')).toBe('');
  });

  it('shows a user without rights nothing, and refuses changes', async () => {
    expect(await seenBy(eve)).toMatchObject(seeing());
    expect(await eve.get('/members/cluster1/namespaces')).toEqual({ status: 200, body: { namespaces: [] } });
    for (const { namespace, name } of [web, there]) {
      expect((await eve.get(`/services/${namespace}/${name}`)).status).toBe(404);
      expect(await eve.post('/exports', { namespace, name, member: 'cluster1' })).toMatchObject({ status: 403 });
    }
  });
});

describe('removal', () => {
  it('leaves the objects that were there before', async () => {
    await cluster1.kubectl('-n', NS, 'delete', 'serviceexport', 'web');
    await cluster1.kubectl('-n', OTHER, 'delete', 'serviceexport', 'web');
    await eventually(async () =>
      expect(await cluster2.kubectl('-n', NS, 'get', 'serviceimports,services', '-o', 'name')).toBe(''),
    );
    await eventually(async () =>
      expect(await cluster2.kubectl('-n', OTHER, 'get', 'serviceimports,services', '-o', 'name')).toBe(''),
    );
    await helm('uninstall', 'catamaran');
    expect(await cluster2.sh('catamaran uninstall --context cluster2')).toContain(`namespaces ${SYSTEM} kept: `);
    await removeNamespaces(opened.clusters, SYSTEM, NS, OWN, OTHER);
    await eventually(async () => expect(await Promise.all(opened.clusters.map(objectsOf))).toEqual(before));
  });
});
