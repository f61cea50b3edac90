/** Real Kubernetes binaries, from `KUBEBUILDER_ASSETS` or built by `make tools`. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Output directory of `make tools`. */
export const BIN_DIR: string = fileURLToPath(new URL('../../.cache/bin', import.meta.url));

export type BinaryName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubectl'
  | 'kwok'
  | 'coredns'
  | 'kubelet'
  | 'kube-proxy'
  | 'pause'
  | 'web-demo';

/**
 * `KUBEBUILDER_ASSETS` is the conventional variable for a directory with kube-apiserver, etcd and kubectl.
 *
 * @throws an Error with the command to run if the executable is missing.
 */
export function findBinary(name: BinaryName): string {
  const assets = process.env.KUBEBUILDER_ASSETS;
  const candidates = [...(assets ? [join(assets, name)] : []), join(BIN_DIR, name)];
  const found = candidates.find(isExecutable);
  if (found === undefined) {
    throw new Error(`${name} not found (searched ${candidates.join(' and ')}); run \`make tools\``);
  }
  return found;
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
