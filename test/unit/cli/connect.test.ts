import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/api/json.ts';
import { connector, targetOf } from '../../../src/cli/connect.ts';
import { readEnvironment } from '../../../src/cli/environment.ts';
import { kubeconfigTrust } from '../../../src/cli/kubeconfig-trust.ts';
import { parseFleet } from '../../../src/config/parse.ts';
import { invoke } from '../../support/invoke.ts';
import { kubeconfig } from '../../support/kubeconfigs.ts';

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

describe('an exec plugin', () => {
  /** A server that accepts the token of each run of a plugin until it is revoked, and a kubeconfig with the plugin. */
  async function memberWithPlugin(script: string) {
    const seen = { accepted: 't1', runs: 0 };
    const server = createServer((request, response) => {
      const welcome = request.headers.authorization === `Bearer ${seen.accepted}`;
      // All requests are in flight before the first response.
      setTimeout(() => {
        response.writeHead(welcome ? 200 : 401, { 'content-type': 'application/json' });
        response.end(JSON.stringify(welcome ? { minor: '34' } : { kind: 'Status', code: 401 }));
      }, 20);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (!address || typeof address === 'string') throw new Error('no port');
    const dir = await mkdtemp(join(tmpdir(), 'catamaran-plugin-'));
    cleanups.push(
      () => server.close(),
      () => rm(dir, { recursive: true }),
    );
    await writeFile(join(dir, 'plugin'), `#!/bin/sh\necho run >> '${dir}/runs'\n${script}\n`, { mode: 0o755 });
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin' };
    const path = join(dir, 'config');
    await writeFile(path, kubeconfig({ server: `http://127.0.0.1:${address.port}` }, { exec }));
    const runs = async () => (await readFile(join(dir, 'runs'), 'utf8')).trim().split('\n').length;
    const client = await connector(readEnvironment({ PATH: process.env.PATH }))({
      access: { kind: 'kubeconfig', path },
    });
    cleanups.push(() => client.close());
    return { seen, runs, client, dir };
  }

  it('runs once for 60 requests whose token was revoked', async () => {
    const { seen, runs, client } = await memberWithPlugin(
      'n=$(wc -l < "$(dirname "$0")/runs" | tr -d " ")\n' +
        `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t'$n'"}}'`,
    );
    await client.raw('/version');
    seen.accepted = 't2';
    await Promise.all(Array.from({ length: 60 }, () => client.raw('/version')));
    expect(await runs()).toBe(2);
  });

  it('of many members runs four times at a time', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'catamaran-plugins-'));
    cleanups.push(() => rm(dir, { recursive: true }));
    const script = `#!/bin/sh\ntouch '${dir}'/running-$$; ls '${dir}' | grep -c running >> '${dir}/counts'; sleep 0.1; rm '${dir}'/running-$$; exit 1\n`;
    await writeFile(join(dir, 'plugin'), script, { mode: 0o755 });
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin' };
    await writeFile(join(dir, 'config'), kubeconfig({ server: 'http://127.0.0.1:1' }, { exec }));
    const connect = connector(readEnvironment({ PATH: process.env.PATH }));
    const access = { kind: 'kubeconfig' as const, path: join(dir, 'config') };
    const clients = await Promise.all(Array.from({ length: 12 }, () => connect({ access })));
    await Promise.allSettled(clients.map((client) => client.raw('/version')));
    for (const client of clients) await client.close();
    const counts = (await readFile(join(dir, 'counts'), 'utf8')).trim().split('\n').map(Number);
    expect(counts).toHaveLength(12);
    expect(Math.max(...counts)).toBeLessThanOrEqual(4);
  });

  it('that fails runs once for 60 requests', async () => {
    const { runs, client } = await memberWithPlugin('sleep 0.1; exit 1');
    for (let round = 0; round < 2; round++) {
      const outcomes = await Promise.allSettled(Array.from({ length: 60 }, () => client.raw('/version')));
      expect(outcomes).toEqual(outcomes.map(() => expect.objectContaining({ status: 'rejected' })));
    }
    expect(await runs()).toBe(1);
  });
});

describe('in a pod, a kubeconfig comes from a Secret', () => {
  const POD = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };

  /** A plugin in PATH that writes its environment to a file. */
  async function withPlugin(env: readonly JsonObject[] = []) {
    const dir = await mkdtemp(join(tmpdir(), 'catamaran-pod-'));
    cleanups.push(() => rm(dir, { recursive: true }));
    const credential =
      '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"}}';
    await writeFile(join(dir, 'cloud-login'), `#!/bin/sh\nenv > '${dir}/env'\necho '${credential}'\n`, { mode: 0o755 });
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'cloud-login', env };
    const path = join(dir, 'config');
    // Nothing listens there: the plugin runs before the connection is made.
    await writeFile(path, kubeconfig({ server: 'https://192.0.2.1:1' }, { exec }));
    const variables = { ...POD, PATH: `${dir}:/usr/bin:/bin`, HOME: '/h', REGION: 'eu', DATABASE_PASSWORD: 'CANARY' };
    return { target: { access: { kind: 'kubeconfig' as const, path } }, environment: readEnvironment(variables), dir };
  }

  it('and runs no plugin by default', async () => {
    const { target, environment } = await withPlugin();
    await expect(connector(environment)(target)).rejects.toMatchObject({ code: 'CTM_KUBECONFIG_REFUSED' });
  });

  it('and runs a plugin that is allowed by name, with variables that are allowed by name', async () => {
    const { target, environment, dir } = await withPlugin([{ name: 'REGION', value: 'us' }]);
    const options = { allowExecPlugin: ['cloud-login'], execPluginEnv: ['REGION'] };
    const client = await connector(environment, kubeconfigTrust(options, environment))(target);
    cleanups.push(() => client.close());
    const stop = new AbortController();
    const request = client.raw('/version', { signal: stop.signal }).catch(() => {});
    await expect.poll(() => readFile(join(dir, 'env'), 'utf8').catch(() => '')).toContain('REGION=us');
    stop.abort();
    await request;
    const names = (await readFile(join(dir, 'env'), 'utf8')).split('\n').map((line) => line.split('=')[0]);
    const set = names.filter((name) => name !== '' && !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name ?? ''));
    expect(set.toSorted()).toEqual(['HOME', 'KUBERNETES_EXEC_INFO', 'PATH', 'REGION']);
  });

  it('and is read as that of a user on request', async () => {
    const { target, environment } = await withPlugin();
    const trust = kubeconfigTrust({ kubeconfigTrust: 'user' }, environment);
    await expect(connector(environment, trust)(target)).resolves.toBeDefined();
  });

  it.each(['--allow-exec-plugin', '--exec-plugin-env'])('%s has no effect on kubeconfigs of a user', async (option) => {
    const args = ['config', 'check', '--config', '/dev/null', '--kubeconfig-trust', 'user', option, 'a'];
    expect(await invoke([...args, '--connect'])).toMatchObject({ code: 2 });
  });

  it.each(['/bin/sh', 'a b', '', './aws', 'aws,'])('--allow-exec-plugin %j is a usage error', async (names) => {
    const { code, stderr } = await invoke(['run', '--config', '/dev/null', '--allow-exec-plugin', names]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/CTM_USAGE.*--allow-exec-plugin/);
  });
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
