/** `catamaran diff` over clusters without a controller, then with what it wrote. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { namespace } from '../../../support/clusters/manifests.ts';
import { type HostileFleet, startHostileFleet } from '../../../support/hostile/hostile-fleet.ts';
import { invoke } from '../../../support/invoke.ts';
import { kubeconfig } from '../../../support/kubeconfigs.ts';

let dir: string;
let fleet: HostileFleet;

/** A fleet file; a member may point to another API server. */
async function fleetFile(lost?: string): Promise<string> {
  const file = join(dir, `fleet-${lost ?? 'whole'}.yaml`);
  await writeFile(join(dir, 'lost'), kubeconfig({ server: 'https://127.0.0.1:1' }));
  const members = fleet.config.members.map(({ name, podCIDRs, serviceCIDRs }) => ({
    name,
    kubeconfig: name === lost ? 'lost' : name,
    podCIDRs,
    serviceCIDRs,
    slices: 'Any',
  }));
  await writeFile(file, JSON.stringify({ apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec: { members } }));
  return file;
}

const diff = async (lost?: string, ...args: readonly string[]) =>
  invoke(['diff', '--config', await fleetFile(lost), ...args]);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'catamaran-diff-'));
  fleet = await startHostileFleet({ clusters: 2 });
  for (const name of ['cluster1', 'cluster2']) await writeFile(join(dir, name), fleet.cluster(name).kubeconfig);
  fleet.cluster('cluster2').create('/namespaces', namespace('shop'));
  fleet.cluster('cluster1').export('shop', 'api', [1]);
  await vi.waitFor(
    () => {
      for (const name of ['cluster1', 'cluster2'])
        expect(fleet.cluster(name).condition('serviceimports', 'shop', 'api', 'Ready')).toMatch(/^True /);
    },
    { timeout: 20_000 },
  );
}, 60_000);
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

it('nothing is due after the controller has written everything', async () => {
  await vi.waitFor(async () => expect(await diff()).toEqual({ code: 0, stdout: 'Already up to date.\n', stderr: '' }), {
    timeout: 20_000,
  });
}, 60_000);

it('shows what is due, writes nothing, and exits with 1', async () => {
  await fleet.stopController();
  fleet.cluster('cluster1').scale('shop', 'api', [1, 2]);
  const key = { namespace: 'shop', name: 'amcs-api' };
  fleet.cluster('cluster2').api.delete('/services', key);
  const { code, stdout, stderr } = await diff();
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: \[CTM_DIFF\] \d changes are due\n$/);
  expect(stdout).toMatch(/^create services shop\/amcs-api in cluster2: /m);
  expect(stdout).toMatch(/^ {2}\+ kind: Service$/m);
  expect(stdout).toMatch(/^patch endpointslices shop\/\S+ in cluster1: /m);
  expect(fleet.cluster('cluster2').api.get('/services', key)).toBeUndefined();
  const json = await diff(undefined, '--output', 'json');
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toContainEqual(expect.objectContaining({ op: 'create', member: 'cluster2' }));
}, 60_000);

it('a failure is no difference', async () => {
  expect(await diff('cluster2')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('member "cluster2" could not be listed'),
  });
}, 60_000);
