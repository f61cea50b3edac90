/** Which node a pod runs on. Source: Kubernetes documentation, "Assigning Pods to Nodes", nodeSelector. */
import type { Node, Pod } from '../kinds.ts';
import { hasLabels } from '../selector.ts';

/** A node for the pod, or why there is none, in the scheduler's words. */
export type Place = { readonly node: string } | { readonly problem: string };

/** The node with the fewest pods among those that the pod may run on; `counts` are the pods of each node. */
export function placeFor(pod: Pod, nodes: readonly Node[], counts: ReadonlyMap<string, number>): Place {
  const selector = pod.spec.nodeSelector ?? {};
  const cordoned = nodes.filter(({ spec }) => spec?.unschedulable === true);
  const unmatched = nodes.filter((node) => !cordoned.includes(node) && !hasLabels(node.metadata.labels, selector));
  let best: Node | undefined;
  for (const node of nodes) {
    if (cordoned.includes(node) || unmatched.includes(node)) continue;
    if (!best || (counts.get(node.metadata.name) ?? 0) < (counts.get(best.metadata.name) ?? 0)) best = node;
  }
  if (best) return { node: best.metadata.name };
  const reasons = [
    ...(unmatched.length > 0 ? [`${unmatched.length} node(s) didn't match Pod's node affinity/selector`] : []),
    ...(cordoned.length > 0 ? [`${cordoned.length} node(s) were unschedulable`] : []),
  ];
  if (nodes.length === 0) return { problem: 'no nodes available to schedule pods' };
  return { problem: `0/${nodes.length} nodes are available: ${reasons.join(', ')}.` };
}
