/** `dns enable`, `disable` and `check` on a real API server, and real CoreDNS with the Corefile that they write. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject, StringMap } from '../../src/api/meta.ts';
import { CONFIG_MAPS, type CoreDnsNames } from '../../src/dns/coredns/coredns-objects.ts';
import { addZone } from '../../src/dns/coredns/corefile-edit.ts';
import { BACKUP, planInstall } from '../../src/dns/coredns/install.ts';
import { applyEdits } from '../../src/dns/coredns/object-edit.ts';
import { parseMessage } from '../../src/dns/wire/wire-message.ts';
import type { KubeClient } from '../../src/kube/client/client.ts';
import { startCoreDns } from '../../tools/controlplane/coredns.ts';
import { type Cluster, openCluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, installCrds } from '../support/clusters/shared-clusters.ts';
import { askUdp, type Target } from '../support/dns/clients.ts';
import { clusterDnsObjects, KUBEADM_COREFILE } from '../support/dns/coredns-objects.ts';
import { caseObjects } from '../support/dns/objects.ts';
import { questionOf, ZONE } from '../support/dns/served-zone.ts';
import { serveZoneOf, type ZoneOfCluster } from '../support/dns/zone-of-cluster.ts';
import { invoke } from '../support/invoke.ts';
import { controlPlane } from './api-clients.ts';

interface ConfigMap extends KubeObject {
  readonly data: StringMap;
}

let cluster: Cluster;
let ns: string;
let names: CoreDnsNames;

beforeAll(async () => {
  cluster = openCluster(controlPlane());
  await installCrds(cluster);
});

beforeEach(async () => {
  ns = await freshNamespace([cluster], 'coredns');
  names = { namespace: ns, name: 'coredns', clusterRole: `test:${ns}` };
  await cluster.apply(...clusterDnsObjects(ns, names.clusterRole), {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: names.clusterRole },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: names.clusterRole },
    subjects: [{ kind: 'ServiceAccount', namespace: ns, name: 'coredns' }],
  });
});

const dns = (...args: string[]) =>
  invoke([
    ...['dns', ...args, '--kubeconfig', cluster.plane.kubeconfig],
    ...['--configmap', `${ns}/coredns`, '--cluster-role', names.clusterRole],
  ]);

const configMap = () => cluster.client.get<ConfigMap>(CONFIG_MAPS, { namespace: ns, name: 'coredns' });
const rules = async () =>
  JSON.parse(await cluster.kubectl('get', 'clusterrole', names.clusterRole, '-o', 'json')) as {
    rules: { resources: string[] }[];
    metadata: { resourceVersion: string };
  };
const versions = async () => [(await configMap()).metadata.resourceVersion, (await rules()).metadata.resourceVersion];

const deployment = (image: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: ns, name: 'coredns' },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'coredns' } },
    template: { metadata: { labels: { app: 'coredns' } }, spec: { containers: [{ name: 'coredns', image }] } },
  },
});

describe('catamaran dns enable', () => {
  it('--mode coredns prints and writes the option and the rule, once; disable restores both byte for byte', async () => {
    const done = await dns('enable', '--mode', 'coredns');
    expect(done).toMatchObject({ code: 0, stderr: '' });
    for (const line of [
      '  + multicluster.x-k8s.io serviceimports: list,watch',
      '  +     kubernetes cluster.local clusterset.local in-addr.arpa ip6.arpa {',
      '  +         multicluster clusterset.local # by catamaran dns',
      'Done. CoreDNS reloads its configuration within two minutes.',
    ])
      expect(done.stdout.split('\n')).toContain(line);
    const written = await configMap();
    expect(written.data.Corefile).toContain('multicluster clusterset.local');
    expect(written.metadata.annotations?.[BACKUP]).toBe(KUBEADM_COREFILE);
    expect((await rules()).rules.map(({ resources }) => resources).at(-1)).toEqual(['serviceimports']);

    const before = await versions();
    expect((await dns('enable', '--mode', 'coredns')).stdout).toContain('Already up to date.');
    expect(await versions()).toEqual(before);

    expect((await dns('disable')).code).toBe(0);
    const back = await configMap();
    expect([back.data.Corefile, back.metadata.annotations?.[BACKUP]]).toEqual([KUBEADM_COREFILE, undefined]);
    expect((await rules()).rules).toHaveLength(2);
    expect((await dns('disable')).stdout).toContain('Already up to date.');
  });

  it('--mode stub writes the block and replaces the other mode; disable restores the original Corefile', async () => {
    await dns('enable', '--mode', 'coredns');
    expect((await dns('enable', '--mode', 'stub', '--forward', '10.96.0.53')).code).toBe(0);
    const written = await configMap();
    expect(written.data.Corefile).toBe(addZone(KUBEADM_COREFILE, { mode: 'stub', zone: ZONE, forward: '10.96.0.53' }));
    expect(written.metadata.annotations?.[BACKUP]).toBe(KUBEADM_COREFILE);
    expect((await rules()).rules).toHaveLength(2);
    await dns('disable');
    expect((await configMap()).data.Corefile).toBe(KUBEADM_COREFILE);
  });

  it('defaults to the address of the Service, and reports a missing one', async () => {
    const { code, stderr } = await dns('enable', '--mode', 'stub');
    expect(code).toBe(1);
    expect(stderr).toMatch(/CTM_DNS.*catamaran-system\/catamaran-dns.*--forward/);
  });

  it('--dry-run writes nothing', async () => {
    const before = await versions();
    const { code, stdout } = await dns('enable', '--mode', 'coredns', '--dry-run');
    expect([code, stdout.includes('+         multicluster')]).toEqual([0, true]);
    expect(await versions()).toEqual(before);
  });

  it('rejects a Corefile that it cannot parse, and writes nothing', async () => {
    await cluster.apply(...clusterDnsObjects(ns, names.clusterRole, '.:53 {\n    import custom/*.override\n}\n'));
    const before = await versions();
    const { code, stderr } = await dns('enable', '--mode', 'coredns');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: \[CTM_COREFILE\] Corefile line 2: import/);
    expect(await versions()).toEqual(before);
  });

  it('rejects --mode coredns before CoreDNS 1.12.2', async () => {
    await cluster.apply(deployment('registry.k8s.io/coredns/coredns:v1.11.3'));
    expect((await dns('enable', '--mode', 'coredns')).stderr).toMatch(/CTM_COREFILE.*v1\.11\.3.*1\.12\.2.*--mode stub/);
    await cluster.apply(deployment('registry.k8s.io/coredns/coredns:v1.12.2'));
    expect(await dns('enable', '--mode', 'coredns')).toMatchObject({
      code: 0,
      stdout: expect.not.stringContaining('Note'),
    });
  });

  it('keeps what another client has changed since, and reports it', async () => {
    await dns('enable', '--mode', 'coredns');
    const Corefile = (await configMap()).data.Corefile?.replace('cache 30', 'cache 60') ?? '';
    await cluster.client.patch(CONFIG_MAPS, { namespace: ns, name: 'coredns' }, { data: { Corefile } });
    expect((await dns('disable')).stdout).toContain('also changed by another client');
    expect((await configMap()).data.Corefile).toBe(KUBEADM_COREFILE.replace('cache 30', 'cache 60'));
  });

  it('rolls the rule back if the Corefile cannot be written', async () => {
    const refusing: KubeClient = Object.assign(Object.create(cluster.client), {
      update: (...args: Parameters<KubeClient['update']>) =>
        args[0] === CONFIG_MAPS ? Promise.reject(new Error('refused')) : cluster.client.update(...args),
    });
    const plan = await planInstall(cluster.client, names, { mode: 'coredns', zone: ZONE });
    await expect(applyEdits(refusing, plan.edits)).rejects.toThrow('refused');
    expect((await rules()).rules).toHaveLength(2);
    // A stale plan fails, too.
    await applyEdits(cluster.client, (await planInstall(cluster.client, names, { mode: 'coredns', zone: ZONE })).edits);
    await expect(applyEdits(cluster.client, plan.edits)).rejects.toMatchObject({ status: 409 });
  });
});

describe('with the real CoreDNS', () => {
  let server: ZoneOfCluster;
  let target: Target;

  beforeAll(async () => {
    server = await serveZoneOf(cluster.client);
    target = server.address;
  });

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  /** The cluster's Corefile, adapted to a CoreDNS outside the cluster: with a kubeconfig and without fixed ports. */
  const runnable = (corefile: string) =>
    corefile
      .replace(/(kubernetes [^{]*\{.*)/, `$1\n        kubeconfig ${cluster.plane.kubeconfig} ${cluster.name}`)
      .replace(/^ {4}(loop|ready|reload|prometheus.*)$/gm, '')
      .replace('forward . /etc/resolv.conf', 'forward . 127.0.0.1:9')
      .replace(/health \{\s*lameduck 5s\s*\}/, '');

  const web = () => questionOf(`web.${ns}.svc A`);

  it.each(['coredns', 'stub'] as const)('--mode %s makes it resolve the zone, and check succeeds', async (mode) => {
    await cluster.apply(...caseObjects(ns));
    const forward = `127.0.0.1:${target.port}`;
    const to = mode === 'stub' ? ['--forward', forward] : [];
    expect((await dns('enable', '--mode', mode, ...to)).code).toBe(0);
    const coredns = await startCoreDns({ corefile: runnable((await configMap()).data.Corefile ?? '') });
    try {
      await eventually(async () => {
        const answer = await askUdp(coredns, web());
        expect(parseMessage(answer ?? Buffer.alloc(12)).answers.map(({ data }) => data)).toEqual(['10.97.0.10']);
      });
      const { code, stdout, stderr } = await dns('check', '--server', `127.0.0.1:${coredns.port}`);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^HOP +RESULT +SEEN\nServiceImports +ok /);
      expect(stdout).toMatch(mode === 'stub' ? /catamaran dns +ok .*\(UDP\).*\(TCP\)/ : /CoreDNS RBAC +ok /);
      expect(stdout).toMatch(/cluster DNS +ok /);
    } finally {
      await coredns.stop();
    }
  });

  it('check reports the broken hop', async () => {
    await cluster.apply(...caseObjects(ns));
    const nowhere = '127.0.0.1:9';
    expect((await dns('check', '--server', nowhere)).stderr).toMatch(
      /CTM_DNS\] Corefile: ConfigMap .*\/coredns does not configure clusterset\.local/,
    );
    await dns('enable', '--mode', 'stub', '--forward', nowhere);
    const stub = await dns('check', '--server', nowhere);
    expect(stub.code).toBe(1);
    expect(stub.stderr).toMatch(/CTM_DNS\] catamaran dns: no response from 127\.0\.0\.1:9 over UDP/);
    await dns('enable', '--mode', 'coredns');
    expect((await dns('check', '--server', `127.0.0.1:${target.port}`)).code).toBe(0);
    await cluster.kubectl('delete', 'clusterrolebinding', names.clusterRole);
    await eventually(async () =>
      expect((await dns('check', '--server', nowhere)).stderr).toMatch(/CoreDNS RBAC: .*cannot list serviceimports/),
    );
    await cluster.kubectl('delete', 'configmap', '-n', ns, 'coredns');
    expect((await dns('check', '--server', nowhere)).stderr).toMatch(/Corefile: ConfigMap .* not found/);
  });
});
