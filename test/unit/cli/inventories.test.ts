/** Kubeconfigs of inventories are stored ones, whatever the trust in the files of the command line is. */
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../src/cli/environment.ts';
import { inventoryOptions } from '../../../src/cli/inventories.ts';
import { KubeconfigStore } from '../../../src/membership/inventory/stored-kubeconfigs.ts';
import { silent } from '../../support/silent-log.ts';

function check(cluster: object, user: object): Promise<string | undefined> {
  const kubeconfig = JSON.stringify({
    'current-context': 'x',
    clusters: [{ name: 'x', cluster }],
    users: [{ name: 'x', user }],
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
  });
  const trust = { trust: 'user', plugins: { commands: [], variables: [] } } as const;
  const options = inventoryOptions(readEnvironment({}), trust, new KubeconfigStore(), silent);
  return options.check(kubeconfig, 'Secret "ns/a"');
}

const SERVER = { server: 'https://10.0.0.1:6443' };
const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', 'id'] };

describe('a kubeconfig of a Secret', () => {
  it('with a server and a token is accepted', async () => {
    expect(await check(SERVER, { token: 'abc' })).toBeUndefined();
  });

  it.each([
    [SERVER, { exec }, 'users[name=x].user.exec.command: "sh": refused'],
    [SERVER, { tokenFile: '/etc/passwd' }, 'users[name=x].user.tokenFile: refused'],
    [SERVER, { 'client-certificate': '/a', 'client-key': '/b' }, 'users[name=x].user.client-certificate: refused'],
    [SERVER, { username: 'a', password: 'b' }, 'users[name=x].user.username: refused'],
    [SERVER, { token: 'abc', as: 'admin' }, 'users[name=x].user.as: refused'],
    [SERVER, { 'auth-provider': { name: 'gcp' } }, 'users[name=x].user.auth-provider: refused'],
    [{ ...SERVER, 'insecure-skip-tls-verify': true }, {}, 'clusters[name=x].cluster.insecure-skip-tls-verify: refused'],
    [{ ...SERVER, 'certificate-authority': '/a' }, {}, 'clusters[name=x].cluster.certificate-authority: refused'],
    [{ ...SERVER, 'proxy-url': 'http://a' }, {}, 'clusters[name=x].cluster.proxy-url: refused'],
    [{ server: 'http://10.0.0.1' }, {}, 'a stored kubeconfig must use https'],
    [{ server: 'https://127.0.0.1' }, {}, 'which a stored kubeconfig cannot use'],
    [{ server: 'https://169.254.169.254' }, {}, 'which a stored kubeconfig cannot use'],
    [{ server: 'https://localhost' }, {}, 'is this machine'],
    [SERVER, { token: 'a b' }, 'users[name=x].user.token: contains spaces or control characters'],
  ])('with %j and %j is refused', async (cluster, user, problem) => {
    expect(await check(cluster, user)).toContain(problem);
  });
});
