import { describe, expect, it } from 'vitest';
import { checkCanServe } from '../../../../src/dns/coredns/preflight.ts';
import { clusterNameservers } from '../../../../src/dns/coredns/resolv-conf.ts';
import { complaintsOf, type DnsPod, versionOf } from '../../../../src/dns/coredns/servers.ts';
import { ApiError } from '../../../../src/kube/client/api-errors.ts';
import type { KubeClient } from '../../../../src/kube/client/client.ts';

const POD: DnsPod = {
  namespace: 'kube-system',
  name: 'coredns-1',
  address: '10.0.0.5',
  serviceAccount: 'coredns',
  image: 'registry.k8s.io/coredns/coredns:v1.11.3',
  port: 53,
  metricsPort: 9153,
};

const METRICS = '/api/v1/namespaces/kube-system/pods/coredns-1:9153/proxy/metrics';
const CRDS = { resources: [{ name: 'serviceimports' }] };

/** A client that answers `GET` of some paths. */
function clientWith(answers: Readonly<Record<string, unknown>>): KubeClient {
  const raw = async (path: string) => {
    if (path in answers) return answers[path];
    const request = { cluster: 'east', verb: 'get', resource: path, object: '' };
    throw new ApiError('CTM_API_STATUS', request, '403 Forbidden', { status: 403, reason: 'Forbidden' });
  };
  return { cluster: 'east', raw } as unknown as KubeClient; // nothing else is called
}

const info = (version: string) =>
  `# HELP coredns_build_info A metric\ncoredns_build_info{goversion="go1.24",revision="x",version="${version}"} 1\n`;

describe('the version of CoreDNS', () => {
  it('is what its metrics say, whatever the tag of its image', async () => {
    expect(await versionOf(clientWith({ [METRICS]: info('1.12.4') }), POD)).toEqual({
      version: '1.12.4',
      source: 'its metrics',
    });
  });

  it.each([
    ['registry.k8s.io/coredns/coredns:v1.12.2', '1.12.2'],
    ['602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/coredns:v1.11.3-eksbuild.1', '1.11.3'],
    ['registry.corp:5000/dns@sha256:0123', undefined],
    ['registry.corp:5000/dns:latest', undefined],
  ])('is that of the tag otherwise: %s', async (image, version) => {
    expect((await versionOf(clientWith({}), { ...POD, image }))?.version).toBe(version);
  });
});

describe('--mode coredns', () => {
  const served = { '/apis/multicluster.x-k8s.io/v1alpha1': CRDS };
  const check = (answers: Readonly<Record<string, unknown>>, force = false) =>
    checkCanServe(clientWith({ ...served, ...answers }), [POD], { force });

  it('is refused for a CoreDNS that is too old, even with --force', async () => {
    for (const force of [false, true])
      await expect(check({}, force)).rejects.toMatchObject({
        code: 'CTM_COREFILE',
        message: expect.stringMatching(
          /coredns-1 has CoreDNS 1\.11\.3 \(by the tag of .*1\.12\.3 or later: use --mode stub/,
        ),
      });
  });

  it('believes the server over the tag', async () => {
    expect(await check({ [METRICS]: info('1.13.0') })).toEqual([
      'Pod kube-system/coredns-1 has CoreDNS 1.13.0 (by its metrics)',
    ]);
  });

  it('is refused for an unknown version unless forced', async () => {
    const unknown = [{ ...POD, image: 'dns:latest' }];
    const refused = checkCanServe(clientWith(served), unknown, { force: false });
    await expect(refused).rejects.toThrow(/could not determine the version .*--force/);
    expect(await checkCanServe(clientWith(served), unknown, { force: true })).toHaveLength(1);
  });

  it('is refused if only a version of the API is served that CoreDNS does not watch', async () => {
    await expect(checkCanServe(clientWith({}), [], { force: true })).rejects.toThrow(/does not serve serviceimports/);
  });
});

it('the log of a pod is reduced to its errors', async () => {
  const log =
    "[INFO] 127.0.0.1 ...\n[ERROR] Restart failed: Corefile:3 - Error during parsing: Unknown directive 'multicluster'\n";
  const path = '/api/v1/namespaces/kube-system/pods/coredns-1/log?tailLines=200';
  expect(await complaintsOf(clientWith({ [path]: log }), POD)).toMatch(/Unknown directive 'multicluster'$/);
  expect(await complaintsOf(clientWith({}), POD)).toBe('');
});

describe('the servers that pods ask', () => {
  it.each([
    [
      'the kubelet’s',
      'search a.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
      ['10.96.0.10'],
    ],
    [
      'a cache on the node (D8)',
      'nameserver 169.254.20.10\nsearch x.svc.corp.internal svc.corp.internal corp.internal',
      ['169.254.20.10'],
    ],
    ['of a pod with dnsPolicy Default', 'nameserver 8.8.8.8\nsearch example.com\n', []],
    ['none', '', []],
  ])('%s', (_, text, expected) => {
    expect(clusterNameservers(text)).toEqual(expected);
  });
});
