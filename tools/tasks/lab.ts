/**
 * `make lab` and `make lab-down`: `node tools/tasks/lab.ts up|down`. CLUSTERS=n sets the number of clusters (default:
 * 2), NODES=2,1 the number of nodes per cluster.
 */
import { join } from 'node:path';
import { labDown, labUp } from '../lab/index.ts';
import { LAB_DIR } from '../lab/layout.ts';
import { shown } from '../paths.ts';

async function up(): Promise<void> {
  const { CLUSTERS, NODES } = process.env;
  const started = Date.now();
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stop.abort());
  const lab = await labUp({
    clusters: Number(CLUSTERS || 2),
    ...(NODES ? { nodes: NODES.split(',').map(Number) } : {}),
    onProgress: (line) => console.log(`[${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s] ${line}`),
    signal: stop.signal,
  });
  const kubectl = shown(join(LAB_DIR, 'kubectl'));
  console.log(`
The lab runs until \`make lab-down\`: ${lab.clusters.map(({ name }) => name).join(', ')}.
The API servers are reachable only in the lab's network, as from this kubectl:
  ${kubectl} --context cluster1 get nodes -o wide
  ${kubectl} --context cluster2 get pods -A
\`make start CLUSTERS=lab\` runs the controller and the examples in the lab.`);
}

async function down(): Promise<void> {
  const { processes, mounts, namespaces, cgroups } = await labDown();
  const parts = [
    `${processes} processes`,
    `${namespaces} network namespaces`,
    `${cgroups} control groups`,
    `${mounts} mounts`,
  ];
  console.log(`removed ${parts.join(', ')}; the lab was removed completely`);
}

try {
  const [, , command] = process.argv;
  if (command === 'up') await up();
  else if (command === 'down') await down();
  else throw new Error('node tools/tasks/lab.ts up|down');
} catch (error) {
  const isAbort = error instanceof Error && error.name === 'AbortError';
  console.error(isAbort ? 'stopped; the lab was removed completely' : error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
