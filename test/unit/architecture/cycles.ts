/** Cycles in a graph of names. */

/** From each node to its successors; those that are not in the graph are ignored. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * One shortest cycle per strongly connected component, with its first node repeated at the end. A graph without a
 * reported cycle has none.
 */
export function findCycles(graph: Graph): readonly (readonly string[])[] {
  const reported = new Set<string>();
  const cycles: (readonly string[])[] = [];
  for (const node of [...graph.keys()].toSorted()) {
    if (reported.has(node)) continue;
    const cycle = shortestCycle(graph, node);
    if (!cycle) continue;
    cycles.push(cycle);
    for (const other of connected(graph, node)) reported.add(other);
  }
  return cycles;
}

/** A shortest path from a node back to itself. */
function shortestCycle(graph: Graph, start: string): readonly string[] | undefined {
  const trails: (readonly string[])[] = [[start]];
  const seen = new Set<string>();
  for (const trail of trails) {
    for (const next of graph.get(trail.at(-1) ?? start) ?? []) {
      if (next === start) return [...trail, start];
      if (seen.has(next) || !graph.has(next)) continue;
      seen.add(next);
      trails.push([...trail, next]);
    }
  }
  return undefined;
}

/** The strongly connected component of a node. */
function connected(graph: Graph, node: string): readonly string[] {
  return [...reachable(graph, node)].filter((other) => reachable(graph, other).has(node));
}

function reachable(graph: Graph, start: string): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [start];
  for (const node of queue) {
    for (const next of graph.get(node) ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      queue.push(next);
    }
  }
  return found;
}
