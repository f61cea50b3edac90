import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { inClusterAccess } from '../../../../src/kube/kubeconfig/in-cluster.ts';
import { loadKubeconfig, type PluginPolicy } from '../../../../src/kube/kubeconfig/kubeconfig.ts';
import { selfSigned, type TestCertificate } from '../../../support/certificates.ts';

interface Parts {
  cluster?: object;
  user?: object;
  context?: object;
  top?: object;
}

/** A valid kubeconfig, with the changes of a test. */
function kubeconfig({ cluster = {}, user = { token: 'SECRET-TOKEN' }, context = {}, top = {} }: Parts = {}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'prod',
    clusters: [{ name: 'east', cluster: { server: 'https://203.0.113.7:6443', ...cluster } }],
    users: [{ name: 'admin', user }],
    contexts: [{ name: 'prod', context: { cluster: 'east', user: 'admin', ...context } }],
    ...top,
  });
}

/** In-memory files for the option `readFile`. */
function disk(files: Record<string, string>) {
  return async (path: string): Promise<string> => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(`ENOENT: no such file: ${path}`), { code: 'ENOENT' });
    return text;
  };
}

function load(files: Record<string, string>, options: { context?: string } = {}) {
  return loadKubeconfig({
    files: Object.keys(files).filter((file) => file.endsWith('.yaml')),
    trust: 'user',
    readFile: disk(files),
    ...options,
  });
}

async function messageOf(promise: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof promise === 'function' ? promise() : promise);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return `${String(error.code)} ${error.message}`;
    throw error;
  }
  return 'no error';
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

let certificate: TestCertificate;
let other: TestCertificate;

beforeAll(() => {
  certificate = selfSigned('api');
  other = selfSigned('other');
});

describe('a valid kubeconfig', () => {
  it('yields server, token and namespace of the current context', async () => {
    const access = await load({ '/k.yaml': kubeconfig({ context: { namespace: 'shop' } }) });
    expect(access).toMatchObject({
      server: 'https://203.0.113.7:6443',
      tls: {},
      namespace: 'shop',
      source: 'context prod of /k.yaml',
    });
    expect(await access.credentials.headers()).toEqual({ authorization: 'Bearer SECRET-TOKEN' });
  });

  it('keeps the path of the server URL, without a trailing slash', async () => {
    const access = await load({ '/k.yaml': kubeconfig({ cluster: { server: 'https://rancher.example/k8s/c-1/' } }) });
    expect(access.server).toBe('https://rancher.example/k8s/c-1');
  });

  it('resolves paths relative to the file that contains them', async () => {
    const files = {
      '/home/me/.kube/k.yaml': kubeconfig({
        cluster: { 'certificate-authority': 'pki/ca.crt' },
        user: { 'client-certificate': '../me.crt', 'client-key': '/abs/me.key' },
      }),
      '/home/me/.kube/pki/ca.crt': certificate.cert,
      '/home/me/me.crt': 'CERT',
      '/abs/me.key': 'KEY',
    };
    const access = await load(files);
    expect(access.tls.ca).toBe(certificate.cert);
    expect(await access.credentials.certificate()).toEqual({ cert: 'CERT', key: 'KEY' });
  });

  it('prefers inline certificates to files, and a token file to an inline token', async () => {
    const access = await load({
      '/k.yaml': kubeconfig({
        cluster: { 'certificate-authority': '/gone', 'certificate-authority-data': base64(certificate.cert) },
        user: {
          'client-certificate': '/gone',
          'client-certificate-data': base64(certificate.cert),
          'client-key-data': base64(certificate.key),
          token: 'inline',
          tokenFile: 'token',
        },
      }),
      '/token': 'from-file\n',
    });
    expect(access.tls.ca).toBe(certificate.cert);
    expect(await access.credentials.certificate()).toEqual(certificate);
    expect(await access.credentials.headers()).toEqual({ authorization: 'Bearer from-file' });
  });

  it('honors tls-server-name and insecure-skip-tls-verify', async () => {
    const named = await load({ '/k.yaml': kubeconfig({ cluster: { 'tls-server-name': 'kubernetes' } }) });
    expect(named.tls).toEqual({ serverName: 'kubernetes' });
    const insecure = await load({ '/k.yaml': kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } }) });
    expect(insecure.tls).toEqual({ insecure: true });
  });

  it('treats null and empty values as absent, since kubectl writes them', async () => {
    const access = await load({
      '/k.yaml': kubeconfig({
        user: { token: 'x', 'client-certificate-data': null, exec: null, tokenFile: '' },
        top: { preferences: {}, extensions: null },
      }),
    });
    expect(await access.credentials.headers()).toEqual({ authorization: 'Bearer x' });
  });

  it('is anonymous if the context has no user', async () => {
    const access = await load({ '/k.yaml': kubeconfig({ context: { user: '' } }) });
    expect(await access.credentials.headers()).toEqual({});
  });

  it('ignores an invalid entry of another context', async () => {
    const users = [
      { name: 'admin', user: { token: 'x' } },
      { name: 'old', user: { exec: { apiVersion: 'client.authentication.k8s.io/v1alpha1', command: 1 } } },
    ];
    await load({ '/k.yaml': kubeconfig({ top: { users } }) });
  });
});

