/** `status`, `explain`, `export`, `unexport` and `import` over a running controller. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { namespace, service, serviceImport } from '../../support/clusters/manifests.ts';
import { type HostileFleet, startHostileFleet } from '../../support/hostile/hostile-fleet.ts';
import { invoke } from '../../support/invoke.ts';
import { kubeconfig } from '../../support/kubeconfigs.ts';

const EXPORTS = 'multicluster.x-k8s.io/serviceexports';
const IMPORTS = 'multicluster.x-k8s.io/serviceimports';

let dir: string;
let config: string;
/** The same fleet, with a member that does not respond. */
let withSilent: string;
let fleet: HostileFleet;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'catamaran-sharing-'));
  const namespaces = [{ name: 'manual*', import: { mode: 'Manual' } }];
  fleet = await startHostileFleet({ clusters: 2, spec: { namespaces } });
  config = join(dir, 'fleet.yaml');
  for (const name of ['cluster1', 'cluster2']) await writeFile(join(dir, name), fleet.cluster(name).kubeconfig);
  const members = fleet.config.members.map(({ name, podCIDRs, serviceCIDRs }) => ({
    name,
    kubeconfig: name,
    podCIDRs,
    serviceCIDRs,
    slices: 'Any',
  }));
  const document = { apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec: { namespaces, members } };
  await writeFile(config, JSON.stringify(document));
  await writeFile(join(dir, 'silent'), kubeconfig({ server: 'https://127.0.0.1:1' }));
  withSilent = join(dir, 'with-silent.yaml');
  const silent = { name: 'silent', kubeconfig: 'silent', podCIDRs: ['10.99.0.0/16'] };
  const spec = { namespaces, members: [...members, silent] };
  await writeFile(withSilent, JSON.stringify({ ...document, spec }));
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

/** Runs a command for the fleet. */
const ask = (...args: readonly string[]) => invoke([...args, '--config', config]);

/** A Service with an endpoint in cluster1, in a namespace that both clusters have. */
function offer(ns: string): void {
  for (const name of ['cluster1', 'cluster2']) fleet.cluster(name).create('/namespaces', namespace(ns));
  fleet.cluster('cluster1').create('/services', service(ns, 'api'));
  const slice = fleet.cluster('cluster1').slice(ns, 'api', [1]);
  fleet.cluster('cluster1').create('discovery.k8s.io/endpointslices', slice);
}

const has = (cluster: string, kind: typeof EXPORTS | typeof IMPORTS, ns: string): boolean =>
  fleet.cluster(cluster).api.get(kind, { namespace: ns, name: 'api' }) !== undefined;

it('exports, shows, explains and withdraws a Service', async () => {
  offer('shop');
  await expect(ask('export', 'shop/api', '--member', 'cluster1', '--dry-run')).resolves.toEqual({
    code: 0,
    stdout: 'serviceexport.multicluster.x-k8s.io/api created in cluster1 (dry run)\n',
    stderr: '',
  });
  expect(has('cluster1', EXPORTS, 'shop')).toBe(false);
  await expect(ask('export', 'shop/api', '--member', 'cluster1')).resolves.toEqual({
    code: 0,
    stdout: [
      'serviceexport.multicluster.x-k8s.io/api created in cluster1',
      'From pods in cluster1:',
      '  amcs-api.shop',
      '  api.shop.svc.clusterset.local',
      'From pods in cluster2:',
      '  amcs-api.shop',
      '  api.shop.svc.clusterset.local',
      '',
    ].join('\n'),
    stderr: 'waiting for the controller, 60 s at most\n',
  });
  const status = await ask('status');
  expect(status).toEqual({
    code: 0,
    stdout: [
      'MEMBER     STATE   EXPORTS   IMPORTS   CONTROLLER',
      'cluster1   ready   1         1         replica',
      'cluster2   ready   1         1         replica',
      '',
      'NAMESPACE   SERVICE   STATE   EXPORTED BY   IMPORTED BY',
      'shop        api       Ready   cluster1      cluster1,cluster2',
      '',
    ]
      .join('\n')
      .replace('cluster2   ready   1 ', 'cluster2   ready   0 '),
    stderr: '',
  });
  const explained = await ask('explain', 'shop/api', '--member', 'cluster2');
  expect(explained.code).toBe(0);
  expect(explained.stdout).toContain('Requests from cluster2 can be answered.\n');
  await expect(ask('unexport', 'shop/api', '--member', 'cluster1')).resolves.toEqual({
    code: 0,
    stdout: [
      'Importers cluster1, cluster2: no endpoints are left.',
      'serviceexport.multicluster.x-k8s.io/api deleted in cluster1',
      '',
    ].join('\n'),
    stderr: '',
  });
  const broken = await ask('explain', 'shop/api', '--member', 'cluster2');
  expect(broken.code).toBe(1);
  expect(broken.stdout).toContain('Broken at ServiceExport in cluster1: not exported\n');
  expect(broken.stdout).toContain('To do: catamaran export shop/api --member cluster1\n');
  expect(broken.stderr).toBe(
    'error: [CTM_EXPLAINED] shop/api from cluster2: ServiceExport in cluster1: not exported\n',
  );
}, 60_000);

