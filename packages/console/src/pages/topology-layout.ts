/** Places of members in the graph, by ELK. */
import ELK from 'elkjs/lib/elk.bundled.js';
import type { Flow } from '../../../../src/server/console/api-types.ts';

export const NODE = { width: 190, height: 62 };

export interface Place {
  readonly x: number;
  readonly y: number;
}

export async function placed(
  members: readonly string[],
  flows: readonly Pick<Flow, 'from' | 'to'>[],
): Promise<ReadonlyMap<string, Place>> {
  // Flows usually go in both directions, so there are no layers.
  const layoutOptions: Record<string, string> =
    flows.length === 0
      ? { 'elk.algorithm': 'box', 'elk.spacing.nodeNode': '40' }
      : { 'elk.algorithm': 'stress', 'elk.stress.desiredEdgeLength': '300' };
  const graph = await new ELK().layout({
    id: 'clusterset',
    layoutOptions,
    children: members.map((id) => ({ id, ...NODE })),
    edges: flows.map(({ from, to }) => ({ id: `${from} ${to}`, sources: [from], targets: [to] })),
  });
  return new Map((graph.children ?? []).map(({ id, x = 0, y = 0 }) => [id, { x, y }]));
}
