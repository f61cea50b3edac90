/** Changes to the DNS of each platform, as a user makes them. test/contract has the same on a real API server. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import { addZone } from '../../../../src/dns/coredns/corefile-edit.ts';
import { RIGHTS } from '../../../../src/dns/coredns/rights.ts';
import { BACKUP } from '../../../../src/dns/places/corefile-place.ts';
import { KUBEADM_COREFILE } from '../../../support/dns/coredns-objects.ts';
import { COREFILES } from '../../../support/dns/corefiles.ts';
import { type DnsCluster, K8S, startDnsCluster } from '../../../support/dns/dns-cluster.ts';

const ZONE = 'clusterset.local';
const STUB = ['enable', '--mode', 'stub', '--forward', '10.96.0.53'];
const COREDNS = ['enable', '--mode', 'coredns'];
const COREDNS_NAME = { namespace: 'kube-system', name: 'coredns' };

let cluster: DnsCluster;

beforeEach(async () => {
  cluster = await startDnsCluster();
  await corefileIs(KUBEADM_COREFILE);
});
afterEach(() => cluster[Symbol.asyncDispose]());

const corefileIs = (Corefile: string, metadata: JsonObject = {}) =>
  cluster.put(K8S.configMaps, { metadata: { ...COREDNS_NAME, ...metadata }, data: { Corefile } });
const dataOf = async (name: string) =>
  ((await cluster.get(K8S.configMaps, name, 'kube-system'))?.data ?? {}) as Record<string, string>;
const corefile = async () => (await dataOf('coredns')).Corefile ?? '';
const backup = async () => {
  const metadata = (await cluster.get(K8S.configMaps, 'coredns', 'kube-system'))?.metadata as JsonObject;
  return (metadata.annotations as JsonObject | undefined)?.[BACKUP];
};
const node = (metadata: JsonObject) => cluster.put(K8S.nodes, { metadata: { name: 'node-1', ...metadata } });
/** A cluster-scoped kind that accepts any field. */
const define = (group: string, version: string, plural: string, kind: string) =>
  cluster.put(K8S.crds, {
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  });

describe('the plain way', () => {
  it('prints the platform, the change and the rights, writes them once, and takes all back', async () => {
    const done = await cluster.dns(...COREDNS);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toMatch(/^Platform: unknown \(no known label, .*\); using the Corefile, as with kubeadm\n/);
    for (const line of [
      `ClusterRole ${RIGHTS}`,
      '  + allows: list, watch serviceimports.multicluster.x-k8s.io',
      '  + for the service account kube-system/coredns',
      '  +         multicluster clusterset.local',
    ])
      expect(done.stdout.split('\n')).toContain(line);
    expect(await corefile()).toBe(addZone(KUBEADM_COREFILE, { mode: 'coredns', zone: ZONE }));
    expect(await backup()).toBe(KUBEADM_COREFILE);
    expect((await cluster.dns(...COREDNS)).stdout).toContain('Already up to date.');
    expect((await cluster.dns('disable')).code).toBe(0);
    expect([await corefile(), await backup()]).toEqual([KUBEADM_COREFILE, undefined]);
    expect(await cluster.get(K8S.clusterRoles, RIGHTS)).toBeUndefined();
    expect(await cluster.get(K8S.clusterRoleBindings, RIGHTS)).toBeUndefined();
    expect((await cluster.dns('disable')).stdout).toContain('Already up to date.');
  });

  it('has both zones until the last is removed, with the rights and the backup', async () => {
    await cluster.dns(...COREDNS);
    await cluster.dns(...COREDNS, '--zone', 'other.example');
    await cluster.dns('disable');
    expect(await corefile()).toBe(addZone(KUBEADM_COREFILE, { mode: 'coredns', zone: 'other.example' }));
    expect(await backup()).toBe(KUBEADM_COREFILE);
    expect(await cluster.get(K8S.clusterRoles, RIGHTS)).toBeDefined();
    await cluster.dns('disable', '--zone', 'other.example');
    expect([await corefile(), await backup()]).toEqual([KUBEADM_COREFILE, undefined]);
    expect(await cluster.get(K8S.clusterRoles, RIGHTS)).toBeUndefined();
  });

  it('switches between the modes, with the rights only while they are needed', async () => {
    await cluster.dns(...COREDNS);
    expect((await cluster.dns(...STUB)).code).toBe(0);
    expect(await corefile()).toBe(addZone(KUBEADM_COREFILE, { mode: 'stub', zone: ZONE, forward: '10.96.0.53' }));
    expect(await cluster.get(K8S.clusterRoles, RIGHTS)).toBeUndefined();
  });

  it('--dry-run and --print write nothing', async () => {
    expect((await cluster.dns(...COREDNS, '--dry-run')).stdout).toContain('Dry run: nothing was written.');
    const printed = await cluster.dns(...COREDNS, '--print');
    expect(printed.code).toBe(0);
    for (const text of ['clusterset.local:53 {', '"kind": "ClusterRoleBinding"'])
      expect(printed.stdout).toContain(text);
    expect(await corefile()).toBe(KUBEADM_COREFILE);
    expect(await cluster.get(K8S.clusterRoles, RIGHTS)).toBeUndefined();
  });
});