it('asks the API server without storing anything', async () => {
  offer('dry');
  const dry = ['--dry-run', 'server', '--member', 'cluster1'];
  await expect(ask('export', 'dry/api', ...dry)).resolves.toEqual({
    code: 0,
    stdout: 'serviceexport.multicluster.x-k8s.io/api created in cluster1 (server dry run)\n',
    stderr: '',
  });
  expect(has('cluster1', EXPORTS, 'dry')).toBe(false);
  await ask('export', 'dry/api', '--member', 'cluster1');
  expect(await ask('unexport', 'dry/api', ...dry)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('serviceexport.multicluster.x-k8s.io/api deleted in cluster1 (server dry run)\n'),
  });
  expect(has('cluster1', EXPORTS, 'dry')).toBe(true);
  fleet.cluster('cluster2').api.delete('/namespaces', { name: 'dry' });
  await expect(ask('export', 'dry/api', '--member', 'cluster1', '--dry-run', 'perhaps')).resolves.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Allowed choices are client, server.'),
  });
}, 60_000);

it('a conflict has to be accepted before anything is created', async () => {
  offer('clash');
  await ask('export', 'clash/api', '--member', 'cluster1');
  const ports = [{ name: 'http', port: 81, targetPort: 8080, protocol: 'TCP' as const }];
  fleet.cluster('cluster2').create('/services', service('clash', 'api', { ports }));
  const refused = await ask('export', 'clash/api', '--member', 'cluster2');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/^error: \[CTM_SHARING\] PortConflict: .*pass --accept-conflict/);
  expect(has('cluster2', EXPORTS, 'clash')).toBe(false);
  const accepted = await ask('export', 'clash/api', '--member', 'cluster2', '--accept-conflict', '--no-wait');
  expect(accepted).toMatchObject({ code: 0, stderr: expect.stringMatching(/^warning: PortConflict: /) });
  expect(has('cluster2', EXPORTS, 'clash')).toBe(true);
}, 60_000);

it('an export that would not be valid is not created', async () => {
  const missing = await ask('export', 'shop/none', '--member', 'cluster1');
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('NoService: ') });
  const system = await ask('export', 'default/kubernetes', '--member', 'cluster1');
  expect(system).toMatchObject({ code: 1, stderr: expect.stringContaining('NotAllowed: ') });
}, 60_000);

it('imports what is exported', async () => {
  offer('manual');
  const early = await ask('import', 'manual/api', '--member', 'cluster2');
  expect(early).toMatchObject({ code: 1, stderr: expect.stringContaining('no member exports manual/api') });
  await ask('export', 'manual/api', '--member', 'cluster1');
  const imported = await ask('import', 'manual/api', '--member', 'cluster2');
  expect(imported).toMatchObject({
    code: 0,
    stdout: [
      'serviceimport.multicluster.x-k8s.io/api created in cluster2',
      'From pods in cluster2:',
      '  amcs-api.manual',
      '  api.manual.svc.clusterset.local',
      '',
    ].join('\n'),
  });
  expect(has('cluster2', IMPORTS, 'manual')).toBe(true);
}, 60_000);

it('an import that was waiting for the export is waited for', async () => {
  offer('manual-first');
  fleet.cluster('cluster2').create(IMPORTS, serviceImport('manual-first', 'api'));
  await vi.waitFor(() => {
    const ready = fleet.cluster('cluster2').condition('serviceimports', 'manual-first', 'api', 'Ready');
    expect(ready).toMatch(/^False NotExported: /);
  });
  const exported = await ask('export', 'manual-first/api', '--member', 'cluster1');
  expect(exported).toMatchObject({ code: 0, stdout: expect.stringContaining('From pods in cluster2:') });
}, 60_000);

it('a member that could not be listed is unknown, not empty', async () => {
  offer('unlisted');
  const args = ['unlisted/api', '--config', withSilent];
  const exported = await invoke(['export', ...args, '--member', 'cluster1', '--dry-run']);
  expect(exported).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('warning: member "silent" could not be listed, so its exports are unknown: '),
  });
  const withdrawn = await invoke(['unexport', ...args, '--member', 'silent']);
  expect(withdrawn).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('[CTM_MEMBER_UNLISTED] member "silent" could not be listed: '),
  });
}, 60_000);

it('asks about the contexts of a kubeconfig, too', async () => {
  const file = join(dir, 'cluster1');
  const { stdout } = await invoke(['status', '--contexts', 'one=cluster1', '--kubeconfig', file, '--output', 'json']);
  expect(JSON.parse(stdout)).toMatchObject({ members: [{ name: 'one', state: 'ready', writer: { state: 'active' } }] });
}, 30_000);

it.each([
  [['status'], 'which fleet? pass --config FILE, --contexts LIST or --hub-context NAME, or set CATAMARAN_CONFIG'],
  [['status', '--contexts', 'a,a'], 'each name once'],
  [['status', '--contexts', 'A_B'], 'NAME=CONTEXT with a DNS label as name'],
  [['status', '--contexts', 'a', '--config', 'fleet.yaml'], "cannot be used with option '--contexts <list>'"],
  [['explain', 'api', '--contexts', 'a'], 'Allowed: NAMESPACE/SERVICE, such as provider-ns/service1.'],
  [['export', 'shop/api', '--contexts', 'a'], "required option '--member <name>' not specified"],
])('%j names what is wrong', async (args, message) => {
  await expect(invoke(args)).resolves.toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
});

it('an unknown member is named with those that exist', async () => {
  await expect(ask('explain', 'shop/api', '--member', 'cluster9')).resolves.toMatchObject({
    code: 2,
    stderr: 'error: [CTM_USAGE] --member: the fleet has no member "cluster9"; it has cluster1, cluster2\n',
  });
}, 30_000);
