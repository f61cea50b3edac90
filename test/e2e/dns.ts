/** CoreDNS of the clusters. */
import type { Cluster } from './lab.ts';

/**
 * Allows CoreDNS to read ServiceImports, with the command of Cilium's tutorial. ACK clusters allow it by default, so
 * the ACK walk-throughs omit it.
 */
export const ALLOW_COREDNS = `kubectl patch clusterrole system:coredns --type=json \\
   -p='[{"op":"add","path":"/rules/-","value":{"apiGroups":["multicluster.x-k8s.io"],"resources":["serviceimports"],"verbs":["list","watch"]}}]'`;

/**
 * Adds `multicluster clusterset.local` to the Corefile. The documents add the line before `kubernetes`, with `kubectl
 * edit` or this pipe: an external plugin that standard builds of CoreDNS do not have. Since 1.12.2 `kubernetes` has an
 * option of the same name, so the line goes into its block.
 */
export const CHANGE_COREFILE = `kubectl get configmap -n kube-system coredns -o yaml | \\
   sed -E -e 's/^(\\s*)kubernetes cluster\\.local (.*)$/\\1kubernetes cluster.local clusterset.local \\2\\n\\1   multicluster clusterset.local/' | \\
   kubectl replace -f-`;

/** Reloads the Corefile at once; CoreDNS would reload it within two minutes. */
export const RESTART_COREDNS = 'kubectl rollout restart deployment coredns -n kube-system';
export const WAIT_FOR_COREDNS = 'kubectl rollout status deployment coredns -n kube-system';

/** Applies the objects of CoreDNS again, as an upgrade by kubeadm does, without the Corefile, which it keeps. */
export async function upgradeCoreDns(cluster: Cluster): Promise<void> {
  await cluster.apply({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'system:coredns' },
    rules: [
      { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ],
  });
  await cluster.quietly(`${RESTART_COREDNS} && ${WAIT_FOR_COREDNS}`);
}

const UNDO = `kubectl get configmap -n kube-system coredns -o yaml | \
   sed -E -e 's/cluster\\.local clusterset\\.local/cluster.local/' -e '/^\\s*multicluster clusterset\\.local$/d' | \
   kubectl replace -f-`;

async function hasClusterset(cluster: Cluster): Promise<boolean> {
  const corefile = await cluster.field('-n', 'kube-system', 'configmap', 'coredns', '{.data.Corefile}');
  return corefile.includes('multicluster clusterset.local');
}

/** Restores the default Corefile. */
export async function plainDns(clusters: readonly Cluster[]): Promise<void> {
  await changed(clusters, async (cluster) => (await hasClusterset(cluster)) && [UNDO]);
}

/** Enables clusterset.local in the Corefile. */
export async function clustersetDns(clusters: readonly Cluster[]): Promise<void> {
  await changed(clusters, async (cluster) => !(await hasClusterset(cluster)) && [ALLOW_COREDNS, CHANGE_COREFILE]);
}

async function changed(
  clusters: readonly Cluster[],
  commandsFor: (cluster: Cluster) => Promise<readonly string[] | false>,
): Promise<void> {
  await Promise.all(
    clusters.map(async (cluster) => {
      const commands = await commandsFor(cluster);
      if (!commands) return;
      for (const command of [...commands, RESTART_COREDNS, WAIT_FOR_COREDNS]) await cluster.quietly(command);
    }),
  );
}
