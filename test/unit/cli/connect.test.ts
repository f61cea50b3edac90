import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { connector, targetOf } from '../../../src/cli/connect.ts';
import { readEnvironment } from '../../../src/cli/environment.ts';
import { parseFleet } from '../../../src/config/parse.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A server that accepts one token, and a writable kubeconfig for it. */
async function memberWith(token: string) {
  const server = createServer((request, response) => {
    const welcome = request.headers.authorization === `Bearer ${token}`;
    response.writeHead(welcome ? 200 : 401, { 'content-type': 'application/json' });
    const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Unauthorized', code: 401 };
    response.end(JSON.stringify(welcome ? { gitVersion: 'v1.34.4' } : status));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('no port');
  const dir = await mkdtemp(join(tmpdir(), 'catamaran-connect-'));
  const path = join(dir, 'config');
  cleanups.push(
    () => server.close(),
    () => rm(dir, { recursive: true }),
  );
  const write = (used: string) =>
    writeFile(
      path,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'c',
        clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${address.port}` } }],
        users: [{ name: 'u', user: { token: used } }],
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      }),
    );
  const spec = { members: [{ name: 'c', kubeconfig: path }] };
  const fleet = parseFleet(JSON.stringify({ apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec }), {
    file: path,
  });
  const [member] = fleet.members;
  if (!member) throw new Error('no member');
  return { member, write };
}

it('reads a kubeconfig again when its token is rejected', async () => {
  const { member, write } = await memberWith('new');
  await write('old');
  const client = await connector(readEnvironment({}))(member);
  cleanups.push(() => client.close());
  await expect(client.raw('/version')).rejects.toMatchObject({ code: 'CTM_API_STATUS', status: 401 });
  await write('new');
  await expect(client.raw('/version')).resolves.toEqual({ gitVersion: 'v1.34.4' });
});

it('keeps the old credentials while the kubeconfig cannot be read', async () => {
  const { member, write } = await memberWith('new');
  await write('old');
  const client = await connector(readEnvironment({}))(member);
  cleanups.push(() => client.close());
  if (member.access.kind !== 'kubeconfig' || !member.access.path) throw new Error('a kubeconfig is needed');
  await writeFile(member.access.path, 'half a');
  await expect(client.raw('/version')).rejects.toMatchObject({ status: 401 });
  await write('new');
  await expect.poll(() => client.raw('/version').catch(() => undefined)).toEqual({ gitVersion: 'v1.34.4' });
});

it('names the cluster of an option, or of none, after its context', async () => {
  const { member, write } = await memberWith('new');
  await write('old');
  if (member.access.kind !== 'kubeconfig' || !member.access.path) throw new Error('a kubeconfig is needed');
  const environment = readEnvironment({ KUBECONFIG: member.access.path });
  for (const options of [{}, { kubeconfig: member.access.path }, { context: 'c' }]) {
    const client = await connector(environment)(targetOf(options, environment));
    cleanups.push(() => client.close());
    await expect(client.raw('/version')).rejects.toThrow('cluster c: get /version');
  }
});