it('refuses --mode coredns without the CRDs, and writes nothing (D1)', async () => {
  await using bare = await startDnsCluster({ crds: false });
  await bare.put(K8S.configMaps, { metadata: COREDNS_NAME, data: { Corefile: KUBEADM_COREFILE } });
  for (const force of [[], ['--force']]) {
    const { code, stderr } = await bare.dns(...COREDNS, ...force);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/CTM_COREFILE.*does not serve serviceimports.*catamaran crds \| kubectl apply/),
    });
    expect((await bare.get(K8S.configMaps, 'coredns', 'kube-system'))?.data).toEqual({ Corefile: KUBEADM_COREFILE });
    expect(await bare.get(K8S.clusterRoles, RIGHTS)).toBeUndefined();
  }
});

describe('rights', () => {
  const role = (...extra: JsonObject[]) =>
    cluster.put(K8S.clusterRoles, {
      metadata: { name: 'system:coredns' },
      rules: [{ apiGroups: [''], resources: ['services'], verbs: ['list', 'watch'] }, ...extra],
    });
  const PATCH = { apiGroups: ['multicluster.x-k8s.io'], resources: ['serviceimports'], verbs: ['list', 'watch'] };

  it('do not depend on the ClusterRole of CoreDNS, which an upgrade applies again (D2)', async () => {
    await role(PATCH);
    await cluster.dns(...COREDNS);
    await role();
    expect((await cluster.dns(...COREDNS)).stdout).toContain('Already up to date.');
    expect(await cluster.get(K8S.clusterRoles, RIGHTS)).toMatchObject({ rules: [PATCH] });
  });

  it('that a user has added to it stay (D11)', async () => {
    await role(PATCH);
    await cluster.dns(...COREDNS);
    await cluster.dns('disable');
    expect(await cluster.get(K8S.clusterRoles, 'system:coredns')).toMatchObject({ rules: [{}, PATCH] });
  });

  it('that were changed are repaired', async () => {
    await cluster.dns(...COREDNS);
    await cluster.put(K8S.clusterRoles, { metadata: { name: RIGHTS }, rules: [] });
    expect((await cluster.dns(...COREDNS)).stdout).toContain(`ClusterRole ${RIGHTS}`);
    expect(await cluster.get(K8S.clusterRoles, RIGHTS)).toMatchObject({ rules: [PATCH] });
  });
});

