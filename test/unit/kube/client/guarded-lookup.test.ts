import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { guardedLookup } from '../../../../src/kube/client/guarded-lookup.ts';
import { createKubeClient } from '../../../../src/kube/client/http-client.ts';
import { staticCredentials } from '../../../../src/kube/kubeconfig/credentials.ts';

/** What the lookup of a name with these addresses reports. */
function lookedUp(addresses: readonly string[], all: boolean): Promise<unknown> {
  const found = addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }));
  const lookup = guardedLookup((_name, _options, done) => done(null, found));
  return new Promise((resolve) => {
    lookup('api.example.com', { all }, (error, address, family) => {
      resolve(error ? error.message : all ? address : [address, family]);
    });
  });
}

it('passes ordinary addresses on, in the form that was asked for', async () => {
  expect(await lookedUp(['10.0.0.1', '2001:db8::1'], false)).toEqual(['10.0.0.1', 4]);
  expect(await lookedUp(['10.0.0.1'], true)).toEqual([{ address: '10.0.0.1', family: 4 }]);
});

it.each([
  [['127.0.0.1'], '127.0.0.1, which is loopback'],
  [['10.0.0.1', '169.254.169.254'], '169.254.169.254, which is link-local'],
  [['10.0.0.1', 'fe80::1%eth0'], 'fe80::1%eth0, which is link-local'],
  [['64:ff9b::a9fe:a9fe'], '64:ff9b::a9fe:a9fe, which stands for 169.254.169.254, which is link-local'],
  [['::ffff:7f00:1'], '::ffff:7f00:1, which stands for 127.0.0.1, which is loopback'],
  [['100.100.100.200'], '100.100.100.200, which is a metadata service (Alibaba Cloud)'],
])('refuses a name with the addresses %j', async (addresses, reason) => {
  for (const all of [true, false]) {
    expect(await lookedUp(addresses, all)).toBe(
      `api.example.com resolves to ${reason}; a stored kubeconfig cannot use it`,
    );
  }
});

it('checks the address when a client connects, whatever the name of the server', async () => {
  const server = createServer((_, response) => response.end('{}'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('no port');
  const access = {
    server: `http://localhost:${address.port}`,
    tls: {},
    credentials: staticCredentials({}),
    source: '',
  };
  const client = createKubeClient({ cluster: 'c', access: { ...access, trust: 'stored' } });
  await expect(client.raw('/version')).rejects.toMatchObject({
    code: 'CTM_KUBECONFIG_REFUSED',
    message: expect.stringContaining('localhost resolves to'),
  });
  await client.close();
  server.close();
});
