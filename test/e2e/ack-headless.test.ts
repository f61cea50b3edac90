/**
 * ACK One's walk-through "Use headless multi-cluster Services to access specified pods of StatefulSets across
 * clusters", in both versions. The MySQL server is MariaDB, which Debian packages. Each session queries the host name
 * of the server, which is the name of its pod.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Catamaran, startCatamaran } from './catamaran.ts';
import { ALLOW_COREDNS, CHANGE_COREFILE, plainDns, RESTART_COREDNS, WAIT_FOR_COREDNS } from './dns.ts';
import { commandsOf, commandsTyped, type Steps, writeTranscript } from './guide.ts';
import { type Cluster, installCRDs, openLab, removeNamespaces, removePods } from './lab.ts';

const QUESTION = { input: 'select @@hostname;\n' };

const steps: Steps = [];
let cluster1: Cluster;
let cluster2: Cluster;
let catamaran: Catamaran;

beforeAll(async () => {
  const { lab, clusters, ...both } = await openLab({ example: 'ack-headless', steps });
  ({ cluster1, cluster2 } = both);
  await removeNamespaces(clusters, 'provider-ns');
  await removePods(cluster2, 'mysql-client');
  await Promise.all([plainDns(clusters), installCRDs(clusters)]);
  catamaran = await startCatamaran(
    lab,
    clusters.map((cluster) => cluster.lab),
  );
});

afterAll(async () => {
  await catamaran?.stop();
  await removeNamespaces([cluster1, cluster2], 'provider-ns');
  await removePods(cluster2, 'mysql-client');
});

it('step 1: creates a MySQL database and a ServiceExport in cluster1', async () => {
  await cluster1.sh('kubectl create ns provider-ns');
  expect(await cluster1.sh('kubectl -n provider-ns create -f mysql.yaml')).toBe(
    'secret/mysecret created\nservice/mysql created\nstatefulset.apps/mysql created\n',
  );
  expect(await cluster1.sh('kubectl -n provider-ns create -f serviceexport.yaml')).toBe(
    'serviceexport.multicluster.x-k8s.io/mysql created\n',
  );
  await cluster1.sh('kubectl -n provider-ns rollout status statefulset mysql');
});

it('step 2: creates a namespace and a ServiceImport in cluster2', async () => {
  await cluster2.sh('kubectl create ns provider-ns');
  expect(await cluster2.sh('kubectl -n provider-ns create -f serviceimport.yaml')).toBe(
    'serviceimport.multicluster.x-k8s.io/mysql created\n',
  );
});

describe('step 3: accesses the specified pod from cluster2', () => {
  it('creates a client pod', async () => {
    expect(await cluster2.sh('kubectl create -f mysqlclient.yaml')).toBe('pod/mysql-client created\n');
    await cluster2.sh('kubectl wait --for=condition=Ready --timeout=2m pod/mysql-client');
  });

  it.each(['mysql-0', 'mysql-1'])(
    'uses <pod name>.amcs-<service name>.<namespace>.svc.cluster.local: %s',
    async (pod) => {
      await cluster2.until(
        `kubectl exec -it mysql-client -- mysql -h ${pod}.amcs-mysql.provider-ns.svc.cluster.local -P3306 -uroot -ppassword`,
        new RegExp(`^@@hostname\\n${pod}\\n$`),
        QUESTION,
      );
    },
  );

  it('makes the DNS server of cluster2 serve clusterset.local', async () => {
    await cluster2.sh(ALLOW_COREDNS);
    await cluster2.sh(CHANGE_COREFILE);
    await cluster2.sh(RESTART_COREDNS);
    await cluster2.sh(WAIT_FOR_COREDNS);
    cluster2.set('clusterid', 'cluster1');
  });

  it.each(['mysql-0', 'mysql-1'])(
    'uses <pod name>.<clusterid>.<service name>.<namespace>.svc.clusterset.local: %s',
    async (pod) => {
      await cluster2.until(
        `kubectl exec -it mysql-client -- mysql -h ${pod}.\${clusterid}.mysql.provider-ns.svc.clusterset.local -P3306 -uroot -ppassword`,
        new RegExp(`^@@hostname\\n${pod}\\n$`),
        QUESTION,
      );
    },
  );
});

it('has the commands of docs/guides/ack-headless.md', () => {
  writeTranscript('ack-headless', steps);
  expect(commandsTyped(steps)).toEqual(commandsOf('ack-headless.md'));
});
