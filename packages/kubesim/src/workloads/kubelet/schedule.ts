/**
 * Scheduling of pods to nodes. Source: Kubernetes documentation, "Assigning Pods to Nodes", nodeSelector and node
 * affinity; "Taints and Tolerations".
 */
import type { StringMap } from '../../machinery/json.ts';
import type { Node, NodeRequirement, NodeSelectorTerm, Pod, Taint, Toleration } from '../kinds.ts';
import { hasLabels, selects } from '../selector.ts';

/** A node for the pod, or the scheduler's message if there is none. */
export type Place = { readonly node: string } | { readonly problem: string };

function isTolerated({ key, value = '', effect }: Taint, by: Toleration): boolean {
  if (by.effect && by.effect !== effect) return false;
  if (by.key && by.key !== key) return false;
  return by.operator === 'Exists' || (by.key === key && (by.value ?? '') === value);
}

function meets({ key, operator, values = [] }: NodeRequirement, labels: StringMap | undefined): boolean {
  if (operator !== 'Gt' && operator !== 'Lt') return selects({ matchExpressions: [{ key, operator, values }] }, labels);
  const difference = Number(labels?.[key]) - Number(values[0]);
  return operator === 'Gt' ? difference > 0 : difference < 0;
}

/** An empty term matches no node. */
function isMet({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, { metadata }: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fields = { 'metadata.name': metadata.name };
  return matchExpressions.every((one) => meets(one, metadata.labels)) && matchFields.every((one) => meets(one, fields));
}

function isWanted(node: Node, { spec }: Pod): boolean {
  const { nodeSelectorTerms } = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? {};
  if (nodeSelectorTerms && !nodeSelectorTerms.some((term) => isMet(term, node))) return false;
  return hasLabels(node.metadata.labels, spec.nodeSelector ?? {});
}

/** Why a pod cannot run on a node; undefined if it can. */
function refusal(node: Node, pod: Pod): string | undefined {
  const { spec } = node;
  if (spec?.unschedulable === true) return 'node(s) were unschedulable';
  const { tolerations = [] } = pod.spec;
  const taints = (spec?.taints ?? []).filter(({ effect }) => effect !== 'PreferNoSchedule');
  if (!taints.every((taint) => tolerations.some((by) => isTolerated(taint, by))))
    return 'node(s) had untolerated taint(s)';
  return isWanted(node, pod) ? undefined : "node(s) didn't match Pod's node affinity/selector";
}

/** The feasible node with the fewest pods; `counts` has the number of pods per node. */
export function placeFor(pod: Pod, nodes: readonly Node[], counts: ReadonlyMap<string, number>): Place {
  if (nodes.length === 0) return { problem: 'no nodes available to schedule pods' };
  const refusals = new Map<string, number>();
  let best: Node | undefined;
  for (const node of nodes) {
    const reason = refusal(node, pod);
    if (reason !== undefined) refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
    else if (!best || (counts.get(node.metadata.name) ?? 0) < (counts.get(best.metadata.name) ?? 0)) best = node;
  }
  if (best) return { node: best.metadata.name };
  const reasons = [...refusals].map(([reason, count]) => `${count} ${reason}`).sort();
  return { problem: `0/${nodes.length} nodes are available: ${reasons.join(', ')}.` };
}
