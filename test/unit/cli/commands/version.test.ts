import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import packageJson from '../../../../package.json' with { type: 'json' };
import { startHostileFleet } from '../../../support/hostile/hostile-fleet.ts';
import { invoke } from '../../../support/invoke.ts';

it('is that of this program', async () => {
  const { version } = packageJson;
  const shown = await invoke(['version']);
  expect(shown).toEqual({
    code: 0,
    stdout: `Client: ${version} (Node.js ${process.versions.node}, ${process.platform}/${process.arch})\n`,
    stderr: '',
  });
  const json = await invoke(['version', '-o', 'json']);
  expect(JSON.parse(json.stdout)).toMatchObject({ client: { version } });
});

it('and on request of what is installed', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'catamaran-version-'));
  await using fleet = await startHostileFleet({ clusters: 1 });
  const cluster = fleet.cluster('cluster1');
  const file = join(dir, 'kubeconfig');
  await writeFile(file, cluster.kubeconfig);
  const server = ['version', '--server', '--kubeconfig', file, '--namespace', 'default'];
  expect(await invoke(server)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Server: nothing is installed\n'),
  });
  const labels = { 'app.kubernetes.io/part-of': 'catamaran', 'app.kubernetes.io/version': '0.0.9' };
  cluster.create('apps/deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'default', name: 'catamaran', labels },
    spec: {
      selector: { matchLabels: { app: 'a' } },
      template: {
        metadata: { labels: { app: 'a' } },
        spec: { containers: [{ name: 'a', image: 'r/catamaran:0.0.9' }] },
      },
    },
  });
  const { stdout } = await invoke(server);
  expect(stdout).toContain('Kubernetes of cluster1: v1.34');
  expect(stdout).toMatch(/^catamaran +0\.0\.9 +0\/0 +r\/catamaran:0\.0\.9$/m);
  await rm(dir, { recursive: true });
}, 30_000);
