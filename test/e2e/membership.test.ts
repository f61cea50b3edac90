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
import { plainDns } from './dns.ts';
import { commandsOf, commandsTyped, type Steps, writeTranscript } from './guide.ts';
import { type Cluster, eventually, type OpenLab, openLab, removeNamespaces } from './lab.ts';
import { client, namespace, service, webDemo } from './manifests.ts';

const SYSTEM = 'catamaran-system';
const NS = 'demo';
/** Enforces the restricted Pod Security Standard. */
const RESTRICTED = 'restricted-ns';
const IMAGE = 'registry.example.com/catamaran:0.1.0';
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

function verifyPods(cluster: Cluster): Promise<string> {
  const label = 'app.kubernetes.io/name=catamaran-verify';
  return cluster.kubectl('get', 'pods', '--all-namespaces', '--selector', label, '--output', 'name');
}

async function clean(): Promise<void> {
  for (const { name } of [...clusters].reverse()) {
    await laptop(`catamaran leave ${name} --context ${name} --hub-context cluster1 --force || true`);
  }
  await laptop(`helm uninstall catamaran --kube-context cluster1 --namespace ${SYSTEM} --ignore-not-found || true`);
  await removeNamespaces(clusters, SYSTEM, NS, RESTRICTED);
}

beforeAll(async () => {
  opened = await openLab({ clusters: 3 });
  ({ clusters } = opened);
  home = mkdtempSync(join(tmpdir(), 'catamaran-e2e-membership-'));
  await clean();
  // Other tests leave clusterset.local in the DNS of the lab.
  await plainDns(clusters);
  const archive = await makeCatamaranImage(IMAGE, dirname(CATAMARAN), () => undefined);
  for (const { lab } of clusters) await lab.loadImages(archive);
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

  it('and verify sends a request from each to each', async () => {
    const table = await step(`catamaran verify demo/web --contexts cluster1,cluster2,cluster3 --image ${IMAGE}`);
    for (const { name: from } of clusters) {
      for (const to of ['<any>', ...clusters.map(({ name }) => name)]) {
        expect(table).toMatch(
          new RegExp(`^${from} +demo/web +${to} +http://\\S+:\\d+ +\\d+\\.\\d ms +ok \\(200\\)$`, 'm'),
        );
      }
    }
    for (const cluster of clusters) expect(await verifyPods(cluster)).toBe('');
  });

  it('and verify fails if one is not answered, also in a restricted namespace, and on a schedule', async () => {
    const [, cluster2] = clusters;
    if (!cluster2) throw new Error('three clusters are needed');
    await cluster2.kubectl('create', 'namespace', RESTRICTED);
    await cluster2.kubectl('label', 'namespace', RESTRICTED, 'pod-security.kubernetes.io/enforce=restricted');
    const options = `--image ${IMAGE} --namespace ${RESTRICTED} --clusterset`;
    const printed = await laptop(`catamaran verify demo/web --contexts cluster2 ${options} 2>&1; echo "exit code $?"`);
    expect(printed).toMatch(/^cluster2 +demo\/web +cluster1 .* ok \(200\)$/m);
    expect(printed).toMatch(/http:\/\/web\.demo\.svc\.clusterset\.local:80 +<none> +getaddrinfo ENOTFOUND/);
    expect(printed).toContain('[CTM_VERIFY] 1 of 5 requests failed;');
    expect(printed).toContain('exit code 1\n');
    expect(await verifyPods(cluster2)).toBe('');
    const missing = await laptop('catamaran verify --contexts cluster2 --image web:none 2>&1; echo "exit code $?"');
    expect(missing).toMatch(/image web:none\) does not start: Pending: ImagePullBackOff: .*--image\nexit code 1\n/);

    const continuous = `catamaran verify demo/web --continuous --image ${IMAGE} --namespace ${RESTRICTED}`;
    await laptop(`${continuous} | kubectl --context cluster2 apply -f -`);
    await cluster2.kubectl('-n', RESTRICTED, 'create', 'job', 'once', '--from=cronjob/catamaran-verify');
    await cluster2.kubectl('-n', RESTRICTED, 'wait', '--for=condition=Complete', '--timeout=120s', 'job/once');
    expect(await cluster2.kubectl('-n', RESTRICTED, 'logs', 'job/once')).toMatch(/demo\/web +cluster3 .* ok \(200\)$/m);
    await laptop(`${continuous} | kubectl --context cluster2 delete -f -`);
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
    await removeNamespaces(clusters, NS, RESTRICTED);
    await eventually(async () => expect(await Promise.all(clusters.map(objectsOf))).toEqual(before));
  });

  it('by the commands of the guide', () => {
    writeTranscript('install', steps);
    expect(commandsTyped(steps)).toEqual(commandsOf('install.md'));
  });
});
