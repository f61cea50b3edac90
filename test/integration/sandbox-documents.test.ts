/**
 * Commands of documents, as written, against one sandbox: the guide of the sandbox, README, and the commands of other
 * guides that need no other clusters. Their output is what the document shows.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { run } from '../../tools/controlplane/component.ts';
import { ROOT } from '../../tools/paths.ts';
import { MAIN } from '../support/invoke.ts';
import { type RunningSandbox, runSandbox } from '../support/sandbox/running-sandbox.ts';
import { comparable, type Shown, scriptsIn, shownIn } from '../support/sandbox/transcript.ts';

let sandbox: RunningSandbox;
let folder: string;
let proxies: readonly string[];

beforeAll(async () => {
  sandbox = await runSandbox();
  folder = await mkdtemp(join(tmpdir(), 'catamaran-documents-'));
  const { stdout } = await sandbox.call('status', '-o', 'json');
  proxies = [...stdout.matchAll(/"proxy": "socks5h:\/\/127\.0\.0\.1:(\d+)"/g)].map(([, port = '']) => port);
}, 120_000);
afterAll(async () => {
  await sandbox?.stop();
  await rm(folder, { recursive: true, force: true });
}, 120_000);

/** Types a command into a shell that has kubectl, catamaran and the kubeconfig of the sandbox. */
async function type(command: string, context?: string): Promise<string> {
  const kubectl = `'${findBinary('kubectl')}'${context === undefined ? '' : ` --context ${context}`}`;
  const catamaran = `'${process.execPath}' '${MAIN}'`;
  const prelude = [
    `kubectl() { ${kubectl} "$@" 2>/dev/null; }`,
    `catamaran() { if [ "$1" = sandbox ]; then ${catamaran} "$@" --state-dir '${sandbox.dir}' 2>&1; else ${catamaran} "$@"; fi; }`,
    `npm() { shift 4; catamaran "$@"; }`,
    `cd '${folder}'`,
  ];
  const typed = command.replace(/:1080([12])\b/g, (_, index: string) => `:${proxies[Number(index) - 1]}`);
  const env = { ...process.env, KUBECONFIG: sandbox.kubeconfig, KUBECACHEDIR: join(folder, 'cache') };
  return await run('bash', ['-c', [...prelude, `{ ${typed}\n} || true`].join('\n')], { env });
}

/** Each call of `catamaran` starts a process. */
const PATIENCE = { timeout: 90_000, interval: 200 };
const LONG = { timeout: 300_000 };

/** A command that only reads is repeated until its output is as shown. */
const READS = /\b(?:kubectl (?:--context \S+ )?(?:-n \S+ )?get|curl|sandbox status|exec|wait)\b/;

async function prints({ terminal, command, output }: Shown): Promise<void> {
  const context = /^cluster\d$/.test(terminal) ? terminal : undefined;
  const once = async (): Promise<void> => {
    expect(comparable(await type(command, context)), command).toBe(comparable(output));
  };
  if (READS.test(command)) await vi.waitFor(once, PATIENCE);
  else await once();
}

describe('docs/guides/sandbox.md', () => {
  const [start, ...rest] = shownIn('docs/guides/sandbox.md');

  it('shows what starts', () => {
    expect(start?.command).toBe('catamaran sandbox up');
    const shown = comparable(start?.output ?? '').split('\n');
    // Another sandbox on this machine may have the usual ports.
    const printed = comparable(sandbox.printed())
      .split('\n')
      .filter((line) => !line.includes('in use'));
    expect(printed.slice(0, shown.length).map((line) => line.replace(/--config \S+/, ''))).toEqual(
      shown.map((line) => line.replace(/--config \S+/, '')),
    );
  });

  it.each(rest)('$command', LONG, prints);
});

describe('docs/guides/trust.md', () => {
  it.each(shownIn('docs/guides/trust.md'))('$command', LONG, async (shown) => {
    const service =
      '{"apiVersion": "multicluster.x-k8s.io/v1alpha1", "kind": "ServiceExport", "metadata": {"name": "kube-dns"}}';
    await type(`echo '${service}' | kubectl -n kube-system apply -f -`, 'cluster2');
    await prints(shown);
    await type('kubectl -n kube-system delete serviceexport kube-dns', 'cluster2');
  });
});

/** What another implementation writes, by its field manager: see test/support/implementations.ts. */
const OTHERS = [
  { name: 'Cilium', manager: 'cilium-operator-generic', slices: 'endpointslice-local-mcsapi-controller.cilium.io' },
  { name: 'Submariner', manager: 'lighthouse-agent', slices: 'lighthouse-agent.submariner.io' },
];

