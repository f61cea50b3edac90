/** What `make start` keeps in `.catamaran`, and how `make stop` finds the process that runs it. */
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Holder, holderOf, processIdentity } from '../../src/sandbox/state.ts';
import { STATE_DIR } from '../paths.ts';

export const KUBECONFIG: string = join(STATE_DIR, 'kubeconfig');
export const LOG_DIR: string = join(STATE_DIR, 'logs');
const RUN_FILE = join(STATE_DIR, 'run.json');
/** The lab's own, which outlive what runs in it. */
const LAB_ENTRIES = ['lab', 'lab-logs'];

/** Who holds the clusters now; undefined where nobody does, or the one who did is gone. */
export function currentHolder(): Holder | undefined {
  return holderOf({ run: RUN_FILE });
}

/** Makes this process the holder. Throws EEXIST where another one was quicker. */
export function becomeHolder(): void {
  const identity = processIdentity(process.pid);
  if (identity === undefined) throw new Error('this process does not find itself among the processes');
  if (currentHolder() === undefined) removeState(false);
  mkdirSync(LOG_DIR, { recursive: true });
  writeFileSync(RUN_FILE, JSON.stringify({ pid: process.pid, identity } satisfies Holder), { flag: 'wx' });
}

/** Removes what `make start` wrote; the logs stay where they are of use. */
export function removeState(keepLogs: boolean): void {
  if (!existsSync(STATE_DIR)) return;
  const kept = new Set([...LAB_ENTRIES, ...(keepLogs ? [basename(LOG_DIR)] : [])]);
  for (const entry of readdirSync(STATE_DIR)) {
    if (!kept.has(entry)) rmSync(join(STATE_DIR, entry), { recursive: true, force: true });
  }
  if (readdirSync(STATE_DIR).length === 0) rmdirSync(STATE_DIR);
}
