/** `catamaran sandbox up`: what it serves, what faults do, and what is left when it has ended. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndpointSlice } from '../../../src/api/endpoint-slice.ts';
import type { ServiceImport } from '../../../src/api/multicluster.ts';
import { RESOURCES } from '../../../src/api/resources.ts';
import type { KubeClient } from '../../../src/kube/client/client.ts';
import { createKubeClient } from '../../../src/kube/client/http-client.ts';
import { loadKubeconfig } from '../../../src/kube/kubeconfig/kubeconfig.ts';
import type { SandboxStatus } from '../../../src/sandbox/control-protocol.ts';
import { processIdentity } from '../../../src/sandbox/state.ts';
import { invoke } from '../../support/invoke.ts';
import { type RunningSandbox, runSandbox, runSandboxOnUsualPorts } from '../../support/sandbox/running-sandbox.ts';

const PATIENCE = { timeout: 30_000, interval: 50 };

let sandbox: RunningSandbox;
const clients: KubeClient[] = [];

beforeAll(async () => {
  sandbox = await runSandbox();
}, 60_000);
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await sandbox.stop();
}, 60_000);

async function clientOf(context: string): Promise<KubeClient> {
  const access = await loadKubeconfig({ files: [sandbox.kubeconfig], context, trust: 'user' });
  const client = createKubeClient({ cluster: context, access });
  clients.push(client);
  return client;
}

async function status(): Promise<SandboxStatus> {
  return JSON.parse((await sandbox.call('status', '-o', 'json')).stdout);
}

async function memberState(name: string): Promise<string | undefined> {
  return (await status()).clusters.find((cluster) => cluster.name === name)?.member?.state;
}

/** A Deployment with its Service, exported. */
function exported(name: string, replicas: number): string {
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: {
        replicas,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name, image: 'web', ports: [{ containerPort: 8080 }] }] },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
    },
    { apiVersion: 'multicluster.x-k8s.io/v1alpha1', kind: 'ServiceExport', metadata: { name } },
  ]
    .map((object) => JSON.stringify(object))
    .join('\n---\n');
}

