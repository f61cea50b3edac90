/** What a sandbox writes for kubectl and for the controller. */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { stringify } from 'yaml';
import type { EmbeddedCluster } from '../../packages/kubesim/src/cluster.ts';
import type { ImportMode } from '../core/view.ts';
import type { StateDir } from './state.ts';

/** The namespace of ACK's walk-throughs: there a cluster imports what its users ask for, whatever the mode. */
export const MANUAL_NAMESPACE = 'provider-ns';

/** Silence after which a cluster counts as unreachable: shorter than the default, since somebody is watching. */
const UNREACHABLE_AFTER = '5s';

/** Which of the two ways into its clusters a kubeconfig names. */
type Way = 'server' | 'link';

/** Writes both kubeconfigs and fleet.yaml. */
export function writeFiles(state: StateDir, clusters: readonly EmbeddedCluster[], mode: ImportMode): void {
  writeFileSync(state.kubeconfig, kubeconfig(clusters, 'server'), { mode: 0o600 });
  writeFileSync(state.fleetKubeconfig, kubeconfig(clusters, 'link'), { mode: 0o600 });
  writeFileSync(state.fleet, fleetYaml(state, clusters, mode));
}

/** A kubeconfig with nothing outside it, in JSON, which is YAML as well. The first cluster's context is the current one. */
function kubeconfig(clusters: readonly EmbeddedCluster[], way: Way): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': clusters[0]?.name ?? '',
    clusters: clusters.map((cluster) => ({
      name: cluster.name,
      cluster: {
        server: cluster[way],
        'certificate-authority-data': Buffer.from(cluster.ca).toString('base64'),
      },
    })),
    users: clusters.map(({ name, token }) => ({ name, user: { token } })),
    contexts: clusters.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function fleetYaml(state: StateDir, clusters: readonly EmbeddedCluster[], mode: ImportMode): string {
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
