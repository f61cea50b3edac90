import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { crdsYaml } from '../../../src/api/crd-manifests.ts';
import { bundleInto } from './bundle.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');

describe('the bundle', () => {
  let folder: string;
  let bundle: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catamaran-build-'));
    bundle = join(await bundleInto(folder), 'catamaran.js');
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  it('runs outside the repository, without its npm packages', async () => {
    const call = (...args: string[]) => run(process.execPath, [bundle, ...args], { cwd: folder });
    expect(await call('--version')).toEqual({ stdout: `${packageJson.version}\n`, stderr: '' });
    expect((await call('crds')).stdout).toBe(crdsYaml());
    await expect(call('nonsense')).rejects.toMatchObject({ code: 2, stdout: '' });
  });

  it('reports an invalid environment variable', async () => {
    const env = { ...process.env, CATAMARAN_LOG_LEVEL: 'loud' };
    await expect(run(process.execPath, [bundle, 'crds'], { env })).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: \[CTM_USAGE\] CATAMARAN_LOG_LEVEL: "loud"/),
    });
  });

  it('exits quietly when its reader closes the pipe', async () => {
    const command = `set -o pipefail; "${process.execPath}" "${bundle}" crds | true`;
    expect(await run('bash', ['-c', command])).toEqual({ stdout: '', stderr: '' });
  });

  it('loads the embedded Kubernetes and its dependencies with the sandbox only, not with the controller', async () => {
    const dist = join(folder, 'dist');
    const texts = async (names: readonly string[]): Promise<string> =>
      (await Promise.all(names.map((name) => readFile(join(dist, name), 'utf8')))).join('\n');
    const files = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.js'));
    const sandbox = await texts(['sandbox.js']);
    const controller = await texts(files.filter((name) => name !== 'sandbox.js'));
    // From @peculiar/x509, rfc6902 and kubesim.
    for (const name of ['X509CertificateGenerator', 'InvalidOperationError', 'RunningCluster']) {
      expect(sandbox).toContain(name);
      expect(controller).not.toContain(name);
    }
  });

  it('runs a sandbox from an otherwise empty directory', async () => {
    const call = (command: string, ...args: string[]) =>
      run(process.execPath, [bundle, 'sandbox', command, '--state-dir', 'state', ...args], { cwd: folder });
    await call('up', '--detach');
    try {
      const { stdout } = await call('status', '--output', 'json');
      expect(JSON.parse(stdout)).toMatchObject({ controller: { ready: true }, clusters: [{}, {}] });
      await expect(call('heal', 'cluster9')).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^error: \[CTM_SANDBOX_CLUSTER\] /),
      });
    } finally {
      await call('down');
    }
  }, 60_000);

  it('reports a missing sandbox', async () => {
    const image = join(folder, 'image');
    await cp(join(folder, 'dist'), image, { recursive: true });
    await rm(join(image, 'sandbox.js'));
    const call = run(process.execPath, [join(image, 'catamaran.js'), 'sandbox', 'status'], { cwd: folder });
    await expect(call).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: \[CTM_USAGE\] the sandbox \(dist\/sandbox\.js\) is not installed/),
    });
  });

  it('can log', async () => {
    const entry = join(folder, 'entry.ts');
    const log = join(ROOT, 'src/runtime/log.ts');
    await writeFile(
      entry,
      `import { createLog } from ${JSON.stringify(log)};
      createLog({ level: 'info', format: 'json', colors: false }).info({ n: 1 }, 'hello');`,
    );
    const dist = await bundleInto(folder, { log: entry });
    const { stdout, stderr } = await run(process.execPath, [join(dist, 'log.js')], { cwd: folder });
    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toMatchObject({ level: 'info', n: 1, msg: 'hello' });
  });
});
