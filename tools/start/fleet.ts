/** The fleet.yaml of `make start`. */
import { basename } from 'node:path';
import { stringify } from 'yaml';
import { KUBECONFIG } from './state.ts';
import { PROVIDER_NAMESPACE } from './walkthroughs.ts';

/** A cluster of the fleet: a control plane on loopback, or one of the lab. */
export interface DemoCluster {
  readonly name: string;
  readonly server: string;
  readonly caFile: string;
  readonly token: string;
  readonly context: string;
  readonly podCIDRs: readonly string[];
  readonly serviceCIDRs: readonly string[];
}

/** A fleet that imports automatically, as Cilium does, except for the namespace of ACK's walkthroughs. */
export function fleetYaml(clusters: readonly DemoCluster[]): string {
  return stringify({
    apiVersion: 'catamaran.dev/v1alpha1',
    kind: 'Fleet',
    metadata: { name: 'demo' },
    spec: {
      import: { mode: 'Automatic' },
      namespaces: [{ name: PROVIDER_NAMESPACE, import: { mode: 'Manual' } }],
      members: clusters.map(({ name, context, podCIDRs, serviceCIDRs }) => ({
        name,
        kubeconfig: basename(KUBECONFIG),
        context,
        podCIDRs,
        serviceCIDRs,
      })),
    },
  });
}