async function apply(text: string): Promise<string> {
  const file = join(sandbox.dir, '..', 'manifest.yaml');
  await writeFile(file, text);
  const { code, stdout, stderr } = await sandbox.call('apply', '--to', 'cluster1', '-f', file);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

/** Versions of the objects of cluster2 that Catamaran writes. */
async function versions(client: KubeClient): Promise<Record<string, string | undefined>> {
  const lists = await Promise.all(
    (['serviceImports', 'services', 'endpointSlices'] as const).map(async (name) =>
      (await client.list(RESOURCES[name], { namespace: 'default' })).items.map(
        ({ metadata }) => [`${name}/${metadata.name}`, metadata.resourceVersion] as const,
      ),
    ),
  );
  return Object.fromEntries(lists.flat());
}

async function derived(client: KubeClient, service: string): Promise<readonly EndpointSlice[]> {
  const labelSelector = `kubernetes.io/service-name=amcs-${service}`;
  return (await client.list<EndpointSlice>(RESOURCES.endpointSlices, { namespace: 'default', labelSelector })).items;
}

const endpoints = (slices: readonly EndpointSlice[]): number => slices.flatMap((slice) => slice.endpoints ?? []).length;

describe('sandbox up', () => {
  it('prints addresses, and how to use them', () => {
    expect(sandbox.printed()).toMatch(
      /^\[ +\d+\.\d s\] cluster1, cluster2: API servers, workloads, network, DNS\n\[ +\d+\.\d s\] catamaran run --config .*: ready, process \d+, http:\/\/127\.0\.0\.1:\d+\/readyz\n/,
    );
    expect(sandbox.printed()).toMatch(/cluster2 +https:\/\/127\.0\.0\.1:\d+ +socks5h:\/\/127\.0\.0\.1:\d+\n/);
    expect(sandbox.printed()).toContain(`export KUBECONFIG=${sandbox.kubeconfig}`);
  });

  it('keeps its credentials to its user', async () => {
    for (const file of ['kubeconfig', 'fleet.kubeconfig', 'sandbox.sock']) {
      expect((await stat(join(sandbox.dir, file))).mode & 0o777, file).toBe(0o600);
    }
    const access = await loadKubeconfig({ files: [sandbox.kubeconfig], context: 'cluster1', trust: 'user' });
    const answer = await fetch(access.server).catch((error: unknown) => error);
    expect(answer).toBeInstanceOf(Error); // its certificate is signed by its own authority
  });

  it('is the only one with its state directory', async () => {
    const { code, stderr } = await sandbox.call('up');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        new RegExp(`^error: \\[CTM_SANDBOX_RUNNING\\] .* already in use by process ${sandbox.pid};`),
      ),
    });
  });

  it('has a controller that is ready for both members', async () => {
    const now = await status();
    expect(now.controller).toMatchObject({ ready: true });
    expect(now.clusters.map(({ name, member, fault }) => ({ name, state: member?.state, fault }))).toEqual(
      ['cluster1', 'cluster2'].map((name) => ({
        name,
        state: 'ready',
        fault: { partitioned: false, stopped: false, slowMs: 0 },
      })),
    );
  });

  it('serves requests of the other cluster', async () => {
    expect(await apply(`${exported('web', 2)}\n---\n${exported('other', 1)}`)).toBe(
      ['web', 'other']
        .map(
          (name) =>
            `deployment.apps/${name} serverside-applied\nservice/${name} serverside-applied\nserviceexport.multicluster.x-k8s.io/${name} serverside-applied\n`,
        )
        .join(''),
    );
    for (const url of ['amcs-web.default', 'http://web.default.svc.clusterset.local/path']) {
      await expect
        .poll(async () => (await sandbox.call('curl', '--from', 'cluster2', url)).stdout, PATIENCE)
        .toMatch(/^pod: web-\w+-\w+, namespace: default, cluster: cluster1, /);
    }
  });

  it.each([
    ['nowhere.default', 6, 'Could not resolve host: nowhere.default'],
    ['web.default', 6, 'Could not resolve host: web.default'],
    ['amcs-web.default:81', 7, 'Failed to connect to amcs-web.default port 81'],
    ['192.0.2.1', 28, 'Failed to connect to 192.0.2.1 port 80'],
  ])('curl %s ends with %i', async (url, code, message) => {
    const result = await sandbox.call('curl', '--from', 'cluster2', url);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(`error: [CTM_SANDBOX_CURL] curl: (${code}) ${message}`);
  });

  it('curl reports a missing namespace, pod or Deployment', async () => {
    for (const [args, message] of [
      [['-n', 'missing'], 'cluster2: namespace "missing" not found'],
      [['--pod', 'missing'], 'cluster2: pod "default/missing" not found or not running'],
      [['--pod', 'deployment/missing'], 'cluster2: Deployment "default/missing" not found'],
    ] as const) {
      const { code, stderr } = await sandbox.call('curl', '--from', 'cluster2', ...args, 'amcs-web.default');
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
    }
  });
});

describe('catamaran dns check', () => {
  it('asks the sandbox’s own DNS, which serves the zone whatever the Corefile contains (D12)', async () => {
    const check = ['dns', 'check', '--kubeconfig', sandbox.kubeconfig, '--context', 'cluster1'];
    const { code, stdout, stderr } = await invoke(check);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/configuration +ok .*; but the DNS of the cluster serves the zone\n/);
    expect(stdout).toMatch(/cluster DNS +ok +the DNS of cluster1 in the sandbox resolves /);
  });
});