describe('several files', () => {
  const first = stringify({
    users: [{ name: 'admin', user: { token: 'of-the-first' } }],
    'current-context': '',
  });

  it('uses the first entry of each name, and the first current-context that is set', async () => {
    const access = await load({ '/a.yaml': first, '/b.yaml': kubeconfig() });
    expect(access).toMatchObject({ server: 'https://203.0.113.7:6443', source: 'context prod of /b.yaml' });
    expect(await access.credentials.headers()).toEqual({ authorization: 'Bearer of-the-first' });
  });

  it('skips missing files', async () => {
    const readFile = disk({ '/b.yaml': kubeconfig() });
    const access = await loadKubeconfig({ files: ['/a.yaml', '/b.yaml'], trust: 'user', readFile });
    expect(access.server).toBe('https://203.0.113.7:6443');
  });

  it('names all files if none exists', async () => {
    expect(await messageOf(loadKubeconfig({ files: ['/a', '/b'], trust: 'user', readFile: disk({}) }))).toBe(
      'CTM_KUBECONFIG_READ /a, /b: no such file',
    );
  });
});

describe('bad input', () => {
  const cases: [what: string, content: string | Parts, message: string][] = [
    ['YAML', 'clusters: [\n  {name: a', 'INVALID /k.yaml: line 2, column 11: not valid YAML (BAD_INDENT)'],
    ['a list', '- 1', 'INVALID /k.yaml: document: array; expected object'],
    [
      'another kind',
      { top: { kind: 'Secret' } },
      'INVALID /k.yaml: kind: "Secret" is not supported; supported: Config',
    ],
    ['clusters', { top: { clusters: {} } }, 'INVALID /k.yaml: clusters: object; expected array'],
    [
      'an entry without name',
      { top: { users: [{ user: {} }] } },
      'INVALID /k.yaml: users[0].name: missing; expected string',
    ],
    [
      'no context',
      { top: { 'current-context': null } },
      'INVALID /k.yaml: current-context: not set, and no context was specified; available: prod',
    ],
    [
      'an unknown context',
      { top: { 'current-context': 'x' } },
      'INVALID /k.yaml: contexts: "x" not found; available: prod',
    ],
    ['no contexts', { top: { contexts: [] } }, 'INVALID /k.yaml: contexts: "prod" not found; available: none'],
    [
      'an unknown cluster',
      { context: { cluster: 'west' } },
      'INVALID /k.yaml: contexts[name=prod].context.cluster: "west" not found; available: east',
    ],
    [
      'an unknown user',
      { context: { user: 'root' } },
      'INVALID /k.yaml: contexts[name=prod].context.user: "root" not found; available: admin',
    ],
    ['no cluster', { context: { cluster: null } }, 'INVALID /k.yaml: contexts[name=prod].context.cluster: missing'],
    ['no server', { cluster: { server: '' } }, 'INVALID /k.yaml: clusters[name=east].cluster.server: missing'],
    [
      'a server without scheme',
      { cluster: { server: '10.0.0.1:6443' } },
      'INVALID /k.yaml: clusters[name=east].cluster.server: not an https:// or http:// URL',
    ],
    [
      'a server with a password',
      { cluster: { server: 'https://me:SECRET@10.0.0.1' } },
      'INVALID /k.yaml: clusters[name=east].cluster.server: must not contain a user or password',
    ],
    [
      'a number for a token',
      { user: { token: 12345 } },
      'INVALID /k.yaml: users[name=admin].user.token: number; expected string',
    ],
    [
      'a token of two lines',
      { user: { token: 'SECRET\nX-Remote-User: root' } },
      'INVALID /k.yaml: users[name=admin].user.token: contains spaces or control characters',
    ],
    [
      'a CA that is not base64',
      { cluster: { 'certificate-authority-data': '-----BEGIN' } },
      'INVALID /k.yaml: clusters[name=east].cluster.certificate-authority-data: not base64',
    ],
    [
      'a CA that is not a certificate',
      { cluster: { 'certificate-authority-data': base64('hello') } },
      'INVALID /k.yaml: clusters[name=east].cluster.certificate-authority-data: not a PEM certificate',
    ],
    [
      'a CA file that does not exist',
      { cluster: { 'certificate-authority': 'ca.crt' } },
      'READ /k.yaml: clusters[name=east].cluster.certificate-authority: /ca.crt: cannot be read: ENOENT: no such file: /ca.crt',
    ],
    [
      'a certificate without key',
      { user: { 'client-certificate': 'x' } },
      'INVALID /k.yaml: users[name=admin].user.client-key(-data): required with client-certificate(-data)',
    ],
    [
      'a key without certificate',
      { user: { 'client-key': 'x' } },
      'INVALID /k.yaml: users[name=admin].user.client-certificate(-data): required with client-key(-data)',
    ],
    [
      'an invalid key',
      { user: { 'client-certificate': 'x', 'client-key-data': base64('SECRET') } },
      'INVALID /k.yaml: users[name=admin].user.client-key-data: not an unencrypted PEM private key',
    ],
    [
      'a password',
      { user: { username: 'me', password: 'SECRET' } },
      'REFUSED /k.yaml: users[name=admin].user.username: refused: basic authentication was removed from Kubernetes in 1.19; use a token or a client certificate',
    ],
    [
      'an auth-provider',
      { user: { 'auth-provider': { name: 'gcp', config: { 'access-token': 'SECRET' } } } },
      'REFUSED /k.yaml: users[name=admin].user.auth-provider: refused: removed from Kubernetes in 1.26; use an exec plugin or a token',
    ],
    [
      'impersonation',
      { user: { token: 'SECRET', as: 'root' } },
      'REFUSED /k.yaml: users[name=admin].user.as: refused: impersonation is not supported; use credentials of that user',
    ],
    [
      'a proxy',
      { cluster: { 'proxy-url': 'http://me:SECRET@proxy' } },
      'REFUSED /k.yaml: clusters[name=east].cluster.proxy-url: refused: proxies are not supported; the API server must be reachable directly',
    ],
    [
      'a plugin of an unknown version',
      { user: { exec: { apiVersion: 'client.authentication.k8s.io/v1alpha1', command: 'x' } } },
      'INVALID /k.yaml: users[name=admin].user.exec.apiVersion: "client.authentication.k8s.io/v1alpha1" is not supported; supported: client.authentication.k8s.io/v1, client.authentication.k8s.io/v1beta1',
    ],
    [
      'a plugin without command',
      { user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '' } } },
      'INVALID /k.yaml: users[name=admin].user.exec.command: empty',
    ],
    [
      'a plugin that requires a terminal',
      { user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'x', interactiveMode: 'Always' } } },
      'INVALID /k.yaml: users[name=admin].user.exec.interactiveMode: Always requires a terminal; supported: Never, IfAvailable',
    ],
    [
      'a plugin and a token',
      { user: { token: 'SECRET', exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'x' } } },
      'INVALID /k.yaml: users[name=admin].user.exec: mutually exclusive with a token',
    ],
    [
      'two wrong fields',
      { cluster: { 'insecure-skip-tls-verify': 'yes', 'tls-server-name': 7 } },
      'INVALID /k.yaml: clusters[name=east].cluster.tls-server-name: number; expected string; clusters[name=east].cluster.insecure-skip-tls-verify: string; expected boolean',
    ],
  ];

  it.each(cases)('%s', async (_what, content, message) => {
    const text = typeof content === 'string' ? content : kubeconfig(content);
    const reported = await messageOf(load({ '/k.yaml': text }));
    expect(reported).toBe(`CTM_KUBECONFIG_${message}`);
    expect(reported).not.toContain('SECRET');
  });

  it('a CA with insecure-skip-tls-verify', async () => {
    const cluster = { 'insecure-skip-tls-verify': true, 'certificate-authority-data': base64(certificate.cert) };
    expect(await messageOf(load({ '/k.yaml': kubeconfig({ cluster }) }))).toBe(
      'CTM_KUBECONFIG_INVALID /k.yaml: clusters[name=east].cluster.insecure-skip-tls-verify: mutually exclusive with a certificate authority',
    );
  });

  it('a key of another certificate', async () => {
    const user = { 'client-certificate-data': base64(certificate.cert), 'client-key-data': base64(other.key) };
    expect(await messageOf(load({ '/k.yaml': kubeconfig({ user }) }))).toBe(
      'CTM_KUBECONFIG_INVALID /k.yaml: users[name=admin].user.client-key-data: does not match client-certificate-data',
    );
  });

  it('a YAML error does not quote the line', async () => {
    expect(await messageOf(load({ '/k.yaml': 'users:\n- user: {token: SECRET: x}' }))).not.toContain('SECRET');
  });
});

