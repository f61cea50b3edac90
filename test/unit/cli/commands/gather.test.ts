/** `catamaran gather`: nothing that may be secret is in the bundle, and nothing that helps is missing. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { namespace, service, serviceExport } from '../../../support/clusters/manifests.ts';
import { type HostileFleet, startHostileFleet } from '../../../support/hostile/hostile-fleet.ts';
import { invoke } from '../../../support/invoke.ts';

let dir: string;
let fleet: HostileFleet;
let config: string;

const CANARIES: string[] = [];
/** A value that must not be in the bundle. */
function canary(field: string): string {
  const value = `canary-${field}-4711`;
  CANARIES.push(value);
  return value;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'catamaran-gather-'));
  const all = { allow: ['*'] };
  fleet = await startHostileFleet({ clusters: 2, spec: { exportedLabels: all, exportedAnnotations: all } });
  for (const name of ['cluster1', 'cluster2']) await writeFile(join(dir, name), fleet.cluster(name).kubeconfig);
  const members = fleet.config.members.map(({ name, podCIDRs, serviceCIDRs }) => ({
    name,
    kubeconfig: name,
    podCIDRs,
    serviceCIDRs,
    slices: 'Any',
  }));
  config = join(dir, 'fleet.yaml');
  await writeFile(config, JSON.stringify({ apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec: { members } }));
  for (const name of ['cluster1', 'cluster2']) {
    const cluster = fleet.cluster(name);
    cluster.create('/namespaces', namespace('shop'));
    cluster.create('/secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: 'shop', name: 'token' },
      stringData: { token: canary(`${name}-secret`) },
    });
    const metadata = (field: string) => ({
      labels: { 'example.org/password': canary(`${name}-${field}-label`) },
      annotations: {
        'example.org/token': canary(`${name}-${field}-annotation`),
        'kubectl.kubernetes.io/last-applied-configuration': canary(`${name}-${field}-applied`),
      },
    });
    const [api, exported] = [
      service('shop', 'api'),
      serviceExport('shop', 'api', {
        // Both export other values, so a condition quotes them.
        exportedLabels: { team: canary(`${name}-exported-label`) },
        exportedAnnotations: { note: canary(`${name}-exported-annotation`) },
      }),
    ];
    cluster.create('/services', { ...api, metadata: { ...api.metadata, ...metadata('service') } });
    cluster.create('discovery.k8s.io/endpointslices', cluster.slice('shop', 'api', [1]));
    cluster.create('multicluster.x-k8s.io/serviceexports', {
      ...exported,
      metadata: { ...exported.metadata, ...metadata('export') },
    });
  }
  await vi.waitFor(
    () => expect(fleet.cluster('cluster2').condition('serviceexports', 'shop', 'api', 'Conflict')).toMatch(/canary/),
    { timeout: 20_000 },
  );
}, 60_000);
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

it('has reports and objects, and no value that may be secret', async () => {
  const file = join(dir, 'bundle.tar.gz');
  const { code, stdout } = await invoke(['gather', '--config', config, '--file', file]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${file}: 15 files; start with gather/index.html\n` });
  const bundle = gunzipSync(await readFile(file)).toString('utf8');
  for (const name of ['cluster1', 'cluster2']) {
    const token = /token: ?"?([\w.~+/-]{8,})/.exec(fleet.cluster(name).kubeconfig)?.[1];
    CANARIES.push(token ?? 'no token in the kubeconfig');
  }
  expect(CANARIES.filter((each) => bundle.includes(each))).toEqual([]);
  for (const part of [
    'gather/index.html',
    'gather/explain/1.json',
    'gather/members/cluster2/imports.json',
    '<td>shop/api</td><td>Conflict</td>',
    'LabelsConflict',
    'example.org/token',
    '[omitted]',
    'amcs-api',
  ])
    expect(bundle).toContain(part);
}, 60_000);

it('names a file that cannot be written', async () => {
  expect(await invoke(['gather', '--config', config, '--file', '/proc/none/x'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--file: cannot write "/proc/none/x"'),
  });
}, 30_000);
