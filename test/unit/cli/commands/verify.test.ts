/** `catamaran verify` in a running sandbox, whose network answers. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { namespace, service, serviceExport } from '../../../support/clusters/manifests.ts';
import { invoke } from '../../../support/invoke.ts';
import { type RunningSandbox, runSandbox } from '../../../support/sandbox/running-sandbox.ts';

let sandbox: RunningSandbox;
let fleet: readonly string[];

/** Creates objects in a cluster. */
async function apply(cluster: string, ...items: readonly object[]): Promise<void> {
  const file = join(sandbox.dir, 'manifest.json');
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  expect(await sandbox.call('apply', '--to', cluster, '-f', file)).toMatchObject({ code: 0 });
}

const deployment = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'shop', name: 'api' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'api' } },
    template: {
      metadata: { labels: { app: 'api' } },
      spec: { containers: [{ name: 'api', image: 'web', ports: [{ containerPort: 8080 }] }] },
    },
  },
});

beforeAll(async () => {
  sandbox = await runSandbox();
  fleet = ['--config', join(sandbox.dir, 'fleet.yaml')];
  await apply('cluster2', namespace('shop'));
  const api = service('shop', 'api', { selector: { app: 'api' } });
  await apply('cluster1', namespace('shop'), deployment(1), api);
  await apply('cluster1', serviceExport('shop', 'api'));
}, 60_000);
afterAll(() => sandbox.stop());

it('requests what each cluster imports, from each exporter, by each name', async () => {
  await expect
    .poll(async () => (await invoke(['verify', 'shop/api', ...fleet, '--clusterset'])).code, { timeout: 20_000 })
    .toBe(0);
  const junit = join(sandbox.dir, 'verify.xml');
  const args = ['shop/api', ...fleet, '--from', 'cluster2', '--clusterset', '--junit', junit, '--output', 'json'];
  const { code, stdout } = await invoke(['verify', ...args]);
  expect(code).toBe(0);
  const answered = { consumer: 'cluster2', namespace: 'shop', service: 'api', reached: true, status: 200 };
  expect(JSON.parse(stdout)).toMatchObject({
    checks: [
      { ...answered, kind: 'derived', host: 'amcs-api.shop', port: 80 },
      { ...answered, kind: 'clusterset', host: 'api.shop.svc.clusterset.local', port: 80 },
      { ...answered, kind: 'endpoint', exporter: 'cluster1', port: 8080 },
    ],
    failures: [],
  });
  expect(await readFile(junit, 'utf8')).toContain('<testsuite name="cluster2" tests="3" failures="0" errors="0">');
}, 60_000);

it('fails if one request is not answered', async () => {
  await apply('cluster1', deployment(0));
  await expect.poll(async () => (await invoke(['verify', ...fleet])).code, { timeout: 20_000 }).toBe(1);
  const { stdout, stderr } = await invoke(['verify', ...fleet]);
  expect(stdout).toMatch(/^cluster2 +shop\/api +<any> +http:\/\/amcs-api\.shop:80 +<none> +curl: \(7\) /m);
  expect(stderr).toBe(
    'sending requests from cluster1, cluster2\nerror: [CTM_VERIFY] 2 of 2 requests failed; catamaran explain shows the first broken hop\n',
  );
}, 60_000);

it('fails if a Service is imported nowhere', async () => {
  expect(await invoke(['verify', 'shop/none', ...fleet])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('[CTM_VERIFY] no member imports shop/none, or it has no TCP port\n'),
  });
}, 30_000);

it('prints a CronJob with the rights to list imports and slices', async () => {
  const { code, stdout } = await invoke([
    'verify',
    'shop/api',
    '--continuous',
    '@hourly',
    '--clusterset',
    '--image',
    'x:1',
  ]);
  expect(code).toBe(0);
  const documents = parseAllDocuments(stdout);
  const objects = (Array.isArray(documents) ? documents : []).map((document) => document.toJS());
  expect(objects.map(({ kind }) => kind)).toEqual(['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'CronJob']);
  expect(objects[1]).toMatchObject({ rules: [{ verbs: ['list'] }, { verbs: ['list'] }] });
  const { spec } = objects[3].spec.jobTemplate.spec.template;
  expect(objects[3].spec.schedule).toBe('@hourly');
  expect(spec.containers[0]).toMatchObject({
    image: 'x:1',
    args: ['verify', '--local', 'shop/api', '--clusterset', '--zone', 'clusterset.local'],
  });
});

it.each([
  [['--from', 'cluster9'], '--from: the fleet has no member "cluster9"; it has cluster1, cluster2'],
  [['--continuous', 'often'], 'Allowed: a schedule of cron'],
  [['--from', 'A_B'], 'Allowed: names of members, separated by commas.'],
  [['api'], 'Allowed: NAMESPACE/SERVICE'],
  [['--junit', '/proc/x'], '--junit: cannot write "/proc/x"'],
])(
  '%j names what is wrong',
  async (args, message) => {
    expect(await invoke(['verify', ...fleet, ...args])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  },
  30_000,
);