describe('a stored kubeconfig', () => {
  const parse = (parts: Parts, plugins?: PluginPolicy, environment?: Record<string, string>) =>
    loadKubeconfig({
      files: ['/east.yaml'],
      trust: 'stored',
      readFile: disk({ '/east.yaml': kubeconfig(parts) }),
      ...(plugins && { plugins }),
      ...(environment && { environment }),
    });

  it('works with inline data', async () => {
    const access = await parse({
      cluster: { 'certificate-authority-data': base64(certificate.cert) },
      user: {
        'client-certificate-data': base64(certificate.cert),
        'client-key-data': base64(certificate.key),
      },
    });
    expect(access).toMatchObject({
      tls: { ca: certificate.cert },
      source: 'context prod of /east.yaml',
      trust: 'stored',
    });
    expect(await access.credentials.certificate()).toEqual(certificate);
  });

  const refused: [Parts, string][] = [
    [
      { user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/sh' } } },
      'users[name=admin].user.exec.command: "/bin/sh": refused: a stored kubeconfig runs only programs that are allowed by name (--allow-exec-plugin)',
    ],
    [
      { user: { tokenFile: '/etc/shadow' } },
      'users[name=admin].user.tokenFile: refused: a stored kubeconfig cannot name files; use token',
    ],
    [
      { user: { 'client-certificate': '/etc/shadow', 'client-key-data': 'x' } },
      'users[name=admin].user.client-certificate: refused: a stored kubeconfig cannot name files; use client-certificate-data',
    ],
    [
      { user: { 'client-certificate-data': 'x', 'client-key': '/etc/shadow' } },
      'users[name=admin].user.client-key: refused: a stored kubeconfig cannot name files; use client-key-data',
    ],
    [
      { user: { 'auth-provider': { name: 'oidc' } } },
      'users[name=admin].user.auth-provider: refused: removed from Kubernetes in 1.26; use an exec plugin or a token',
    ],
    [
      { cluster: { 'certificate-authority': '/etc/shadow' } },
      'clusters[name=east].cluster.certificate-authority: refused: a stored kubeconfig cannot name files; use certificate-authority-data',
    ],
    [
      { cluster: { 'insecure-skip-tls-verify': true } },
      'clusters[name=east].cluster.insecure-skip-tls-verify: refused: a stored kubeconfig must verify its server; use certificate-authority-data',
    ],
    [
      { cluster: { server: 'http://203.0.113.7' } },
      'clusters[name=east].cluster.server: "http://203.0.113.7/": refused: a stored kubeconfig must use https',
    ],
  ];

  it.each(refused)('%j is refused', async (parts, message) => {
    expect(await messageOf(parse(parts))).toBe(`CTM_KUBECONFIG_REFUSED /east.yaml: ${message}`);
  });

  it.each([
    'localhost:6443',
    'api.localhost',
    'LOCALHOST.',
    '127.0.0.1:6443',
    '127.8.9.10',
    '127.1',
    '2130706433',
    '0x7f.1',
    '0.0.0.0',
    '169.254.169.254',
    '224.0.0.1',
    '[::1]:6443',
    '[::]',
    '[fe80::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:a9fe:a9fe]',
    '[::127.0.0.1]',
    '[64:ff9b::a9fe:a9fe]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:1:2:3:4:80ff:fffe]',
    '100.100.100.200',
    '168.63.129.16',
    '[fd00:ec2::254]',
    '[64:ff9b::6464:64c8]',
  ])('a server at %s is refused', async (host) => {
    const reported = await messageOf(parse({ cluster: { server: `https://${host}` } }));
    expect(reported).toMatch(/^CTM_KUBECONFIG_REFUSED .*, which a stored kubeconfig cannot use$/);
  });

  it.each([
    '10.0.0.1',
    '100.64.0.1',
    'api.example.com',
    '[2001:db8::1]:6443',
    '[fd00::1]',
    '[64:ff9b::a00:1]',
    'localhost.example.com',
  ])('a server at %s is accepted', async (host) => {
    expect(await messageOf(parse({ cluster: { server: `https://${host}` } }))).toBe('no error');
  });

  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'aws' };
  const aws: PluginPolicy = { commands: ['aws'], variables: ['AWS_REGION'] };

  it.each([
    ['a program by name', exec, 'no error'],
    ['a listed variable', { ...exec, env: [{ name: 'AWS_REGION', value: 'eu' }] }, 'no error'],
    ['another program', { ...exec, command: 'sh' }, /command: "sh": refused: .*allow-exec-plugin/],
    ['a file of the same name', { ...exec, command: './aws' }, /command: ".\/aws": refused/],
    ['another variable', { ...exec, env: [{ name: 'LD_PRELOAD', value: '/x.so' }] }, /env\[name=LD_PRELOAD\]: refused/],
    ['a PATH of its own', { ...exec, env: [{ name: 'PATH', value: '/tmp' }] }, /env\[name=PATH\]: refused/],
  ])('may use %s as far as plugins are allowed', async (_what, plugin, expected) => {
    const outcome = await messageOf(parse({ user: { exec: plugin } }, aws));
    if (typeof expected === 'string') expect(outcome).toBe(expected);
    else expect(outcome).toMatch(expected);
  });

  it('allows fields in a file of the user that are refused in a Secret', async () => {
    const server = 'https://127.0.0.1:6443';
    const files = { '/k.yaml': kubeconfig({ cluster: { server }, user: { tokenFile: '/token' } }), '/token': 'x' };
    expect((await load(files)).server).toBe(server);
    const stored = loadKubeconfig({ files: ['/k.yaml'], trust: 'stored', readFile: disk(files) });
    expect(await messageOf(stored)).toMatch(/^CTM_KUBECONFIG_REFUSED/);
  });
});

describe('in-cluster access', () => {
  const mount = '/var/run/secrets/kubernetes.io/serviceaccount';
  const readFile = disk({ [`${mount}/ca.crt`]: 'CA', [`${mount}/token`]: 'sa-token' });

  it('uses the ServiceAccount', async () => {
    const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    const access = await inClusterAccess({ environment, readFile });
    expect(access).toMatchObject({ server: 'https://[fd00::1]:443', tls: { ca: 'CA' }, source: 'in-cluster' });
    expect(await access.credentials.headers()).toEqual({ authorization: 'Bearer sa-token' });
  });

  it('fails outside a pod', async () => {
    expect(await messageOf(inClusterAccess({ environment: {}, readFile }))).toBe(
      'CTM_KUBECONFIG_READ in-cluster access: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; not running in a pod',
    );
  });
});

it('reads from disk by default', async () => {
  const missing = resolve(import.meta.dirname, 'no-such-kubeconfig');
  expect(await messageOf(loadKubeconfig({ files: [missing], trust: 'user' }))).toBe(
    `CTM_KUBECONFIG_READ ${missing}: no such file`,
  );
});
