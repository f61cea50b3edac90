/** Real Kubernetes binaries, from `KUBEBUILDER_ASSETS` or built by `make tools`. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BinaryVersion, DEFAULT_VERSION, OLDEST_KUBECTL, parseVersion } from './versions.ts';

const CACHE_DIR = fileURLToPath(new URL('../../.cache', import.meta.url));

/** Output directory of `make tools`. */
export const BIN_DIR: string = join(CACHE_DIR, 'bin');

export type BinaryName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubectl'
  | 'kwok'
  | 'coredns'
  | 'helm'
  | 'promtool'
  | 'kubelet'
  | 'kube-proxy'
  | 'pause'
  | 'web-demo';

/** Output directory of `make tools KUBERNETES=version`. */
export function binDirOf(version: BinaryVersion): string {
  return version === DEFAULT_VERSION ? BIN_DIR : join(CACHE_DIR, 'kubernetes', version);
}

/**
 * The path of a binary of Kubernetes in a version, or of one that belongs to no version. `KUBEBUILDER_ASSETS` is the
 * conventional variable for a directory with kube-apiserver, etcd and kubectl; it replaces the default version.
 *
 * @throws an Error with the command to run if the executable is missing.
 */
export function findBinary(name: BinaryName, version: BinaryVersion = versionOf(name)): string {
  const assets = version === DEFAULT_VERSION ? process.env.KUBEBUILDER_ASSETS : undefined;
  const candidates = [...(assets ? [join(assets, name)] : []), join(binDirOf(version), name)];
  const found = candidates.find(isExecutable);
  if (found === undefined) {
    const target = version === DEFAULT_VERSION ? '' : ` KUBERNETES=${version}`;
    throw new Error(`${name} not found (searched ${candidates.join(' and ')}); run \`make tools${target}\``);
  }
  return found;
}

/** `KUBECTL_VERSION` selects the version of kubectl. */
function versionOf(name: BinaryName): BinaryVersion {
  const version = process.env.KUBECTL_VERSION;
  if (name !== 'kubectl' || !version) return DEFAULT_VERSION;
  return version === OLDEST_KUBECTL ? version : parseVersion(version);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
