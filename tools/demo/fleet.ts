/** The fleet.yaml of `make start`. */
import { basename } from 'node:path';
import { stringify } from 'yaml';
import type { ControlPlane } from '../controlplane/index.ts';
import { KUBECONFIG } from './state.ts';
import { PROVIDER_NAMESPACE } from './walkthroughs.ts';

/** A fleet of these clusters that imports as Cilium does, and in ACK's namespace as ACK does. */
export function fleetYaml(planes: readonly ControlPlane[]): string {
  return stringify({
    apiVersion: 'catamaran.dev/v1alpha1',
    kind: 'Fleet',
    metadata: { name: 'demo' },
    spec: {
      import: { mode: 'Automatic' },
      namespaces: [{ name: PROVIDER_NAMESPACE, import: { mode: 'Manual' } }],
      members: planes.map(({ name, context, podCIDRs, serviceCIDRs }) => ({
        name,
        kubeconfig: basename(KUBECONFIG),
        context,
        podCIDRs,
        serviceCIDRs,
      })),
    },
  });
}
