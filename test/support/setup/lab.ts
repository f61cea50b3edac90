/**
 * The lab for all end-to-end tests: a running one, or one that is started here and removed afterwards. Tests attach to
 * it with `labUp({ clusters: 2 })`. After a failure, the logs are in `.catamaran/lab-logs`.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { isLabUp, keepLogs, labDown, labUp } from '../../../tools/lab/index.ts';

const CLUSTERS = 3;
/** cluster1 has two zones. */
const NODES = [2, 1, 1];

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = Date.now();
  const say = (line: string): void => {
    process.stdout.write(`[${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s] lab: ${line}\n`);
  };
  const wasUp = isLabUp();
  if (wasUp) await labUp({ clusters: 1 });
  else {
    process.once('exit', removeNow);
    for (const name of SIGNALS) process.once(name, exit);
    await labUp({ clusters: CLUSTERS, nodes: NODES, onProgress: say });
  }
  return async () => {
    const { state } = project.vitest;
    if (state.getCountOfFailedTests() > 0 || state.getUnhandledErrors().length > 0) {
      process.stdout.write(`logs of the lab's components and pods: ${keepLogs()}\n`);
    }
    if (wasUp) return;
    await labDown();
    process.off('exit', removeNow);
    for (const name of SIGNALS) process.off(name, exit);
  };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function exit(): void {
  process.exit(1);
}

/** For exits without vitest's teardown, such as Ctrl-C. */
function removeNow(): void {
  spawnSync(process.execPath, [fileURLToPath(new URL('../../../tools/tasks/lab.ts', import.meta.url)), 'down']);
}
