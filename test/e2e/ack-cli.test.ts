/**
 * ACK One's walk-through "Use the CLI to configure MCS"; the English and Chinese versions have the same commands. Its
 * Cluster 1 is cluster1, its Cluster 2 is cluster2. The lab has no registry: images of the same names are built
 * locally.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Catamaran, startCatamaran } from './catamaran.ts';
import { ALLOW_COREDNS, CHANGE_COREFILE, plainDns, RESTART_COREDNS, WAIT_FOR_COREDNS } from './dns.ts';
import { commandsOf, commandsTyped, type Steps, writeTranscript } from './guide.ts';
import { type Cluster, eventually, installCRDs, openLab, removeNamespaces, removePods, type Terminal } from './lab.ts';

const steps: Steps = [];
let cluster1: Cluster;
let cluster2: Cluster;
let client: Terminal;
let catamaran: Catamaran;

beforeAll(async () => {
  const { lab, clusters, ...both } = await openLab({ example: 'ack-cli', steps });
  ({ cluster1, cluster2 } = both);
  await removeNamespaces(clusters, 'provider-ns', 'consumer-ns');
  await removePods(cluster2, 'client');
  await Promise.all([plainDns(clusters), installCRDs(clusters)]);
  catamaran = await startCatamaran(
    lab,
    clusters.map((cluster) => cluster.lab),
  );
  client = cluster2.pod('client');
});

afterAll(async () => {
  await catamaran?.stop();
  await removeNamespaces([cluster1, cluster2], 'provider-ns', 'consumer-ns');
  await removePods(cluster2, 'client');
});

it('step 1: creates resources for the Service provider', async () => {
  expect(await cluster1.sh('kubectl create ns provider-ns')).toBe('namespace/provider-ns created\n');
  expect(await cluster1.sh('kubectl apply -f app-meta.yaml')).toBe(
    'service/service1 created\ndeployment.apps/web-demo created\n',
  );
  expect(await cluster1.sh('kubectl create -f serviceexport.yaml')).toBe(
    'serviceexport.multicluster.x-k8s.io/service1 created\n',
  );
});

it('step 2: configures the Service consumer cluster', async () => {
  expect(await cluster2.sh('kubectl create ns provider-ns')).toBe('namespace/provider-ns created\n');
  expect(await cluster2.sh('kubectl create -f serviceimport.yaml')).toBe(
    'serviceimport.multicluster.x-k8s.io/service1 created\n',
  );
});

it('step 3, method 1: uses the name of the Service', async () => {
  const row =
    /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\namcs-service1 +ClusterIP +(172\.[\d.]+) +<none> +80\/TCP +\w+\n$/;
  const printed = await cluster2.until('kubectl get service -n provider-ns', row);
  const [, address] = row.exec(printed) ?? [];
  await eventually(async () =>
    expect(await cluster2.field('-n', 'provider-ns', 'serviceimport', 'service1', '{.spec.ips[0]}')).toBe(address),
  );

  await cluster2.sh('kubectl run client --image=curlimages/curl:8.11.1 --command -- sleep infinity');
  await cluster2.sh('kubectl wait --for=condition=Ready --timeout=2m pod/client');
  await client.until('curl amcs-service1.provider-ns', /^This is env_name: cluster1-beijing, pod: web-demo-/);
});

it('reaches both pods of cluster1 by that name', async () => {
  await cluster1.kubectl('-n', 'provider-ns', 'rollout', 'status', 'deployment/web-demo');
  const pods = await cluster1.field('-n', 'provider-ns', 'pods', '{.items[*].metadata.name}');
  await eventually(async () => {
    const replies = await pod(cluster2, 'client', 'for i in {1..40}; do curl -sS amcs-service1.provider-ns; done');
    expect([...new Set([...replies.matchAll(/pod: ([\w-]+)/g)].map(([, name]) => name))].sort()).toEqual(
      pods.split(' ').sort(),
    );
  });
});

it('step 3, method 2: uses the domain name of the Service, after changing the Corefile', async () => {
  expect(await cluster2.sh(ALLOW_COREDNS)).toBe('clusterrole.rbac.authorization.k8s.io/system:coredns patched\n');
  expect(await cluster2.sh(CHANGE_COREFILE)).toBe('configmap/coredns replaced\n');
  await cluster2.sh(RESTART_COREDNS);
  expect(await cluster2.sh(WAIT_FOR_COREDNS)).toMatch(/successfully rolled out\n$/);
  await client.until('curl service1.provider-ns.svc.clusterset.local', /^This is env_name: cluster1-beijing, pod: /);
});

it('step 3, method 2, optional: uses the short name, with the dnsConfig.searches of the client', async () => {
  await cluster2.sh('kubectl apply -f client.yaml');
  await cluster2.sh('kubectl rollout status deployment client-pod -n consumer-ns');
  await cluster2
    .pod('deployment/client-pod', 'consumer-ns')
    .until('curl service1.provider-ns', /^This is env_name: cluster1-beijing, pod: /);
});

it('has the commands of docs/guides/ack-cli.md', () => {
  writeTranscript('ack-cli', steps);
  expect(commandsTyped(steps)).toEqual(commandsOf('ack-cli.md'));
});

/** The output of a command in a pod that is not a step of the guide. */
async function pod(cluster: Cluster, name: string, command: string): Promise<string> {
  return await cluster.kubectl('exec', name, '--', 'bash', '-c', command);
}
