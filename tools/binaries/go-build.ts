/** Builds one binary with Go, and remembers its inputs. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isExecutable } from '../controlplane/binaries.ts';
import type { Target } from './targets.ts';

const HEARTBEAT_MS = 30_000;
export const TOOLS_DIR: string = fileURLToPath(new URL('..', import.meta.url));

/** Excludes the cloud providers that the old modules contain. */
export const OLD_TAGS = ['-tags', 'providerless'] as const;

/** Linker flags: strip symbols, and for Kubernetes set the version that `kubectl version` shows. */
function linkerFlags({ module, kubernetes, old }: Target): string {
  const flags = ['-s', '-w'];
  if (kubernetes) {
    const [version, major, minor] = kubernetesVersion(module);
    const values = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
    // Old API servers report the version of their client library.
    const packages = ['k8s.io/component-base/version', ...(old ? ['k8s.io/client-go/pkg/version'] : [])];
    for (const path of packages) {
      for (const [name, value] of Object.entries(values)) flags.push(`-X ${path}.${name}=${value}`);
    }
  }
  // Their dependencies use internals of the standard library.
  if (old) flags.push('-checklinkname=0');
  return flags.join(' ');
}

/** The pinned release. @throws an Error if the module does not pin one. */
export function releaseOf(module: string): string {
  return kubernetesVersion(module)[0];
}

function kubernetesVersion(module: string): [version: string, major: string, minor: string] {
  const goMod = readFileSync(join(TOOLS_DIR, module, 'go.mod'), 'utf8');
  const match = /^(?:require|\s)\s*k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\S+)/m.exec(goMod);
  const [, version = '', major = '', minor = ''] = match ?? [];
  if (version === '') throw new Error(`tools/${module}/go.mod has no version of k8s.io/kubernetes`);
  return [version, major, minor];
}

/** The Go version that builds a module, such as `go1.26.8`; undefined if Go is not installed. */
export function goVersion(module: string): string | undefined {
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
  return hash.update(`${target.package}\n${target.tags ?? ''}${linkerFlags(target)}\n${version}`).digest('hex');
}

function stampFile(target: Target, binDir: string): string {
  return join(binDir, '.stamps', target.name);
}

/** Whether a binary exists and was built from the current inputs. Without Go, any existing binary is current. */
export function isCurrent(target: Target, binDir: string, version: string | undefined): boolean {
  const stamp = stampFile(target, binDir);
  if (!isExecutable(join(binDir, target.name)) || !existsSync(stamp)) return false;
  return version === undefined || readFileSync(stamp, 'utf8') === stampOf(target, version);
}

export interface Build {
  readonly target: Target;
  readonly binDir: string;
  /** The Go version. */
  readonly version: string;
  /** Directory of the Go module, if it is a changed copy of the target's. */
  readonly copy?: string;
}

/** @throws an Error with the end of Go's output. */
export async function build({ target, binDir, version, copy }: Build, say: (line: string) => void): Promise<void> {
  mkdirSync(join(binDir, '.stamps'), { recursive: true });
  const fresh = join(binDir, `.${target.name}.${process.pid}`);
  const tags = target.old ? OLD_TAGS : target.tags === undefined ? [] : ['-tags', target.tags];
  const args = ['build', '-trimpath', ...tags, '-ldflags', linkerFlags(target), '-o', fresh, target.package];
  const child = spawn('go', args, {
    cwd: copy ?? join(TOOLS_DIR, target.module),
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
  renameSync(fresh, join(binDir, target.name));
  writeFileSync(stampFile(target, binDir), stampOf(target, version));
}
