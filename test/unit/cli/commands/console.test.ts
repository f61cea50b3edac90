/** `catamaran console` over clusters that another implementation of the API manages. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clusters, startClusters } from 'kubesim';
import { request } from 'undici';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { CRDS } from '../../../../src/api/crd-manifests.ts';
import type { JsonObject } from '../../../../src/api/json.ts';
import { apiVersion, RESOURCES } from '../../../../src/api/resources.ts';
import { connector } from '../../../../src/cli/connect.ts';
import { readEnvironment } from '../../../../src/cli/environment.ts';
import { runCli } from '../../../../src/cli/program.ts';
import { UNPACED } from '../../../../src/runtime/pace.ts';
import { namespace, service } from '../../../support/clusters/manifests.ts';
import { EXPORT_CONDITIONS } from '../../../support/implementations.ts';
import { invoke, recordingContext } from '../../../support/invoke.ts';

const AT = '2026-11-28T00:00:00Z';

let dir: string;
let clusters: Clusters;
let config: string;

const json = (object: object): JsonObject => JSON.parse(JSON.stringify(object));

const API_VERSION = apiVersion(RESOURCES.serviceExports);

/** What the operator of Cilium, or the agent of Lighthouse, writes for one exported Service. */
async function write(manager: string): Promise<void> {
  const ns = `of-${manager}`;
  const metadata = { namespace: ns, name: 'api' };
  const connect = connector(readEnvironment({}), undefined, UNPACED, manager);
  const [exporter, importer] = await Promise.all(
    ['cluster1', 'cluster2'].map((name) => connect({ access: { kind: 'kubeconfig', path: join(dir, name) } })),
  );
  for (const { api } of clusters.clusters) api.create('/namespaces', json(namespace(ns)));
  clusters.clusters[0]?.api.create('/services', json(service(ns, 'api')));
  await exporter?.create(RESOURCES.serviceExports, ns, { apiVersion: API_VERSION, kind: 'ServiceExport', metadata });
  const conditions = (EXPORT_CONDITIONS[manager] ?? []).map(([type, status, reason, message]) => ({
    type,
    status,
    reason: reason === '' ? 'Valid' : reason,
    message,
    lastTransitionTime: AT,
  }));
  await exporter?.patch(RESOURCES.serviceExports, metadata, { status: { conditions } }, { subresource: 'status' });
  await importer?.create(RESOURCES.serviceImports, ns, {
    apiVersion: API_VERSION,
    kind: 'ServiceImport',
    metadata,
    spec: { type: 'ClusterSetIP', ports: [{ name: 'http', port: 80 }], ips: ['10.2.0.9'] },
  });
  const sources = { clusters: [{ cluster: 'cluster1' }] };
  await importer?.patch(RESOURCES.serviceImports, metadata, { status: sources }, { subresource: 'status' });
  await Promise.all([exporter?.close(), importer?.close()]);
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'catamaran-console-'));
  clusters = await startClusters({ clusters: 2, crds: CRDS, workloads: false });
  for (const { name, kubeconfig } of clusters.clusters) await writeFile(join(dir, name), kubeconfig);
  config = join(dir, 'fleet.yaml');
  const members = clusters.clusters.map(({ name }) => ({ name, kubeconfig: name }));
  await writeFile(config, JSON.stringify({ apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec: { members } }));
  for (const manager of Object.keys(EXPORT_CONDITIONS)) await write(manager);
});
afterAll(async () => {
  await clusters.close();
  await rm(dir, { recursive: true });
});

it('shows exports and imports of other implementations, read-only, and ends on Ctrl-C', async () => {
  const stop = new AbortController();
  const { context, printed } = recordingContext({ signal: stop.signal });
  const running = runCli(['console', '--config', config, '--port', '0', '--no-open'], context);
  await vi.waitFor(() => expect(printed.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?code=[\w-]+\n$/));
  expect(printed.stderr).toContain('read-only');
  const address = printed.stdout.trim();
  const signedIn = await request(address);
  await signedIn.body.dump();
  const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? '';
  const get = async (path: string) =>
    (await request(new URL(path, address), { headers: { cookie } })).body.json() as Promise<JsonObject>;
  await vi.waitFor(
    async () => {
      expect(await get('/api/v1/services')).toMatchObject({
        services: [
          {
            namespace: 'of-cilium-operator-generic',
            exports: [{ member: 'cluster1', state: 'Exported' }],
            imports: [{ member: 'cluster2', managedBy: 'cilium-operator-generic' }],
          },
          {
            namespace: 'of-lighthouse-agent',
            exports: [{ member: 'cluster1', state: 'Exported' }],
            imports: [{ member: 'cluster2', managedBy: 'lighthouse-agent' }],
          },
        ],
      });
    },
    { timeout: 20_000, interval: 100 },
  );
  const { csrf, write: mayWrite, writesFrom } = await get('/api/v1/session');
  expect([mayWrite, writesFrom]).toEqual([false, 'events']);
  const refused = await request(new URL('/api/v1/exports', address), {
    method: 'POST',
    headers: { cookie, 'x-catamaran-csrf': String(csrf), 'content-type': 'application/json' },
    body: JSON.stringify({ namespace: 'of-lighthouse-agent', name: 'api', member: 'cluster2' }),
  });
  expect([refused.statusCode, await refused.body.json()]).toMatchObject([403, { code: 'CTM_CONSOLE_REFUSED' }]);
  stop.abort();
  await expect(running).resolves.toBe(0);
});

it('asks which fleet if there is none, and refuses ports that do not exist', async () => {
  expect((await invoke(['console'])).stderr).toContain('[CTM_USAGE] which fleet?');
  expect(await invoke(['console', '--config', config, '--port', '70000'])).toMatchObject({ code: 2 });
});
