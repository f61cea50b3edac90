/** Requirements of the lab: Linux, root, Debian packages, the binaries of `make tools`. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { run } from '../controlplane/component.ts';
import { ROOT } from '../paths.ts';

/** A program or file, and the Debian package that provides it. */
const NEEDED: readonly (readonly [program: string, debianPackage: string])[] = [
  ['containerd', 'containerd'],
  ['ctr', 'containerd'],
  ['runc', 'runc'],
  ['/usr/lib/cni/ptp', 'containernetworking-plugins'],
  ['conntrack', 'conntrack'],
  ['nft', 'nftables'],
  ['iptables', 'iptables'],
  ['ip', 'iproute2'],
  ['debootstrap', 'debootstrap'],
  ['nsenter', 'util-linux'],
  ['mount', 'mount'],
  ['tar', 'tar'],
];

/** @throws an Error with the unmet requirement if this machine cannot run a lab. */
export function checkHost(): void {
  if (process.platform !== 'linux') {
    throw new Error(`the lab requires Linux for network namespaces and containers; this is ${process.platform}`);
  }
  if (process.getuid?.() !== 0) {
    throw new Error('the lab requires root for network namespaces, mounts and containers; run it with sudo');
  }
}

/** @throws an Error that lists the packages if they cannot be installed. */
export async function installPackages(say: (line: string) => void, signal?: AbortSignal): Promise<void> {
  await requirePackages('the lab', NEEDED, say, signal);
}

/**
 * Installs the Debian packages of missing programs.
 *
 * @throws an Error that lists them if this is not Debian, not root, or if apt-get fails.
 */
export async function requirePackages(
  who: string,
  needed: readonly (readonly [program: string, debianPackage: string])[],
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const missing = missingPackages(needed);
  if (missing.length === 0) return;
  const names = missing.join(', ');
  if (!isProgram('apt-get')) {
    throw new Error(`${who} requires the Debian packages ${names}, but apt-get is not available to install them`);
  }
  if (process.getuid?.() !== 0) {
    throw new Error(`${who} requires ${names}; run \`apt-get install ${missing.join(' ')}\` as root`);
  }
  say(`installing ${names}`);
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, ...(signal ? { signal } : {}) };
  await run('apt-get', ['update', '--quiet=2'], options);
  await run('apt-get', ['install', '--yes', '--quiet=2', '--no-install-recommends', ...missing], options);
  const still = missingPackages(needed);
  if (still.length > 0)
    throw new Error(`programs for ${who} are still missing after the installation of ${still.join(', ')}`);
}

function missingPackages(needed: typeof NEEDED): readonly string[] {
  const missing = needed.filter(([program]) => !(program.startsWith('/') ? existsSync(program) : isProgram(program)));
  return [...new Set(missing.map(([, debianPackage]) => debianPackage))];
}

function isProgram(name: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { stdio: 'ignore' }).status === 0;
}

/** Builds missing and stale binaries, as `make tools` does. */
export async function buildBinaries(say: (line: string) => void, signal?: AbortSignal): Promise<void> {
  const args = [join(ROOT, 'tools/tasks/build.ts'), '--lab', '--without', 'kwok'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(signal ? { signal } : {}) });
  createInterface({ input: child.stdout }).on('line', say);
  let problem = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    problem += text;
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once('close', (status) => resolve(status ?? 1));
    child.once('error', reject);
  });
  if (code !== 0) throw new Error(problem.trim() || 'the binaries could not be built');
}
