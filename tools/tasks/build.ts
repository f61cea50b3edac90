/**
 * `make tools`: builds missing and stale Kubernetes binaries from Go modules into `.cache/bin`. `node
 * tools/tasks/build.ts [--lab] [--without NAME ...]`; `--lab` adds the binaries that only the lab needs. Uses only
 * modules of Node.js, so it runs before any install.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BIN_DIR, type BinaryName, isExecutable } from '../controlplane/binaries.ts';

interface Target {
  readonly name: BinaryName;
  /** Directory of the Go module, relative to `tools/`. */
  readonly module: string;
  readonly package: string;
  /** Only for the lab; built with `--lab`. */
  readonly lab?: true;
}

const KUBERNETES = 'k8s.io/kubernetes/cmd';
const TARGETS: readonly Target[] = [
  { name: 'etcd', module: 'pins/etcd', package: 'go.etcd.io/etcd/server/v3' },
  { name: 'kube-apiserver', module: 'pins/kubernetes', package: `${KUBERNETES}/kube-apiserver` },
  { name: 'kube-controller-manager', module: 'pins/kubernetes', package: `${KUBERNETES}/kube-controller-manager` },
  { name: 'kube-scheduler', module: 'pins/kubernetes', package: `${KUBERNETES}/kube-scheduler` },
  { name: 'kubectl', module: 'pins/kubernetes', package: `${KUBERNETES}/kubectl` },
  { name: 'kwok', module: 'pins/kwok', package: 'sigs.k8s.io/kwok/cmd/kwok' },
  { name: 'coredns', module: 'pins/coredns', package: '.' },
  { name: 'kubelet', module: 'pins/kubernetes', package: `${KUBERNETES}/kubelet`, lab: true },
  { name: 'kube-proxy', module: 'pins/kubernetes', package: `${KUBERNETES}/kube-proxy`, lab: true },
  { name: 'pause', module: 'lab/images', package: './pause', lab: true },
  { name: 'web-demo', module: 'lab/images', package: './web-demo', lab: true },
];

const HEARTBEAT_MS = 30_000;
const TOOLS_DIR = fileURLToPath(new URL('..', import.meta.url));
const STAMP_DIR = join(BIN_DIR, '.stamps');

/** Linker flags: strip symbols, and for Kubernetes set the version that `kubectl version` shows. */
function linkerFlags(module: string): string {
  const flags = ['-s', '-w'];
  if (module === 'pins/kubernetes') {
    const [version, major, minor] = kubernetesVersion();
    const values = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
    for (const [name, value] of Object.entries(values)) flags.push(`-X k8s.io/component-base/version.${name}=${value}`);
  }
  return flags.join(' ');
}

function kubernetesVersion(): [version: string, major: string, minor: string] {
  const goMod = readFileSync(join(TOOLS_DIR, 'pins/kubernetes/go.mod'), 'utf8');
  const match = /^\s*k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\S+)/m.exec(goMod);
  const [, version = '', major = '', minor = ''] = match ?? [];
  if (version === '') throw new Error('tools/pins/kubernetes/go.mod has no version of k8s.io/kubernetes');
  return [version, major, minor];
}

/** The Go version that builds a module, such as `go1.26.8`; undefined if Go is not installed. */
function goVersion(module: string): string | undefined {
  const go = spawnSync('go', ['env', 'GOVERSION'], { cwd: join(TOOLS_DIR, module), encoding: 'utf8' });
  return go.status === 0 ? go.stdout.trim() : undefined;
}

/** A hash of all inputs of a binary. */
function stampOf(target: Target, version: string): string {
  const hash = createHash('sha256');
  const dir = join(TOOLS_DIR, target.module);
  for (const file of readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort()) {
    if (/(^|\/)(go\.(mod|sum)|[^/]+\.go)$/.test(file)) hash.update(`${file}\n`).update(readFileSync(join(dir, file)));
  }
  return hash.update(`${target.package}\n${linkerFlags(target.module)}\n${version}`).digest('hex');
}

/** Whether a binary exists and was built from the current inputs. Without Go, any existing binary is current. */
function isCurrent(target: Target, version: string | undefined): boolean {
  const stamp = join(STAMP_DIR, target.name);
  if (!isExecutable(join(BIN_DIR, target.name)) || !existsSync(stamp)) return false;
  return version === undefined || readFileSync(stamp, 'utf8') === stampOf(target, version);
}

async function build(target: Target, version: string, say: (line: string) => void): Promise<void> {
  const fresh = join(BIN_DIR, `.${target.name}.${process.pid}`);
  const args = ['build', '-trimpath', '-ldflags', linkerFlags(target.module), '-o', fresh, target.package];
  const child = spawn('go', args, {
    cwd: join(TOOLS_DIR, target.module),
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const heartbeat = setInterval(() => {
    const last = output.trimEnd().split('\n').at(-1) ?? '';
    say(`  still building ${target.name}${last.startsWith('go: downloading') ? `, ${last.slice(4)}` : ''}`);
  }, HEARTBEAT_MS);
  const code = await new Promise<number>((resolve) => {
    child.once('close', (status) => resolve(status ?? 1));
    child.once('error', () => resolve(1));
  });
  clearInterval(heartbeat);
  if (code !== 0) {
    rmSync(fresh, { force: true });
    const text = output
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('go: downloading'));
    throw new Error(`go build of ${target.name} failed (in tools/${target.module}):\n${text.slice(-30).join('\n')}`);
  }
  // Renamed rather than overwritten, so that a running control plane keeps its executable.
  renameSync(fresh, join(BIN_DIR, target.name));
  writeFileSync(join(STAMP_DIR, target.name), stampOf(target, version));
}

async function main(args: readonly string[]): Promise<void> {
  const lab = args.includes('--lab');
  const without = args.filter((arg) => arg !== '--without' && arg !== '--lab');
  const unknown = without.find((name) => !TARGETS.some((target) => target.name === name));
  if (unknown !== undefined)
    throw new Error(`tool ${unknown} not found; available: ${TARGETS.map((t) => t.name).join(', ')}`);
  const started = Date.now();
  const say = (line: string): void => console.log(`[${duration(Date.now() - started)}] ${line}`);
  const assets = process.env.KUBEBUILDER_ASSETS;
  const stale: { target: Target; version: string | undefined }[] = [];
  for (const target of TARGETS) {
    if (without.includes(target.name) || (target.lab && !lab)) continue;
    if (assets && isExecutable(join(assets, target.name))) {
      say(`${target.name}: from KUBEBUILDER_ASSETS`);
      continue;
    }
    const version = goVersion(target.module);
    if (!isCurrent(target, version)) stale.push({ target, version });
  }
  if (stale.length === 0) return;
  if (stale.some(({ version }) => version === undefined))
    throw new Error(missingGo(stale.map((one) => one.target.name)));
  mkdirSync(STAMP_DIR, { recursive: true });
  say(`building ${stale.map(({ target }) => target.name).join(', ')} into .cache/bin; the first time takes minutes`);
  for (const { target, version = '' } of stale) {
    const start = Date.now();
    await build(target, version, say);
    say(`  ${target.name} took ${duration(Date.now() - start)}`);
  }
}

function missingGo(names: readonly string[]): string {
  return [
    `Go is required to build ${names.join(', ')}, but \`go\` is not in PATH.`,
    'Install Go 1.26 or later (https://go.dev/dl/, or your system’s package manager) and try again,',
    'or set KUBEBUILDER_ASSETS to a directory with these binaries.',
  ].join('\n');
}

/** `7s`, `2m05s`. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
