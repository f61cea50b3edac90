/** `dns enable`, `disable` and `check` on a real API server, and real CoreDNS with the Corefile that they write. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject, StringMap } from '../../src/api/meta.ts';
import { CONFIG_MAPS } from '../../src/api/resources.ts';
import type { ConfigMapName } from '../../src/dns/coredns/coredns-objects.ts';
import { addZone } from '../../src/dns/coredns/corefile-edit.ts';
import { RIGHTS } from '../../src/dns/coredns/rights.ts';
import { BACKUP } from '../../src/dns/places/corefile-place.ts';
import { parseMessage } from '../../src/dns/wire/wire-message.ts';
import { startCoreDns } from '../../tools/controlplane/coredns.ts';
import { type Cluster, openCluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, installCrds } from '../support/clusters/shared-clusters.ts';
import { sharedPlane } from '../support/clusters/shared-planes.ts';
import { askUdp, type Target } from '../support/dns/clients.ts';
import { clusterDnsObjects, KUBEADM_COREFILE } from '../support/dns/coredns-objects.ts';
import { COREFILES } from '../support/dns/corefiles.ts';
import { caseObjects } from '../support/dns/objects.ts';
import { questionOf, ZONE } from '../support/dns/served-zone.ts';
import { serveZoneOf, type ZoneOfCluster } from '../support/dns/zone-of-cluster.ts';
import { invoke } from '../support/invoke.ts';

interface ConfigMap extends KubeObject {
  readonly data: StringMap;
}

let cluster: Cluster;
let ns: string;
let names: ConfigMapName;

beforeAll(async () => {
  cluster = openCluster(sharedPlane());
  await installCrds(cluster);
});

beforeEach(async () => {
  ns = await freshNamespace([cluster], 'coredns');
  names = { namespace: ns, name: 'coredns' };
  const [configMapObject, role] = clusterDnsObjects(ns, `test:${ns}`);
  await cluster.apply(configMapObject ?? {}, role ?? {});
});

const dns = (...args: string[]) =>
  invoke(['dns', ...args, '--kubeconfig', cluster.plane.kubeconfig, '--configmap', `${ns}/coredns`]);

const configMap = () => cluster.client.get<ConfigMap>(CONFIG_MAPS, names);
const subjects = async () => {
  const found = await cluster.kubectl('get', 'clusterrolebinding', RIGHTS, '--ignore-not-found', '-o', 'json');
  return found === '' ? undefined : (JSON.parse(found) as { subjects: unknown[] }).subjects;
};
const account = () => ({ kind: 'ServiceAccount', namespace: ns, name: 'coredns' });
const mayList = () =>
  cluster.kubectl('auth', 'can-i', 'list', 'serviceimports', '-A', '--as', `system:serviceaccount:${ns}:coredns`).then(
    (answer) => answer.trim(),
    () => 'no',
  );

describe('catamaran dns enable', () => {
  it('--mode coredns writes the block and the rights, once; disable takes both back byte for byte', async () => {
    const done = await dns('enable', '--mode', 'coredns');
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toContain('\nDone. CoreDNS reloads its configuration within two minutes.\n');
    const written = await configMap();
    expect(written.data.Corefile).toBe(addZone(KUBEADM_COREFILE, { mode: 'coredns', zone: ZONE }));
    expect(written.metadata.annotations?.[BACKUP]).toBe(KUBEADM_COREFILE);
    expect(await subjects()).toContainEqual(expect.objectContaining(account()));
    await eventually(async () => expect(await mayList()).toBe('yes'));

    const before = written.metadata.resourceVersion;
    expect((await dns('enable', '--mode', 'coredns')).stdout).toContain('Already up to date.');
    expect((await configMap()).metadata.resourceVersion).toBe(before);

    expect((await dns('disable')).code).toBe(0);
    const back = await configMap();
    expect([back.data.Corefile, back.metadata.annotations?.[BACKUP]]).toEqual([KUBEADM_COREFILE, undefined]);
    expect((await subjects()) ?? []).not.toContainEqual(expect.objectContaining(account()));
    await eventually(async () => expect(await mayList()).toBe('no'));
    expect((await dns('disable')).stdout).toContain('Already up to date.');
  });

  it('--mode stub replaces the other mode; disable restores the original Corefile', async () => {
    await dns('enable', '--mode', 'coredns');
    expect((await dns('enable', '--mode', 'stub', '--forward', '10.96.0.53')).code).toBe(0);
    const written = await configMap();
    expect(written.data.Corefile).toBe(addZone(KUBEADM_COREFILE, { mode: 'stub', zone: ZONE, forward: '10.96.0.53' }));
    expect((await subjects()) ?? []).not.toContainEqual(expect.objectContaining(account()));
    await dns('disable');
    expect((await configMap()).data.Corefile).toBe(KUBEADM_COREFILE);
  });

  it('survives an upgrade that applies the ClusterRole of CoreDNS again (D2)', async () => {
    await dns('enable', '--mode', 'coredns');
    const [, role] = clusterDnsObjects(ns, `test:${ns}`);
    await cluster.apply(role ?? {});
    await eventually(async () => expect(await mayList()).toBe('yes'));
    expect((await dns('enable', '--mode', 'coredns')).stdout).toContain('Already up to date.');
    await dns('disable');
  });

  it('defaults to the address of the Service, and reports a missing one', async () => {
    const { code, stderr } = await dns('enable', '--mode', 'stub');
    expect(code).toBe(1);
    expect(stderr).toMatch(/CTM_DNS.*catamaran-system\/catamaran-dns.*--forward/);
  });

  it('--dry-run writes nothing', async () => {
    const before = (await configMap()).metadata.resourceVersion;
    const { code, stdout } = await dns('enable', '--mode', 'coredns', '--dry-run');
    expect([code, stdout.includes('+         multicluster')]).toEqual([0, true]);
    expect((await configMap()).metadata.resourceVersion).toBe(before);
    expect((await subjects()) ?? []).not.toContainEqual(expect.objectContaining(account()));
  });

  it('rejects a Corefile that it cannot parse, and writes nothing', async () => {
    await cluster.apply(...clusterDnsObjects(ns, `test:${ns}`, '.:53 {\n    health { lameduck 5s }\n}\n'));
    const { code, stderr } = await dns('enable', '--mode', 'coredns');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: \[CTM_COREFILE\] Corefile line 2: unexpected brace/);
    expect((await configMap()).metadata.annotations?.[BACKUP]).toBeUndefined();
  });

  it('configures a DNS cache on each node, too (D8)', async () => {
    const text = COREFILES.find(({ name }) => name.startsWith('NodeLocal'))?.text ?? '';
    const metadata = { namespace: 'kube-system', name: 'node-local-dns' };
    const labels = { 'k8s-app': 'node-local-dns' };
    const cache = async () => (await cluster.client.get<ConfigMap>(CONFIG_MAPS, metadata)).data.Corefile;
    await cluster.apply(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { Corefile: text } },
      {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata,
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { nodeSelector: { none: 'none' }, containers: [{ name: 'cache', image: 'cache' }] },
          },
        },
      },
    );
    try {
      const { code, stdout } = await dns('enable', '--mode', 'coredns');
      expect(code).toBe(0);
      expect(stdout).toContain('with a DNS cache on each node (ConfigMap kube-system/node-local-dns)');
      expect(await cache()).toBe(addZone(text, { mode: 'stub', zone: ZONE }));
      await dns('disable');
      expect(await cache()).toBe(text);
    } finally {
      await cluster.kubectl('-n', 'kube-system', 'delete', 'daemonset,configmap', 'node-local-dns');
    }
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
      .replace(/(kubernetes [^{]*\{.*)/g, `$1\n        kubeconfig ${cluster.plane.kubeconfig} ${cluster.name}`)
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
      const db = await askUdp(coredns, questionOf(`db.${ns}.svc A`));
      expect(parseMessage(db ?? Buffer.alloc(12)).answers).toHaveLength(4);
      const { code, stdout, stderr } = await dns('check', '--server', `127.0.0.1:${coredns.port}`);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^HOP +RESULT +SEEN\nplatform +ok .*\nServiceImports +ok /);
      expect(stdout).toMatch(mode === 'stub' ? /catamaran dns +ok .*\(UDP\).*\(TCP\)/ : /CoreDNS RBAC +ok /);
      expect(stdout).toMatch(/cluster DNS +ok /);
    } finally {
      await coredns.stop();
    }
  });

  it('check reports the broken hop', async () => {
    await cluster.apply(...caseObjects(ns));
    const nowhere = '127.0.0.1:9';
    const wrong = async () => (await dns('check', '--server', nowhere)).stderr;
    expect(await wrong()).toMatch(
      /CTM_DNS\] configuration: ConfigMap .*\/coredns does not configure clusterset\.local/,
    );
    await dns('enable', '--mode', 'stub', '--forward', nowhere);
    expect(await wrong()).toMatch(/CTM_DNS\] catamaran dns: no response from 127\.0\.0\.1:9 over UDP/);
    await dns('enable', '--mode', 'coredns');
    await eventually(async () => expect((await dns('check', '--server', `127.0.0.1:${target.port}`)).code).toBe(0));
    await cluster.kubectl('delete', 'clusterrolebinding', RIGHTS);
    await eventually(async () => expect(await wrong()).toMatch(/CoreDNS RBAC: .*cannot list serviceimports/));
    await cluster.kubectl('delete', 'configmap', '-n', ns, 'coredns');
    expect(await wrong()).toMatch(/configuration: ConfigMap .* not found/);
  });

  it('check believes the answer over the file (D3, D10)', async () => {
    await cluster.apply(...caseObjects(ns));
    const check = () => dns('check', '--server', `127.0.0.1:${target.port}`);
    for (const corefile of ['.:53 {\n    health { lameduck 5s }\n}\n', '.:53 {\n    import more\n}\n']) {
      await cluster.apply(...clusterDnsObjects(ns, `test:${ns}`, corefile));
      const { code, stdout } = await check();
      expect(code).toBe(0);
      expect(stdout).toMatch(/configuration +ok .*; but the DNS of the cluster serves the zone\n/);
    }
  });

  it('check without a server that answers says what the external plugin needs (D10)', async () => {
    const corefile = COREFILES.find(({ name }) => name.startsWith('ACK, with the external plugin'))?.text ?? '';
    await cluster.apply(...clusterDnsObjects(ns, `test:${ns}`, corefile));
    expect((await dns('check', '--server', '127.0.0.1:9')).stderr).toMatch(
      /configuration: .*external plugin multicluster .*does not answer: standard builds of CoreDNS lack this plugin/,
    );
  });
});