describe('a partition', () => {
  it('leaves every endpoint in place, is reported once, and heals with writes only for what changed', async () => {
    const [one, two] = await Promise.all([clientOf('cluster1'), clientOf('cluster2')]);
    const conditionOf = async (name: string) =>
      (await two.get<ServiceImport>(RESOURCES.serviceImports, { namespace: 'default', name })).status?.conditions?.find(
        ({ type }) => type === 'catamaran.dev/SourcesReachable',
      );
    await expect.poll(async () => endpoints(await derived(two, 'web')), PATIENCE).toBe(2);
    await expect.poll(async () => endpoints(await derived(two, 'other')), PATIENCE).toBe(1);
    const before = await versions(two);

    expect(await sandbox.call('partition', 'cluster1')).toMatchObject({ code: 0 });
    await expect.poll(() => memberState('cluster1'), PATIENCE).toBe('unreachable');
    await expect
      .poll(() => conditionOf('web'), PATIENCE)
      .toMatchObject({
        status: 'False',
        reason: 'MemberUnreachable',
        message: 'Cannot reach "cluster1"; its endpoints are kept',
      });
    await expect.poll(() => conditionOf('other'), PATIENCE).toMatchObject({ status: 'False' });
    const lost = await versions(two);
    const changed = Object.keys(lost).filter((key) => lost[key] !== before[key]);
    expect(changed.sort()).toEqual(['serviceImports/other', 'serviceImports/web']);

    // Users of cluster1 and traffic are not affected; changes in cluster1 are not known elsewhere yet.
    await apply(exported('web', 3));
    await expect
      .poll(
        async () =>
          endpoints(
            (
              await one.list<EndpointSlice>(RESOURCES.endpointSlices, {
                namespace: 'default',
                labelSelector: 'kubernetes.io/service-name=web',
              })
            ).items,
          ),
        PATIENCE,
      )
      .toBe(3);
    expect(endpoints(await derived(two, 'web'))).toBe(2);
    expect((await sandbox.call('curl', '--from', 'cluster2', 'amcs-other.default')).stdout).toMatch(/^pod: other-/);
    expect(await versions(two)).toEqual(lost);
    expect((await sandbox.call('status')).stdout).toMatch(/cluster1 .* partitioned +unreachable /);

    expect(await sandbox.call('heal', 'cluster1')).toMatchObject({ code: 0 });
    await expect.poll(() => memberState('cluster1'), PATIENCE).toBe('ready');
    await expect.poll(async () => endpoints(await derived(two, 'web')), PATIENCE).toBe(3);
    await expect.poll(() => conditionOf('web'), PATIENCE).toBeUndefined();
    await expect.poll(() => conditionOf('other'), PATIENCE).toBeUndefined();
    const healed = await versions(two);
    const [slice] = await derived(two, 'web');
    expect(
      Object.keys(healed)
        .filter((key) => healed[key] !== lost[key])
        .sort(),
    ).toEqual([`endpointSlices/${slice?.metadata.name}`, 'serviceImports/other', 'serviceImports/web']);
  }, 120_000);
});

describe('other faults', () => {
  it('stop refuses all clients, and start keeps all objects', async () => {
    const two = await clientOf('cluster2');
    const before = await versions(two);
    expect(await sandbox.call('stop', 'cluster2')).toMatchObject({ code: 0 });
    const stopped = createKubeClient({
      cluster: 'cluster2',
      access: await loadKubeconfig({ files: [sandbox.kubeconfig], context: 'cluster2', trust: 'user' }),
      limits: { retries: 0 },
    });
    clients.push(stopped);
    await expect(stopped.raw('/version')).rejects.toMatchObject({ code: 'CTM_API_UNREACHABLE' });
    expect((await sandbox.call('curl', '--from', 'cluster2', 'amcs-web.default')).stdout).toMatch(/^pod: web-/);
    expect((await status()).clusters[1]?.fault.stopped).toBe(true);
    expect(await sandbox.call('start', 'cluster2')).toMatchObject({ code: 0 });
    await expect.poll(() => memberState('cluster2'), PATIENCE).toBe('ready');
    expect(Object.keys(await versions(two))).toEqual(Object.keys(before));
  }, 60_000);

  it('slow is reported, and ends', async () => {
    expect(await sandbox.call('slow', 'cluster1', '--ms', '20')).toMatchObject({ code: 0 });
    expect((await sandbox.call('status')).stdout).toMatch(/cluster1 .* slow 20 ms +ready /);
    await apply(exported('web', 1));
    const two = await clientOf('cluster2');
    await expect.poll(async () => endpoints(await derived(two, 'web')), PATIENCE).toBe(1);
    expect(await sandbox.call('slow', 'cluster1', '--ms', '0')).toMatchObject({ code: 0 });
    expect((await status()).clusters[0]?.fault.slowMs).toBe(0);
  }, 60_000);

  it('a controller that is killed is not restarted, and status prints how to start one', async () => {
    const { controller } = await status();
    process.kill(controller.pid, 'SIGKILL');
    await expect.poll(async () => (await status()).controller.ended, PATIENCE).toBe('SIGKILL');
    const { stdout } = await sandbox.call('status');
    expect(stdout).toMatch(
      /controller: process \d+ exited \(SIGKILL\); to start another one: node \S+main.ts run --config \/\S+fleet.yaml --listen /,
    );
    expect((await sandbox.call('curl', '--from', 'cluster2', 'amcs-web.default')).stdout).toMatch(/^pod: web-/);
  }, 60_000);
});

