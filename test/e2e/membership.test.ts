/**
 * docs/guides/install.md, word for word: Helm in the hub, three joins, one export, and everything taken back. Afterwards,
 * the clusters have the objects that they had before.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCatamaranImage } from '../../tools/lab/images.ts';
import { ROOT } from '../../tools/paths.ts';
import { CATAMARAN } from './catamaran.ts';
import { commandsOf, commandsTyped, type Steps, writeTranscript } from './guide.ts';
import { type Cluster, eventually, type OpenLab, openLab, removeNamespaces } from './lab.ts';
import { client, namespace, service, webDemo } from './manifests.ts';

const SYSTEM = 'catamaran-system';
const NS = 'demo';
const KINDS = [
  'clusterroles,clusterrolebindings,roles,rolebindings,serviceaccounts,secrets,configmaps,services,endpointslices',
  'deployments,networkpolicies,poddisruptionbudgets,validatingadmissionpolicies,validatingadmissionpolicybindings',
  'customresourcedefinitions,namespaces',
];

const steps: Steps = [];
let opened: OpenLab;
let clusters: readonly Cluster[];
let home: string;
let before: readonly string[];

/** On a machine with the contexts of all clusters. */
async function laptop(command: string): Promise<string> {
  const kubeconfigs = clusters.map(({ lab }) => lab.kubeconfig).join(':');
  const setup = `export HOME='${home}' KUBECONFIG='${kubeconfigs}'; cd '${ROOT}'`;
  return (await opened.clusters[0]?.quietly(`${setup}\n${command}`)) ?? '';
}

async function step(command: string): Promise<string> {
  const output = await laptop(command);
  steps.push({ terminal: 'laptop', command, output });
  return output;
}

async function objectsOf(cluster: Cluster): Promise<string> {
  return await cluster.kubectl('get', KINDS.join(), '--all-namespaces', '-o', 'name');
}

async function clean(): Promise<void> {
  for (const { name } of [...clusters].reverse()) {
    await laptop(`catamaran leave ${name} --context ${name} --hub-context cluster1 --force || true`);
  }
  await laptop(`helm uninstall catamaran --kube-context cluster1 --namespace ${SYSTEM} --ignore-not-found || true`);
  await removeNamespaces(clusters, SYSTEM, NS);
}

beforeAll(async () => {
  opened = await openLab({ clusters: 3 });
  ({ clusters } = opened);
  home = mkdtempSync(join(tmpdir(), 'catamaran-e2e-membership-'));
  await clean();
  const image = 'registry.example.com/catamaran:0.1.0';
  const archive = await makeCatamaranImage(image, dirname(CATAMARAN), () => undefined);
  await clusters[0]?.lab.loadImages(archive);
  before = await Promise.all(clusters.map(objectsOf));
  for (const cluster of clusters) {
    await cluster.apply(
      namespace(NS),
      webDemo({ namespace: NS, name: 'web', env: cluster.name }),
      service(NS, 'web', { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] }),
      client(NS, 'client'),
    );
  }
  for (const cluster of clusters) {
    await cluster.kubectl('-n', NS, 'rollout', 'status', 'deployment/web', '--timeout=180s');
    await cluster.kubectl('-n', NS, 'wait', '--for=condition=Ready', '--timeout=180s', 'pod/client');
  }
});

afterAll(async () => {
  await clean();
  rmSync(home, { recursive: true });
});

describe('from nothing', () => {
  it('three clusters join', async () => {
    await step(`helm install catamaran deploy/helm/catamaran --kube-context cluster1 \\
  --namespace catamaran-system --create-namespace --set image.repository=registry.example.com/catamaran`);
    const first = await step(
      'catamaran join --context cluster1 --name cluster1 --hub-context cluster1 --hub-is-member',
    );
    expect(first).toContain('cluster1 is a member, written to by catamaran-');
    for (const name of ['cluster2', 'cluster3']) {
      const joined = await step(`catamaran join --context ${name} --name ${name} --hub-context cluster1`);
      expect(joined).toContain(`${name} is a member, written to by catamaran-`);
    }
    const members = await step('catamaran members --hub-context cluster1');
    for (const { name } of clusters) expect(members).toMatch(new RegExp(`^${name} +ready `, 'm'));
  });

  it('and pods of each reach those of each', async () => {
    await step('catamaran export demo/web --member cluster1 --contexts cluster1,cluster2,cluster3');
    for (const name of ['cluster2', 'cluster3']) {
      await laptop(`catamaran export demo/web --member ${name} --contexts cluster1,cluster2,cluster3`);
    }
    for (const cluster of clusters) {
      const answers = new Set<string>();
      await eventually(async () => {
        const command = 'for i in $(seq 20); do curl -s --max-time 5 amcs-web.demo; echo; done';
        const text = await cluster.pod('client', NS).sh(command);
        for (const { name } of clusters) if (text.includes(name)) answers.add(name);
        expect([...answers].sort()).toEqual(['cluster1', 'cluster2', 'cluster3']);
      });
    }
  });

  it('and everything is taken back', async () => {
    for (const name of ['cluster2', 'cluster3']) {
      await laptop(`catamaran unexport demo/web --member ${name} --contexts cluster1,cluster2,cluster3`);
    }
    await step('catamaran unexport demo/web --member cluster1 --contexts cluster1,cluster2,cluster3');
    for (const name of ['cluster3', 'cluster2', 'cluster1']) {
      const left = await step(`catamaran leave ${name} --context ${name} --hub-context cluster1`);
      expect(left).toContain(`${name} is no longer a member\n`);
    }
    await step('helm uninstall catamaran --kube-context cluster1 --namespace catamaran-system');
    await step('kubectl --context cluster1 delete namespace catamaran-system');
    await removeNamespaces(clusters, NS);
    await eventually(async () => expect(await Promise.all(clusters.map(objectsOf))).toEqual(before));
  });

  it('by the commands of the guide', () => {
    writeTranscript('install', steps);
    expect(commandsTyped(steps)).toEqual(commandsOf('install.md'));
  });
});