describe('coredns-custom (D3)', () => {
  const K3S = COREFILES.find(({ name }) => name === 'k3s')?.text.replaceAll('@DIR@', '/etc/coredns') ?? '';

  it.each([STUB, COREDNS])('gets a key of its own, and the Corefile is not touched: %s %s %s', async (...command) => {
    await corefileIs(K3S, { labels: { 'objectset.rio.cattle.io/hash': 'bce283298811743a' } });
    const done = await cluster.dns(...command.flat());
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toMatch(/^Platform: k3s \(label objectset/);
    expect((await dataOf('coredns-custom'))['catamaran.server']).toMatch(/^# begin.*\nclusterset\.local:53 \{\n/);
    expect(await corefile()).toBe(K3S);
    expect((await cluster.dns(...command.flat())).stdout).toContain('Already up to date.');
    await cluster.dns('disable');
    expect(await cluster.get(K8S.configMaps, 'coredns-custom', 'kube-system')).toBeUndefined();
  });

  it('keeps the keys of users, and is written even if the Corefile is not understood', async () => {
    await corefileIs('.:53 { errors }\nimport custom/*.server\n');
    const custom = { namespace: 'kube-system', name: 'coredns-custom' };
    await cluster.put(K8S.configMaps, { metadata: custom, data: { 'log.override': 'log' } });
    expect((await cluster.dns(...STUB)).code).toBe(0);
    expect(Object.keys(await dataOf('coredns-custom'))).toEqual(['log.override', 'catamaran.server']);
    await cluster.dns('disable');
    expect(await dataOf('coredns-custom')).toEqual({ 'log.override': 'log' });
  });

  it('refuses if a key of a user has the zone', async () => {
    await corefileIs(K3S);
    const custom = { namespace: 'kube-system', name: 'coredns-custom' };
    const mine = 'clusterset.local:53 {\n  forward . 10.0.0.1\n}\n';
    await cluster.put(K8S.configMaps, { metadata: custom, data: { 'mine.server': mine } });
    expect((await cluster.dns(...STUB)).stderr).toMatch(/CTM_COREFILE.*coredns-custom, mine\.server: .*already exists/);
    await cluster.dns('disable');
    expect(await dataOf('coredns-custom')).toEqual({ 'mine.server': mine });
  });
});

describe('what a tool owns (D4)', () => {
  it('is not written unless forced, and the owner is named', async () => {
    await corefileIs(KUBEADM_COREFILE, { annotations: { 'meta.helm.sh/release-name': 'coredns' } });
    const { code, stderr } = await cluster.dns(...STUB);
    expect(code).toBe(2);
    expect(stderr).toMatch(/coredns is written by the Helm release coredns, which would revert .*--print.*--force/);
    expect(await corefile()).toBe(KUBEADM_COREFILE);
    expect((await cluster.dns(...STUB, '--force')).code).toBe(0);
    expect(await corefile()).toContain('forward . 10.96.0.53');
    expect((await cluster.dns('disable')).code).toBe(0);
    expect(await corefile()).toBe(KUBEADM_COREFILE);
  });

  it.each([
    ['EKS with the CoreDNS add-on', 'aws eks update-addon', { 'kubernetes.io/os': 'linux' }],
    ['kops', 'externalCoreFile: |', { 'kops.k8s.io/instancegroup': 'nodes' }],
  ])('%s: --print shows what to hand to it', async (platform, text, labels) => {
    await node({ labels });
    if (platform.startsWith('EKS')) await asManager('eks');
    const { code, stderr } = await cluster.dns(...STUB);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`[CTM_COREFILE] ${platform} writes the configuration`)]);
    const printed = await cluster.dns(...STUB, '--print');
    expect(printed.code).toBe(0);
    expect(printed.stdout).toContain(text);
    expect(printed.stdout).toContain('forward . 10.96.0.53');
    expect(await corefile()).toBe(KUBEADM_COREFILE);
  });

  it('RKE2: --print shows a HelmChartConfig; --force writes its ConfigMap', async () => {
    const name = 'rke2-coredns-rke2-coredns';
    const metadata = { namespace: 'kube-system', name, annotations: { 'meta.helm.sh/release-name': 'rke2-coredns' } };
    await cluster.put(K8S.configMaps, { metadata, data: { Corefile: KUBEADM_COREFILE } });
    expect((await cluster.dns(...STUB)).stderr).toContain('RKE2 writes the configuration');
    expect((await cluster.dns(...STUB, '--print')).stdout).toMatch(
      /kind: HelmChartConfig[\s\S]*parameters: "\. 10\.96\.0\.53"/,
    );
    expect((await cluster.dns(...STUB, '--force')).code).toBe(0);
    expect((await dataOf(name)).Corefile).toContain('forward . 10.96.0.53');
    await cluster.dns('disable');
    expect((await dataOf(name)).Corefile).toBe(KUBEADM_COREFILE);
  });

  it('GKE with Cloud DNS: --print shows a forwarding zone', async () => {
    // No version of a real platform here: the same instructions are in the table of platforms.
    const { PLATFORMS } = await import('../../../../src/dns/platforms/platforms.ts');
    const way = PLATFORMS.find(({ name }) => name === 'GKE with Cloud DNS')?.way;
    const text = way?.kind === 'tool' ? way.instructions({ zone: ZONE, forward: '10.128.0.9', block: '' }) : '';
    expect(text).toContain('--dns-name clusterset.local. --visibility private');
    expect(text).toContain('--private-forwarding-targets 10.128.0.9');
  });

  async function asManager(manager: string): Promise<void> {
    const applied = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: COREDNS_NAME,
      data: { Corefile: KUBEADM_COREFILE },
    };
    const path = { namespace: 'kube-system', name: 'coredns' };
    const as = cluster.as(manager);
    await as.patch(K8S.configMaps, path, applied, { kind: 'apply', force: true });
  }
});

