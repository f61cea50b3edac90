/** Files that a sandbox writes for kubectl and for the controller. */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Cluster, kubeconfigOf } from 'kubesim';
import { stringify } from 'yaml';
import type { ImportMode } from '../core/view.ts';
import type { StateDir } from './state.ts';

/** The namespace of ACK One's walk-throughs. It always has import mode Manual. */
export const MANUAL_NAMESPACE = 'provider-ns';

/** Time without a response after which a cluster is unreachable: shorter than the default, for interactive use. */
const UNREACHABLE_AFTER = '5s';

export function writeFiles(state: StateDir, clusters: readonly Cluster[], mode: ImportMode): void {
  writeFileSync(state.kubeconfig, kubeconfigOf(clusters), { mode: 0o600 });
  writeFileSync(state.fleetKubeconfig, kubeconfigOf(clusters.map(({ link }) => link)), { mode: 0o600 });
  writeFileSync(state.fleet, fleetYaml(state, clusters, mode));
}

function fleetYaml(state: StateDir, clusters: readonly Cluster[], mode: ImportMode): string {
  return stringify({
    apiVersion: 'catamaran.dev/v1alpha1',
    kind: 'Fleet',
    metadata: { name: 'sandbox' },
    spec: {
      import: { mode },
      unreachableAfter: UNREACHABLE_AFTER,
      namespaces: [{ name: MANUAL_NAMESPACE, import: { mode: 'Manual' } }],
      members: clusters.map(({ name, settings: { podCIDRs, serviceCIDRs, nodeCIDRs } }) => ({
        name,
        kubeconfig: basename(state.fleetKubeconfig),
        context: name,
        podCIDRs: [...podCIDRs],
        serviceCIDRs: [...serviceCIDRs],
        nodeCIDRs: [...nodeCIDRs],
      })),
    },
  });
}
