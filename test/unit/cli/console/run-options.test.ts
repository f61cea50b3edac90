/** `catamaran run --console`, with tokens that an API server reviews. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clusters, startClusters } from 'kubesim';
import { request } from 'undici';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { CRDS } from '../../../../src/api/crd-manifests.ts';
import type { JsonObject } from '../../../../src/api/json.ts';
import { runCli } from '../../../../src/cli/program.ts';
import { freePort } from '../../../support/free-port.ts';
import { recordingContext } from '../../../support/invoke.ts';

let dir: string;
let clusters: Clusters;
let config: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'catamaran-hub-'));
  clusters = await startClusters({ clusters: 1, crds: CRDS, workloads: false });
  for (const { name, kubeconfig } of clusters.clusters) await writeFile(join(dir, name), kubeconfig);
  config = join(dir, 'fleet.yaml');
  const members = [{ name: 'cluster1', kubeconfig: 'cluster1' }];
  await writeFile(config, JSON.stringify({ apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec: { members } }));
});
afterAll(async () => {
  await clusters.close();
  await rm(dir, { recursive: true });
});

it('users sign in with a token of the hub, or send it with each request', async () => {
  const stop = new AbortController();
  const { context, printed } = recordingContext({ signal: stop.signal });
  const root = `http://127.0.0.1:${await freePort()}`;
  const args = [
    'run',
    '--config',
    config,
    '--listen',
    'none',
    '--console',
    root.slice(7),
    '--console-kubeconfig',
    join(dir, 'cluster1'),
  ];
  const running = runCli([...args, '--log-level', 'error'], context);
  const send = async (method: 'GET' | 'POST', path: string, headers: Record<string, string> = {}, body?: object) => {
    const response = await request(`${root}/api/v1${path}`, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.statusCode, headers: response.headers, body: (await response.body.json()) as JsonObject };
  };
  await vi.waitFor(
    async () =>
      expect(await send('GET', '/session')).toMatchObject({
        status: 401,
        body: { code: 'CTM_CONSOLE_SESSION', login: 'token' },
      }),
    { timeout: 20_000, interval: 100 },
  );
  const token = clusters.clusters[0]?.token ?? '';
  expect(await send('POST', '/session', {}, { token: `${token}x` })).toMatchObject({
    status: 401,
    body: { field: 'token' },
  });
  const signedIn = await send('POST', '/session', {}, { token });
  expect(signedIn).toMatchObject({
    status: 201,
    body: { user: 'admin', write: false, writesFrom: 'controller', allNamespaces: true },
  });
  const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? '';
  expect(cookie).not.toContain(token);
  expect(await send('GET', '/clusterset', { cookie })).toMatchObject({
    status: 200,
    body: { members: [{ name: 'cluster1' }] },
  });
  expect(await send('GET', '/clusterset', { authorization: `Bearer ${token}` })).toMatchObject({ status: 200 });
  expect(await send('GET', '/clusterset', { authorization: 'Bearer x' })).toMatchObject({ status: 401 });
  // No address with a code is printed in a hub.
  expect(printed.stdout).toBe('');
  stop.abort();
  await running;
});

it('a code is for this machine only', async () => {
  const { context, printed } = recordingContext();
  const args = ['run', '--config', config, '--listen', 'none', '--console', '0.0.0.0:0', '--console-login', 'code'];
  await expect(runCli(args, context)).resolves.toBe(2);
  expect(printed.stderr).toContain('[CTM_USAGE] --console 0.0.0.0: --console-login code is allowed on');
});
