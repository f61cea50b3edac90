import { describe, expect, it } from 'vitest';
import type { DescribedMember } from '../../../../src/membership/inventory/described-member.ts';
import { describedBy, SECRET_FORMATS } from '../../../../src/membership/inventory/member-formats.ts';

type Format = keyof typeof SECRET_FORMATS;

const encoded = (data: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));

function described(
  format: Format,
  name: string,
  data: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>> = {},
  type = 'Opaque',
): DescribedMember | undefined {
  const metadata = { namespace: 'ns', name, annotations, creationTimestamp: '2026-01-01T00:00:00Z' };
  return describedBy({ apiVersion: 'v1', kind: 'Secret', type, metadata, data: encoded(data) }, SECRET_FORMATS[format]);
}

const kubeconfig = (member: DescribedMember | undefined) => JSON.parse(member?.kubeconfig ?? '{}');

describe('a Secret of Catamaran', () => {
  const access = { server: 'https://10.0.0.1:6443', token: 'abc\n', 'ca.crt': 'PEM' };

  it('has server, token and CA, and settings as keys', () => {
    const settings = { podCIDRs: '10.1.0.0/16, fd00:1::/48', clusterId: 'uid-1', addresses: 'Any' };
    const member = described('Catamaran', 'cluster1', { ...access, ...settings });
    expect(member).toMatchObject({
      source: 'Secret "ns/cluster1"',
      name: 'cluster1',
      isLeaving: false,
      settings: { podCIDRs: ['10.1.0.0/16', 'fd00:1::/48'], clusterId: 'uid-1', addresses: 'Any', nodeCIDRs: [] },
    });
    expect(member?.problem).toBeUndefined();
    expect(kubeconfig(member)).toMatchObject({
      clusters: [{ cluster: { server: 'https://10.0.0.1:6443', 'certificate-authority-data': 'UEVN' } }],
      users: [{ user: { token: 'abc' } }],
    });
  });

  it('has a kubeconfig, and settings as annotations, of which keys take precedence', () => {
    const annotations = { 'catamaran.dev/podCIDRs': '10.1.0.0/16', 'catamaran.dev/member-name': 'paris' };
    expect(described('Catamaran', 'x', { kubeconfig: 'text' }, annotations)).toMatchObject({
      name: 'paris',
      kubeconfig: 'text',
      settings: { podCIDRs: ['10.1.0.0/16'] },
    });
    expect(described('Catamaran', 'x', { kubeconfig: 'text', podCIDRs: '10.2.0.0/16' }, annotations)).toMatchObject({
      settings: { podCIDRs: ['10.2.0.0/16'] },
    });
  });

  it.each([
    [{}, 'key kubeconfig: missing; or use the keys server, token and ca.crt'],
    [{ server: 'https://a' }, 'key token: missing'],
    [{ token: 'a' }, 'key server: missing'],
    [{ kubeconfig: ' ' }, 'key kubeconfig: missing'],
    [{ ...access, podCIDRs: '10.1.0.1/16' }, 'podCIDRs[0]: "10.1.0.1/16" has host bits set; use 10.1.0.0/16'],
    [{ ...access, podCIDRs: 'all' }, 'podCIDRs[0]: "all" is not a CIDR'],
    [{ ...access, addresses: 'some' }, 'addresses: "some" is not supported; use Known or Any'],
    [{ ...access, clusterId: 'a b' }, 'clusterId: "a b" is not the UID of a namespace'],
  ])('with %j has the problem %s', (data, problem) => {
    expect(described('Catamaran', 'cluster1', data)?.problem).toContain(problem);
  });

  it('needs a name that is a DNS label', () => {
    const member = described('Catamaran', 'cluster1.example', access);
    expect(member).not.toHaveProperty('name');
    expect(member?.problem).toBe(
      '"cluster1.example" is not a name of a member, which is one DNS label; set the annotation catamaran.dev/member-name',
    );
  });
});

describe('Secrets of others', () => {
  it('of Cluster API are those with a kubeconfig of a cluster', () => {
    const type = 'cluster.x-k8s.io/secret';
    expect(described('ClusterAPI', 'east-kubeconfig', { value: 'text' }, {}, type)).toMatchObject({
      name: 'east',
      kubeconfig: 'text',
    });
    expect(described('ClusterAPI', 'east-kubeconfig', {}, {}, type)?.problem).toBe('key value: missing');
    expect(described('ClusterAPI', 'east-ca', { value: 'text' }, {}, type)).toBeUndefined();
    expect(described('ClusterAPI', 'east-kubeconfig', { value: 'text' })).toBeUndefined();
  });

  it('of multicluster-runtime have a key kubeconfig', () => {
    expect(described('MulticlusterRuntime', 'west', { kubeconfig: 'text' })).toMatchObject({
      name: 'west',
      kubeconfig: 'text',
    });
  });

  it('take settings from annotations only', () => {
    const data = { kubeconfig: 'text', podCIDRs: '10.1.0.0/16' };
    expect(described('MulticlusterRuntime', 'west', data)?.settings?.podCIDRs).toEqual([]);
  });
});

describe('a cluster Secret of Argo CD', () => {
  const secret = (config: unknown, server = 'https://10.0.0.1') =>
    described('ArgoCD', 'cluster-1', { name: 'prod', server, config: JSON.stringify(config) });

  it('has a name, a server and a config', () => {
    const member = secret({
      bearerToken: 'abc',
      tlsClientConfig: { caData: 'UEVN', serverName: 'api', insecure: false },
    });
    expect(member?.name).toBe('prod');
    expect(kubeconfig(member)).toMatchObject({
      clusters: [{ cluster: { 'certificate-authority-data': 'UEVN', 'tls-server-name': 'api' } }],
      users: [{ user: { token: 'abc' } }],
    });
  });

  it.each([
    [{ tlsClientConfig: { insecure: true } }, 'config.tlsClientConfig.insecure: refused'],
    [{ execProviderConfig: { command: 'sh' } }, 'config.execProviderConfig: refused: runs a program'],
    [{ awsAuthConfig: { clusterName: 'a' } }, 'config.awsAuthConfig: refused'],
    [{ username: 'a', password: 'hunter2' }, 'config.username: refused'],
    ['text', 'config: not a JSON object'],
  ])('with %j is refused', (config, problem) => {
    const member = secret(config);
    expect(member?.problem).toContain(problem);
    expect(member?.problem).not.toContain('hunter2');
    expect(member?.kubeconfig).toBeUndefined();
  });

  it('with a config that is not JSON is refused without quoting it', () => {
    const member = described('ArgoCD', 'a', { server: 'https://a', config: '{"bearerToken": "s3cret' });
    expect(member?.problem).toBe('config: not JSON');
  });
});
