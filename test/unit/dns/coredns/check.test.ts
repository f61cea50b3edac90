/** Hops of `catamaran dns check`; test/contract has them with the real CoreDNS. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkDns, type Hop } from '../../../../src/dns/coredns/check.ts';
import type { Site } from '../../../../src/dns/coredns/install.ts';
import type { DnsRoute } from '../../../../src/dns/coredns/routes.ts';
import { detect } from '../../../../src/dns/platforms/detect.ts';
import { observe } from '../../../../src/dns/platforms/observed.ts';
import { RCODE } from '../../../../src/dns/wire/protocol.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { KUBEADM_COREFILE } from '../../../support/dns/coredns-objects.ts';
import { COREFILES } from '../../../support/dns/corefiles.ts';
import { type DnsCluster, K8S, startDnsCluster } from '../../../support/dns/dns-cluster.ts';

const ZONE = 'clusterset.local';
const STUB = ['enable', '--mode', 'stub', '--forward', '10.96.0.53'];

let cluster: DnsCluster;

beforeEach(async () => {
  cluster = await startDnsCluster();
  await corefileIs(KUBEADM_COREFILE);
});
afterEach(() => cluster[Symbol.asyncDispose]());

const corefileIs = (Corefile: string) =>
  cluster.put(K8S.configMaps, { metadata: { namespace: 'kube-system', name: 'coredns' }, data: { Corefile } });

const answering = (rcode: number): DnsRoute => ({
  where: 'the DNS',
  ask: async () => {
    const record = { name: '', type: 16, ttl: 5, data: '"1.0.0"' };
    const answers = rcode === RCODE.NOERROR ? [record] : [];
    return { id: 1, flags: 0, rcode, question: undefined, answers, authority: [], additional: [] };
  },
});

async function check(rcode: number): Promise<Readonly<Record<string, string>>> {
  const observed = await observe(cluster.client);
  const site: Site = { client: cluster.client, observed, detected: detect(observed), pods: [] };
  const hops: readonly Hop[] = await checkDns({
    site,
    zone: ZONE,
    routes: async () => [answering(rcode)],
    reachable: false,
    query: { clock: systemClock, random: () => 0.5, timeoutMs: 500 },
  });
  return Object.fromEntries(hops.map(({ hop, result, seen }) => [hop, `${result}: ${seen}`]));
}

it('names the platform, and asks through the cluster’s DNS what is reachable from pods only', async () => {
  await cluster.dns(...STUB);
  expect(await check(RCODE.NOERROR)).toEqual({
    platform: expect.stringMatching(/^ok: unknown /),
    ServiceImports: 'ok: 0 found; none has a clusterset IP, querying dns-version',
    configuration: 'ok: ConfigMap kube-system/coredns forwards the zone to 10.96.0.53',
    'CoreDNS RBAC': 'skipped: not needed: CoreDNS does not serve the zone itself',
    'catamaran dns': 'skipped: 10.96.0.53 is reachable from pods only; asked through the cluster’s DNS',
    'cluster DNS': 'ok: the DNS resolves dns-version.clusterset.local to "1.0.0"',
  });
});

describe('a configuration', () => {
  const D6 =
    'cluster.local:53 {\n    kubernetes cluster.local clusterset.local {\n        multicluster clusterset.local\n    }\n}\n.:53 {\n    forward . 9.9.9.9\n}\n';
  const PLUGIN = COREFILES.find(({ name }) => name.startsWith('ACK, with the external plugin'))?.text ?? '';

  it.each([
    ['that no query reaches (D6)', D6, /but no query for clusterset\.local reaches it/],
    ['without the zone', KUBEADM_COREFILE, /does not configure clusterset\.local: run catamaran dns enable/],
    ['that is not understood (D3)', '.:53 { errors }\n', /Corefile line 1/],
    ['with a plugin that this image lacks (D10)', PLUGIN, /standard builds of CoreDNS lack this plugin/],
    ['with another block', `${KUBEADM_COREFILE}clusterset.local:53 {\n    errors\n}\n`, /remove the block/],
  ])('%s is wrong, unless the DNS answers', async (_, text, problem) => {
    await corefileIs(text);
    const wrong = await check(RCODE.NXDOMAIN);
    expect(wrong.configuration).toMatch(/^wrong: /);
    expect(wrong.configuration).toMatch(problem);
    expect((await check(RCODE.NOERROR)).configuration).toMatch(/^ok: .*; but the DNS of the cluster serves the zone$/);
  });

  it('in coredns-custom is found (D3)', async () => {
    await corefileIs(`${KUBEADM_COREFILE}import custom/*.server\n`);
    await cluster.dns(...STUB);
    expect((await check(RCODE.NOERROR)).configuration).toBe(
      'ok: ConfigMap kube-system/coredns-custom, catamaran.server forwards the zone to 10.96.0.53',
    );
  });
});

it('of a sandbox asks the sandbox’s own DNS, and no address of this host (D12)', async () => {
  const { code, stderr, stdout } = await cluster.dns('check');
  // This kubesim belongs to no sandbox, so there is nothing to ask, and nothing else is asked instead.
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: expect.stringMatching(/cluster DNS +wrong +.*no sandbox is running/),
  });
  expect(stderr).toContain('CTM_DNS');
});