describe.each(OTHERS)('docs/guides/migration.md, from $name', ({ manager, slices }) => {
  const [before, move, finish] = [0, 4, 9].map((from, i, all) =>
    shownIn('docs/guides/migration.md').slice(from, all[i + 1]),
  );
  const shop = async (cluster: string, objects: readonly object[]): Promise<void> => {
    await writeFile(join(folder, 'objects.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    await type(`kubectl apply -n shop --field-manager ${manager} -f objects.json`, cluster);
  };
  const claim = (cluster: string, resource: string, status: object) =>
    type(
      `kubectl patch ${resource} -n shop web --subresource=status --type=merge --field-manager ${manager} -p '${JSON.stringify({ status })}'`,
      cluster,
    );
  const condition = (kind: string, name: string) =>
    `kubectl get ${kind} -n shop web -o jsonpath='{.status.conditions[?(@.type=="${name}")].status}'`;
  const time = '2026-01-01T00:00:00Z';
  const ready = [{ type: 'Ready', status: 'True', reason: 'Ready', message: '', lastTransitionTime: time }];
  const claimed = { clusters: [{ cluster: 'cluster1' }], conditions: ready };
  const run = async (steps: readonly Shown[]): Promise<void> => {
    for (const { terminal, command } of steps) {
      expect(await type(`${command} >&2 && echo done`, terminal), command).toBe('done\n');
    }
  };
  const typed = { clusterIP: 'None', ports: [{ name: 'http', port: 80 }] };
  const labels = { 'multicluster.kubernetes.io/service-name': 'web' };

  beforeAll(async () => {
    for (const cluster of ['cluster1', 'cluster2']) await type('kubectl create ns shop', cluster);
    await type('kubectl create -n shop deployment web --image=web --port=8080', 'cluster1');
    await type('kubectl expose -n shop deployment web --port=80 --target-port=8080', 'cluster1');
    const mcs = 'multicluster.x-k8s.io/v1alpha1';
    await shop('cluster1', [{ apiVersion: mcs, kind: 'ServiceExport', metadata: { name: 'web' } }]);
    const spec = { type: 'ClusterSetIP', ports: [{ port: 80, protocol: 'TCP' }] };
    await shop('cluster2', [
      { apiVersion: mcs, kind: 'ServiceImport', metadata: { name: 'web' }, spec },
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'derived-9jo8ljlgl7', labels }, spec: typed },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: 'theirs', labels: { ...labels, 'endpointslice.kubernetes.io/managed-by': slices } },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.1.16.99'] }],
        ports: [{ name: 'http', port: 8080 }],
      },
    ]);
    await claim('cluster2', 'serviceimport', claimed);
  }, 120_000);
  afterAll(async () => {
    for (const cluster of ['cluster1', 'cluster2']) await type('kubectl delete ns shop', cluster);
  }, 120_000);

  it('runs beside the other one', LONG, async () => {
    await vi.waitFor(
      async () => expect(await type(condition('serviceimport', 'catamaran.dev/Managed'), 'cluster2')).toBe('False'),
      PATIENCE,
    );
    await run(before ?? []);
  });

  it('moves the import, without its old Service until the end', LONG, async () => {
    await run(move ?? []);
    const left = () =>
      type('kubectl get services,endpointslices -n shop -o name | sed -E "s/-[0-9a-f]{16}$//"', 'cluster2');
    await vi.waitFor(
      async () => expect(await left()).toBe('service/amcs-web\nendpointslice.discovery.k8s.io/amcs-web\n'),
      PATIENCE,
    );
  });

  it('finishes in the exporting cluster', LONG, async () => {
    await run(finish ?? []);
    await vi.waitFor(
      async () => expect(await type(condition('serviceexport', 'Ready'), 'cluster1')).toBe('True'),
      PATIENCE,
    );
  });
});

describe('README.md', () => {
  const examples = join(ROOT, 'examples');

  it('the objects of `make start` are in place', LONG, async () => {
    const apply = async (cluster: string, ...args: string[]) => {
      expect(await sandbox.call('apply', '--to', cluster, ...args)).toMatchObject({ code: 0 });
    };
    const cli = join(examples, 'ack-cli');
    const cilium = join(examples, 'cilium-mcsapi');
    await apply('cluster1', '-f', `${cli}/namespace.yaml`, `${cli}/app-meta.yaml`, `${cli}/serviceexport.yaml`);
    await apply('cluster2', '-f', `${cli}/namespace.yaml`, `${cli}/serviceimport.yaml`, `${cli}/client.yaml`);
    for (const cluster of ['cluster1', 'cluster2']) {
      await apply(cluster, '-f', `${cilium}/${cluster}.yaml`, `${cilium}/mcsapi-example.yaml`);
    }
    // The annotation of kubectl apply is set, so that it does not warn.
    const again = await type(`'${findBinary('kubectl')}' --context cluster2 apply -f ${cli}/client.yaml 2>&1`);
    expect(again).toMatch(/^namespace\/consumer-ns unchanged\ndeployment\.apps\/client-pod \w+\n$/);
  });

  it.each(shownIn('README.md'))('$command', LONG, prints);

  it('the commands for clusters of your own work against two clusters', LONG, async () => {
    const commands = scriptsIn('README.md').filter((command) => /^(?:catamaran|export) /.test(command));
    expect(commands.length).toBeGreaterThan(5);
    const fleet =
      /^```yaml\n(# fleet\.yaml\n[\s\S]*?)^```/m.exec(await readFile(join(ROOT, 'README.md'), 'utf8'))?.[1] ?? '';
    await writeFile(join(folder, 'fleet.yaml'), fleet);
    for (const command of commands) {
      // The sandbox has a controller already.
      if (command === 'catamaran run --config fleet.yaml') continue;
      // The commands that ask the fleet ask that of the sandbox.
      const config = join(sandbox.dir, 'fleet.yaml');
      const outcome = await type(`export CATAMARAN_CONFIG='${config}'; ${command} 2>&1; echo "exit code $?"`);
      expect(outcome, command).toMatch(/exit code 0\n$/);
    }
  });
});
