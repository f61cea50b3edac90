/** The DNS servers of the clusters. */
import type { Cluster } from './lab.ts';

/**
 * Allows CoreDNS to see ServiceImports: the command of Cilium's tutorial. ACK's clusters allow it from the start, so its
 * walk-throughs do not show it.
 */
export const ALLOW_COREDNS = `kubectl patch clusterrole system:coredns --type=json \\
   -p='[{"op":"add","path":"/rules/-","value":{"apiGroups":["multicluster.x-k8s.io"],"resources":["serviceimports"],"verbs":["list","watch"]}}]'`;

/**
 * Adds \`multicluster clusterset.local\` to the Corefile. The documents do it by \`kubectl edit\`, or by this pipe, as a
 * line of its own before \`kubernetes\`: a plugin that CoreDNS does not have unless one builds it in. From 1.12.2 on it
 * has an option of \`kubernetes\` of the same name, so the line goes into that block.
 */
export const CHANGE_COREFILE = `kubectl get configmap -n kube-system coredns -o yaml | \\
   sed -E -e 's/^(\\s*)kubernetes cluster\\.local (.*)$/\\1kubernetes cluster.local clusterset.local \\2\\n\\1   multicluster clusterset.local/' | \\
   kubectl replace -f-`;

/** Makes CoreDNS read its Corefile now; it would by itself, within two minutes. */
export const RESTART_COREDNS = 'kubectl rollout restart deployment coredns -n kube-system';
export const WAIT_FOR_COREDNS = 'kubectl rollout status deployment coredns -n kube-system';

const UNDO = `kubectl get configmap -n kube-system coredns -o yaml | \
   sed -E -e 's/cluster\\.local clusterset\\.local/cluster.local/' -e '/^\\s*multicluster clusterset\\.local$/d' | \
   kubectl replace -f-`;

/** Whether a cluster's Corefile has clusterset.local. */
async function hasClusterset(cluster: Cluster): Promise<boolean> {
  const corefile = await cluster.field('-n', 'kube-system', 'configmap', 'coredns', '{.data.Corefile}');
  return corefile.includes('multicluster clusterset.local');
}

/** Gives clusters the Corefile that Kubernetes comes with. */
export async function plainDns(clusters: readonly Cluster[]): Promise<void> {
  await changed(clusters, async (cluster) => (await hasClusterset(cluster)) && [UNDO]);
}

/** Makes clusters answer for clusterset.local. */
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