describe('operators (D4)', () => {
  it('OpenShift: an entry of spec.servers, taken out again', async () => {
    await define('operator.openshift.io', 'v1', 'dnses', 'DNS');
    const resource = { group: 'operator.openshift.io', version: 'v1', plural: 'dnses', kind: 'DNS', namespaced: false };
    const mine = { name: 'corp', zones: ['corp.example'], forwardPlugin: { upstreams: ['10.0.0.1'] } };
    await cluster.put(resource, { metadata: { name: 'default' }, spec: { servers: [mine], logLevel: 'Normal' } });
    expect((await cluster.dns(...COREDNS)).stderr).toContain('the DNS of OpenShift supports --mode stub only');
    expect((await cluster.dns(...STUB)).code).toBe(0);
    const servers = async () => (await cluster.get(resource, 'default'))?.spec;
    const added = {
      name: 'catamaran-clusterset-local',
      zones: [ZONE],
      forwardPlugin: { policy: 'Random', upstreams: ['10.96.0.53'] },
    };
    expect(await servers()).toEqual({ servers: [mine, added], logLevel: 'Normal' });
    expect((await cluster.dns(...STUB)).stdout).toContain('Already up to date.');
    expect(await corefile()).toBe(KUBEADM_COREFILE);
    expect((await cluster.dns('disable')).code).toBe(0);
    expect(await servers()).toEqual({ servers: [mine], logLevel: 'Normal' });
  });

  it('ACK with managed CoreDNS: an entry of CustomDNSConfig; a user’s own entry stays (D11)', async () => {
    await cluster.client.delete(K8S.configMaps, COREDNS_NAME);
    await define('networking.alibabacloud.com', 'v1beta1', 'customdnsconfigs', 'CustomDNSConfig');
    const resource = {
      group: 'networking.alibabacloud.com',
      version: 'v1beta1',
      plural: 'customdnsconfigs',
      kind: 'CustomDNSConfig',
      namespaced: false,
    };
    expect((await cluster.dns(...STUB)).code).toBe(0);
    const entry = { name: ZONE, forward: { upstreams: ['10.96.0.53'] } };
    expect(await cluster.get(resource, 'default')).toMatchObject({ spec: { zones: [entry] } });
    await cluster.dns('disable');
    expect((await cluster.get(resource, 'default'))?.spec).toEqual({ zones: [] });
    await cluster.put(resource, { metadata: { name: 'default' }, spec: { zones: [entry] } });
    expect((await cluster.dns(...STUB)).stderr).toMatch(/spec\.zones: already has an entry for clusterset\.local/);
    await cluster.dns('disable');
    expect((await cluster.get(resource, 'default'))?.spec).toEqual({ zones: [entry] });
  });
});

describe('a Corefile that was changed since', () => {
  it('without comments still loses the zone, and the backup with it (D5)', async () => {
    for (const command of [STUB, COREDNS]) {
      await cluster.dns(...command);
      const stripped = (await corefile()).replace(/^#.*\n/gm, '');
      await cluster.client.patch(K8S.configMaps, COREDNS_NAME, { data: { Corefile: stripped } });
      expect((await cluster.dns('disable')).code).toBe(0);
      expect([await corefile(), await backup()]).toEqual([KUBEADM_COREFILE, undefined]);
    }
  });

  it('in the added block keeps it and the backup, and says so (D5)', async () => {
    await cluster.dns(...STUB);
    const changed = (await corefile()).replace('cache 5', 'cache 5\n    rewrite name a.b c.d');
    await cluster.client.patch(K8S.configMaps, COREDNS_NAME, { data: { Corefile: changed } });
    expect((await cluster.dns('disable')).stdout).toMatch(
      /Note: the server block .* was changed by another client and is left/,
    );
    expect([await corefile(), await backup()]).toEqual([changed, KUBEADM_COREFILE]);
  });

  it('elsewhere keeps the changes, and says so', async () => {
    await cluster.dns(...STUB);
    const changed = (await corefile()).replace('cache 30', 'cache 60');
    await cluster.client.patch(K8S.configMaps, COREDNS_NAME, { data: { Corefile: changed } });
    expect((await cluster.dns('disable')).stdout).toContain('also changed by another client');
    expect(await corefile()).toBe(KUBEADM_COREFILE.replace('cache 30', 'cache 60'));
  });
});

it('the documents’ own form, the external plugin, is left as it is (D10)', async () => {
  const text = COREFILES.find(({ name }) => name.startsWith('ACK, with the external plugin'))?.text ?? '';
  await corefileIs(text);
  for (const command of [COREDNS, STUB]) {
    const { code, stdout } = await cluster.dns(...command);
    expect(code).toBe(0);
    expect(stdout).toMatch(/external plugin multicluster.*nothing to add.*\nAlready up to date\.\n$/);
  }
  await cluster.dns('disable');
  expect(await corefile()).toBe(text);
});

it('a missing ConfigMap is reported with the option that sets its name', async () => {
  expect((await cluster.dns(...STUB, '--configmap', 'dns/other')).stderr).toMatch(
    /CTM_COREFILE\] ConfigMap dns\/other not found in cluster kubesim: pass the ConfigMap of CoreDNS with --configmap/,
  );
});
