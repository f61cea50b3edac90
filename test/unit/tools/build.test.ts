import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ALL = [
  'coredns',
  'etcd',
  'helm',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
  'kwok',
  'promtool',
];

const COMPONENTS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'];

// A fake `go`: prints a version, and writes the binary to build.
const FAKE_GO = `#!/bin/sh
if [ "$1" = env ]; then echo go1.26.8; exit; fi
for arg; do
  case $previous in -o) out=$arg;; esac
  previous=$arg
done
case $out in *kubectl*) [ -z "$FAIL" ] || { echo 'no space left' >&2; exit 1; };; esac
echo '#!/bin/sh' > "$out"; /bin/chmod +x "$out"
`;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'catamaran-build-'));
  cpSync(fileURLToPath(new URL('../../../tools', import.meta.url)), join(root, 'tools'), { recursive: true });
  mkdirSync(join(root, 'path'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function executable(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

function build(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const result = spawnSync(process.execPath, [join(root, 'tools/tasks/build.ts'), ...args], {
    encoding: 'utf8',
    env: { PATH: join(root, 'path'), ...env },
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

function built(folder = 'bin'): string[] {
  return readdirSync(join(root, '.cache', folder))
    .filter((name) => !name.startsWith('.'))
    .sort();
}

describe('make tools', () => {
  it('builds every binary, and does not build it again', () => {
    executable(join(root, 'path', 'go'), FAKE_GO);
    const first = build([]);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(built()).toEqual(ALL);
    for (const name of ALL) expect(first.out).toContain(`${name} took `);
    expect(build([])).toEqual({ code: 0, out: '', err: '' });
  });

  it('builds the binaries of the lab on request', () => {
    executable(join(root, 'path', 'go'), FAKE_GO);
    expect(build(['--lab']).code).toBe(0);
    expect(built()).toEqual([...ALL, 'kube-proxy', 'kubelet', 'pause', 'web-demo'].sort());
  });

  it('builds another version of Kubernetes into a folder of its own, and does not build it again', () => {
    executable(join(root, 'path', 'go'), FAKE_GO);
    const first = build(['--kubernetes', '1.29']);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toContain('into .cache/kubernetes/1.29');
    expect(built('kubernetes/1.29')).toEqual(COMPONENTS);
    expect(build(['--kubernetes', '1.29'])).toEqual({ code: 0, out: '', err: '' });
  });

  it('builds the oldest kubectl on its own', () => {
    executable(join(root, 'path', 'go'), FAKE_GO);
    expect(build(['--kubernetes', '1.28'])).toMatchObject({ code: 0, err: '' });
    expect(built('kubernetes/1.28')).toEqual(['kubectl']);
  });

  it('names the available versions', () => {
    const { code, err } = build(['--kubernetes', '1.21']);
    expect(code).toBe(1);
    expect(err).toBe('Kubernetes "1.21" is not pinned; available: 1.22, 1.29, 1.34, 1.37\n');
  });

  it('skips excluded binaries', () => {
    executable(join(root, 'path', 'go'), FAKE_GO);
    expect(build(['--without', 'coredns']).code).toBe(0);
    expect(built()).toEqual(ALL.filter((name) => name !== 'coredns'));
  });

  it('rebuilds only the binaries of a changed module', () => {
    executable(join(root, 'path', 'go'), FAKE_GO);
    build([]);
    appendFileSync(join(root, 'tools/pins/kwok/go.mod'), '// changed\n');
    const { out } = build([]);
    expect(out).toContain('building kwok into .cache/bin');
    expect(out).not.toContain('etcd');
  });

  it('shows the output of a failed build, and keeps the rest', () => {
    executable(join(root, 'path', 'go'), FAKE_GO);
    const { code, err } = build([], { FAIL: 'yes' });
    expect(code).toBe(1);
    expect(err).toContain('go build of kubectl failed (in tools/pins/kubernetes):\nno space left');
    expect(built()).toContain('kube-apiserver');
    expect(built()).not.toContain('kubectl');
  });

  it('uses binaries from KUBEBUILDER_ASSETS, and builds the rest', () => {
    executable(join(root, 'path', 'go'), FAKE_GO);
    const assets = join(root, 'assets');
    mkdirSync(assets);
    for (const name of ['etcd', 'kube-apiserver', 'kubectl']) executable(join(assets, name), '#!/bin/sh\n');
    const { code, out } = build([], { KUBEBUILDER_ASSETS: assets });
    expect(code).toBe(0);
    expect(out).toContain('kubectl: from KUBEBUILDER_ASSETS');
    expect(built()).toEqual(['coredns', 'helm', 'kube-controller-manager', 'kube-scheduler', 'kwok', 'promtool']);
  });

  it('explains how to install Go if it is missing', () => {
    const { code, err } = build([]);
    expect(code).toBe(1);
    expect(err).toContain('Go is required to build etcd, kube-apiserver');
    expect(err).toContain('https://go.dev/dl/');
    expect(err).toContain('KUBEBUILDER_ASSETS');
  });

  it('requires no Go if everything is built', () => {
    executable(join(root, 'path', 'go'), FAKE_GO);
    build([]);
    rmSync(join(root, 'path', 'go'));
    expect(build([])).toEqual({ code: 0, out: '', err: '' });
  });

  it('rejects an unknown tool', () => {
    expect(build(['--without', 'coredsn'])).toMatchObject({ code: 1 });
    expect(build(['--without', 'coredsn']).err).toContain('tool coredsn not found');
  });
});