describe('a port that is in use', () => {
  it('is replaced if it is a default, with a line about it', async () => {
    // Here, or by another program on this machine.
    const taken = [9470, 10_801].map((port) => createServer().listen(port, '127.0.0.1'));
    await Promise.allSettled(taken.map((each) => once(each, 'listening')));
    const running = await runSandboxOnUsualPorts();
    expect(running.printed()).toMatch(
      /\] a port of 10801 to 10802 is in use: the proxies have other ports than in the documentation, listed below\n/,
    );
    expect(running.printed()).toMatch(/\] port 9470 is in use: the controller listens on \d+\n/);
    await running.stop();
    for (const each of taken) each.close();
  }, 60_000);

  it.each(['--proxy-port', '--listen-port'])('%s: is reported, and leaves nothing behind', async (option) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = String(address !== null && typeof address === 'object' && address.port);
    const dir = join(sandbox.dir, '..', 'second');
    const { code, stderr } = await invoke(['sandbox', 'up', '--state-dir', dir, option, port]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`^error: \\[CTM_LISTEN\\] .*${port}.*EADDRINUSE`)),
    });
    expect(await readdir(dir)).toEqual(['logs']);
    taken.close();
  });
});

describe('the end', () => {
  it.each(['SIGINT', 'SIGHUP'] as const)(
    'leaves neither files nor processes behind after %s',
    async (signal) => {
      const running = await runSandbox();
      const { controller } = JSON.parse((await running.call('status', '-o', 'json')).stdout) as SandboxStatus;
      expect(processIdentity(controller.pid)).toBeDefined();
      expect(await running.kill(signal)).toBe(0);
      expect(running.printed()).toMatch(/\nstopping\nstopped; nothing is left behind\n$/);
      expect(processIdentity(controller.pid)).toBeUndefined();
      expect(existsSync(running.dir)).toBe(false);
      await running.stop();
    },
    60_000,
  );

  it('ends the controller, even if the sandbox is killed; the next command cleans up', async () => {
    const running = await runSandbox();
    const { controller } = JSON.parse((await running.call('status', '-o', 'json')).stdout) as SandboxStatus;
    await running.kill('SIGKILL');
    await expect.poll(() => processIdentity(controller.pid), PATIENCE).toBeUndefined();
    const cleared = 'removed the files of a sandbox that was killed\n';
    expect(await running.call('down')).toEqual({ code: 0, stdout: cleared, stderr: '' });
    expect(await readdir(running.dir)).toEqual(['logs']);
    await running.stop();
  }, 60_000);

  it('is also reached with down, for a detached sandbox', async () => {
    const dir = join(sandbox.dir, '..', 'detached');
    const call = (...args: string[]) => invoke(['sandbox', ...args, '--state-dir', dir]);
    const started = await call('up', '--detach');
    expect(started).toMatchObject({ code: 0, stderr: '' });
    expect(started.stdout).toMatch(/\nRunning until `node \S+main\.ts sandbox down`\.\n$/);
    expect(JSON.parse((await call('status', '-o', 'json')).stdout).controller.ready).toBe(true);
    expect(await call('down')).toEqual({ code: 0, stdout: 'stopped; nothing is left behind\n', stderr: '' });
    expect(existsSync(dir)).toBe(false);
  }, 60_000);
});
