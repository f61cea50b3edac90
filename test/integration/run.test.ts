/** `catamaran run` as a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../tools/controlplane/ports.ts';
import { service, serviceExport, slice } from '../support/clusters/manifests.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { addresses, type FleetSettings, fleetYaml, held } from './running-fleet.ts';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;

let clusters: readonly [Cluster, Cluster, Cluster];
let dir: string;
let config: string;
const children: ChildProcess[] = [];

/** Runs until the process ends. */
async function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, 'run', '--kubeconfig-trust', 'user', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}

/** Starts a controller, and waits until it is ready. */
async function start(...args: string[]) {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [MAIN, 'run', '--kubeconfig-trust', 'user', '--listen', `127.0.0.1:${port}`, ...args],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  children.push(child);
  const log = text(child.stderr);
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  await eventually(async () => expect((await get('/readyz')).status).toBe(200));
  return { child, get, log };
}

const configure = (members: readonly Cluster[], settings?: FleetSettings) =>
  writeFile(config, fleetYaml(members, settings));

beforeAll(async () => {
  clusters = await sharedClusters();
  dir = await mkdtemp(join(tmpdir(), 'catamaran-run-'));
  config = join(dir, 'fleet.yaml');
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
});

afterAll(() => rm(dir, { recursive: true, force: true }));

describe('catamaran run', () => {
  it('serves health, members and metrics, and stops gracefully', async () => {
    const [first, second] = clusters;
    const ns = await freshNamespace(clusters, 'run');
    await configure([first, second]);
    const { child, get, log } = await start('--config', config);
    expect(await (await get('/healthz')).text()).toBe('ok\n');
    await eventually(async () => {
      expect(await (await get('/readyz')).json()).toMatchObject({
        ready: true,
        members: [
          { name: 'cluster1', state: 'ready', writer: true },
          { name: 'cluster2', state: 'ready', writer: true },
        ],
      });
    });
    await first.apply(service(ns, 'web'), slice(ns, 'web', 'web-a', ['10.1.9.1']), serviceExport(ns, 'web'));
    await eventually(async () => expect(await addresses(second, ns, 'web')).toEqual(['10.1.9.1']));
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toMatch(
      /catamaran_writes_total\{member="cluster2",resource="endpointSlices",op="create",result="ok"\} [1-9]/,
    );
    expect(metrics).toMatch(/catamaran_members\{state="ready"\} 2/);
    expect(metrics).toMatch(/catamaran_objects\{member="cluster1",kind="ServiceExport"\} \d+/);
    expect(metrics).toMatch(/catamaran_member_up\{member="cluster1"\} 1/);
    expect(metrics).toMatch(/catamaran_member_lease_held\{member="cluster2"\} 1/);
    expect(metrics).toMatch(/catamaran_exports\{member="cluster1",state="valid"\} [1-9]/);
    expect(metrics).toMatch(/catamaran_endpoints\{member="cluster1",result="accepted"\} [1-9]/);
    expect(metrics).toMatch(/catamaran_config_last_reload_successful 1/);
    expect(metrics).toMatch(/catamaran_build_info\{version="[\d.]+"\} 1/);
    expect(metrics).toMatch(/process_resident_memory_bytes \d+/);
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    const lines = (await log)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.at(-1)).toMatchObject({ msg: 'controller stopped' });
    expect(JSON.stringify(lines)).not.toContain(first.plane.token);
    // The Lease was released: no other replica has to wait for it.
    expect(
      await first.kubectl('get', 'lease', '-n', 'kube-system', 'catamaran', '-o', 'jsonpath={.spec.holderIdentity}'),
    ).toBe('');
  });

  it('prints the changes with --dry-run, and writes nothing', async () => {
    const [first, second] = clusters;
    const ns = await freshNamespace(clusters, 'dry');
    await configure([first, second]);
    await first.apply(service(ns, 'web'), slice(ns, 'web', 'web-a', ['10.1.9.1']), serviceExport(ns, 'web'));
    const table = await run('--config', config, '--dry-run');
    expect(table.stderr).toBe('');
    expect(table.code).toBe(0);
    expect(table.stdout).toMatch(/^MEMBER +ACTION +OBJECT +WHY\n/);
    expect(table.stdout).toMatch(new RegExp(`cluster2 +create +serviceImports/${ns}/web +\\S`));
    expect(table.stdout).toMatch(new RegExp(`cluster1 +patch status +serviceExports/${ns}/web +\\S`));
    const json = await run('--config', config, '--dry-run', '--output', 'json');
    const changes = JSON.parse(json.stdout) as { member: string; op: string; namespace: string; resource: string }[];
    expect(
      changes.filter(({ namespace }) => namespace === ns).map(({ member, op, resource }) => [member, op, resource]),
    ).toEqual([
      ['cluster1', 'create', 'serviceImports'],
      ['cluster1', 'patch', 'serviceExports'],
      ['cluster2', 'create', 'serviceImports'],
    ]);
    expect((await held(second, ns, 'web')).import).toBeUndefined();
    expect((await held(first, ns, 'web')).export?.status).toBeUndefined();
  });

  it('applies changes of the fleet file, and keeps the last good one', async () => {
    const [first, second, third] = clusters;
    const ns = await freshNamespace(clusters, 'live');
    await first.apply(service(ns, 'web'), slice(ns, 'web', 'web-a', ['10.1.9.1']), serviceExport(ns, 'web'));
    await configure([first, second]);
    const { get } = await start('--config', config);
    await eventually(async () => expect(await addresses(second, ns, 'web')).toEqual(['10.1.9.1']));
    await writeFile(config, '{"apiVersion": "catamaran.dev/v1alpha1", "kind": "Fleet", "spec": {"memebrs": []}}');
    await configure([first, second, third]);
    await eventually(async () => expect(await addresses(third, ns, 'web')).toEqual(['10.1.9.1']));
    await writeFile(config, 'no fleet at all');
    await first.apply(slice(ns, 'web', 'web-a', ['10.1.9.2']));
    await eventually(async () => expect(await addresses(third, ns, 'web')).toEqual(['10.1.9.2']));
    expect(await (await get('/readyz')).json()).toMatchObject({ members: [{}, {}, {}] });
  });

  it('exits with 2 and reports the problems of the fleet file', async () => {
    await writeFile(config, '{"apiVersion": "catamaran.dev/v1alpha1", "kind": "Fleet", "spec": {"memebrs": []}}');
    const { code, stderr } = await run('--config', config);
    expect(code).toBe(2);
    expect(stderr).toMatch(/CTM_CONFIG_INVALID.*memebrs.*members/);
  });

  it('exits with 1 if its address is in use', async () => {
    await configure([clusters[0]]);
    const { get } = await start('--config', config);
    const port = new URL((await get('/healthz')).url).port;
    const { code, stderr } = await run('--config', config, '--listen', `127.0.0.1:${port}`);
    expect(code).toBe(1);
    expect(stderr).toContain(port);
  });
});
