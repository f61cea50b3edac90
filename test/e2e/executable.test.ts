/**
 * The released executable in a root file system without Node.js, a shell or kubectl: the libraries of the image,
 * /dev/null, and nothing else.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { baseFiles } from '../../tools/release/debian.ts';
import { makeExecutable } from '../../tools/release/executable.ts';
import { ARCHITECTURES } from '../../tools/release/image.ts';
import { bundleScript, CONSOLE } from '../../tools/tasks/bundle.ts';
import { CATAMARAN } from './catamaran.ts';
import { eventually } from './lab.ts';

const run = promisify(execFile);
const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64';
const STATE = ['--state-dir', '/tmp/sandbox'];

let root: string;

/** Runs the executable with no environment of this machine. */
async function catamaran(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('chroot', [root, '/catamaran', ...args], { env: { PATH: process.env.PATH } });
  return stdout;
}

async function fill(): Promise<void> {
  for (const { path, content, link, mode } of await baseFiles(ARCHITECTURE)) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    if (link !== undefined) symlinkSync(link, target);
    else if (content !== undefined) writeFileSync(target, content, { mode });
    else mkdirSync(target, { recursive: true, mode });
  }
  mkdirSync(join(root, 'dev'));
  await run('mknod', ['-m', '666', join(root, 'dev/null'), 'c', '1', '3']);
  const script = join(root, 'catamaran.cjs');
  await bundleScript(script);
  const page = join(dirname(CATAMARAN), CONSOLE);
  const executable = await makeExecutable(ARCHITECTURES[ARCHITECTURE], script, page);
  writeFileSync(join(root, 'catamaran'), executable, { mode: 0o755 });
  rmSync(script);
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'catamaran-root-'));
  await fill();
});

afterAll(async () => {
  await catamaran('sandbox', 'down', ...STATE).catch(() => '');
  rmSync(root, { recursive: true });
});

const MANIFESTS = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'web', ports: [{ containerPort: 8080 }] }] },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
  },
  {
    apiVersion: 'multicluster.x-k8s.io/v1beta1',
    kind: 'ServiceExport',
    metadata: { name: 'web', namespace: 'default' },
  },
];

describe('the executable in a root without Node.js', () => {
  it('is the only program there', () => {
    expect(readdirSync(join(root, 'usr/bin'))).toEqual([]);
    expect(readdirSync(join(root, 'usr/sbin'))).toEqual([]);
  });

  it('prints its version', async () => {
    expect(await catamaran('--version')).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
  });

  it('runs the sandbox in the background: its clusters and the controller', async () => {
    expect(await catamaran('sandbox', 'up', '--detach', ...STATE)).toContain('catamaran run --config');
    expect(await catamaran('sandbox', 'status', ...STATE)).toMatch(/^controller: ready/m);
  });

  it('reaches from cluster2 a Service that cluster1 exports', async () => {
    writeFileSync(join(root, 'tmp/web.yaml'), MANIFESTS.map((one) => `---\n${JSON.stringify(one)}\n`).join(''));
    await catamaran('sandbox', 'apply', '--to', 'cluster1', '-f', '/tmp/web.yaml', ...STATE);
    await eventually(async () =>
      expect(await catamaran('sandbox', 'curl', '--from', 'cluster2', 'amcs-web.default', ...STATE)).not.toBe(''),
    );
  });

  it('stops it, and nothing is left', async () => {
    expect(await catamaran('sandbox', 'down', ...STATE)).toContain('nothing is left behind');
    expect(readdirSync(join(root, 'tmp'))).toEqual(['web.yaml']);
  });
});
