/**
 * `catamaran dns enable` in a full cluster, in both modes: what an upgrade and a restart leave of it, and changes that
 * cannot work. A pod resolves the cluster's own names all the while, and none of its lookups fails.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainDns, RESTART_COREDNS, upgradeCoreDns, WAIT_FOR_COREDNS } from './dns.ts';
import { type Cluster, eventually, installCRDs, type OpenLab, openLab, removeNamespaces } from './lab.ts';
import { asker, failed, lookupsOf, OWN_NAMES, summary } from './lookups.ts';

const NAMESPACE = 'dns-prober';
const VERSION = 'dns-version.clusterset.local';
const CRDS = ['serviceexports', 'serviceimports'].map((name) => `crd/${name}.multicluster.x-k8s.io`);

let opened: OpenLab;
let cluster: Cluster;
let since: number;
let before: string;

const corefile = () => cluster.field('-n', 'kube-system', 'configmap', 'coredns', '{.data.Corefile}');
const enable = (...args: string[]) => cluster.quietly(`catamaran dns enable ${args.join(' ')} --context cluster2`);
const disable = () => cluster.quietly('catamaran dns disable --context cluster2');
/** The response code for a name of the zone, from a pod: one that exists, or one that does not. */
const status = async (question = `${VERSION} TXT`) => {
  const dig = `dig +tries=1 +timeout=5 +noall +comments ${question}`;
  const printed = await cluster.kubectl('-n', NAMESPACE, 'exec', 'asker', '--', 'bash', '-c', dig);
  return /status: (\w+),.*/.exec(printed)?.[1];
};
const served = () => eventually(async () => expect(await status()).toBe('NOERROR'));
const restart = () => cluster.quietly(`${RESTART_COREDNS} && ${WAIT_FOR_COREDNS}`);
beforeAll(async () => {
  opened = await openLab();
  cluster = opened.cluster2;
  await plainDns([cluster]);
  await disable();
  await installCRDs([cluster]);
  before = await corefile();
  await cluster.kubectl('create', 'namespace', NAMESPACE);
  await cluster.apply(asker(NAMESPACE, 'asker', 'kubernetes', OWN_NAMES));
  await cluster.kubectl('-n', NAMESPACE, 'wait', '--for=condition=Ready', '--timeout=120s', 'pod/asker');
  since = Date.now();
});

afterAll(async () => {
  await installCRDs([cluster]);
  await disable();
  await removeNamespaces([cluster], NAMESPACE);
});

describe('--mode coredns', () => {
  it('is followed until the zone is served, and names the platform and the version', async () => {
    const printed = await enable('--mode coredns');
    expect(printed).toMatch(/^Platform: /);
    expect(printed).toMatch(/Note: Pod kube-system\/coredns-\S+ has CoreDNS \d+\.\d+\.\d+ \(by its metrics\)\./);
    expect(printed).toMatch(/\nDone\. The DNS of the cluster serves clusterset\.local\.\n$/);
    expect(await status()).toBe('NOERROR');
  });

  it('is checked from outside the cluster, through the API server', async () => {
    const printed = await cluster.quietly('catamaran dns check --context cluster2');
    expect(printed).toMatch(/cluster DNS +ok +Pod kube-system\/coredns-\S+ resolves /);
    expect(printed).toMatch(/CoreDNS RBAC +ok /);
  });

  it('survives the ClusterRole that an upgrade applies again, and a restart of CoreDNS (D2)', async () => {
    await upgradeCoreDns(cluster);
    await served();
  });

  it('leaves the cluster’s own names alone if the CRDs disappear, even after a restart (D1)', async () => {
    await cluster.kubectl('delete', ...CRDS);
    await restart();
    await eventually(async () => expect(await status('none.default.svc.clusterset.local A')).toBe('SERVFAIL'));
  });

  it('is refused without the CRDs, and writes nothing (D1)', async () => {
    await disable();
    expect(await corefile()).toBe(before);
    await expect(enable('--mode coredns --force')).rejects.toThrow(/CTM_COREFILE.*does not serve serviceimports/);
    expect(await corefile()).toBe(before);
    await installCRDs([cluster]);
  });
});

describe('--mode stub', () => {
  it('that forwards to nothing is taken back', async () => {
    await expect(enable('--mode stub --forward 192.0.2.1 --wait 10')).rejects.toThrow(
      /CTM_DNS.*clusterset\.local is not served.*the change was taken back/,
    );
    expect(await corefile()).toBe(before);
  });
});

it('no lookup of the cluster’s own names failed', async () => {
  const seen = await lookupsOf(cluster, NAMESPACE, 'asker', since);
  process.stdout.write(`own names: ${summary(seen)}\n`);
  expect(seen.length).toBeGreaterThan(100);
  expect(failed(seen)).toEqual([]);
});
