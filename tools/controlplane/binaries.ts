/** Where the real Kubernetes binaries are: `KUBEBUILDER_ASSETS` first, then what `make tools` built. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder that `make tools` builds into. */
export const BIN_DIR: string = fileURLToPath(new URL('../../.cache/bin', import.meta.url));

/** Binaries that control planes, tests and the lab run. */
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
 * Path of an executable. Throws an Error that says what to run where there is none.
 * `KUBEBUILDER_ASSETS` is the convention for a folder with kube-apiserver, etcd and kubectl.
 */
export function findBinary(name: BinaryName): string {
  const assets = process.env.KUBEBUILDER_ASSETS;
  const candidates = [...(assets ? [join(assets, name)] : []), join(BIN_DIR, name)];
  const found = candidates.find(isExecutable);
  if (found === undefined) {
    throw new Error(`${name} is not there (looked for ${candidates.join(' and ')}): run \`make tools\``);
  }
  return found;
}

/** Whether a file is there and may be run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
