/** What a sandbox writes for kubectl and for the controller. */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Cluster, kubeconfigOf } from 'kubesim';
import { stringify } from 'yaml';
import type { ImportMode } from '../core/view.ts';
import type { StateDir } from './state.ts';

/** The namespace of ACK's walk-throughs: there a cluster imports what its users ask for, whatever the mode. */
export const MANUAL_NAMESPACE = 'provider-ns';

/** Silence after which a cluster counts as unreachable: shorter than the default, since somebody is watching. */
const UNREACHABLE_AFTER = '5s';

/** Writes both kubeconfigs and fleet.yaml. */
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
