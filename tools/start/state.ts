/** Files of `make start` in `.catamaran`, by which `make stop` finds its process. */
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Holder, holderOf, processIdentity } from '../../src/sandbox/state.ts';
import { STATE_DIR } from '../paths.ts';

export const KUBECONFIG: string = join(STATE_DIR, 'kubeconfig');
export const LOG_DIR: string = join(STATE_DIR, 'logs');
const RUN_FILE = join(STATE_DIR, 'run.json');
/** Files of the lab, which outlive `make start`. */
const LAB_ENTRIES = ['lab', 'lab-logs'];

/** The process that owns the clusters; undefined if there is none, or if it no longer exists. */
export function currentHolder(): Holder | undefined {
  return holderOf({ run: RUN_FILE });
}

/** Makes this process the holder. @throws EEXIST if another process was faster. */
export function becomeHolder(): void {
  const identity = processIdentity(process.pid);
  if (identity === undefined) throw new Error('the identity of this process cannot be determined');
  if (currentHolder() === undefined) removeState(false);
  mkdirSync(LOG_DIR, { recursive: true });
  writeFileSync(RUN_FILE, JSON.stringify({ pid: process.pid, identity } satisfies Holder), { flag: 'wx' });
}

/** Removes the files of `make start`. */
export function removeState(keepLogs: boolean): void {
  if (!existsSync(STATE_DIR)) return;
  const kept = new Set([...LAB_ENTRIES, ...(keepLogs ? [basename(LOG_DIR)] : [])]);
  for (const entry of readdirSync(STATE_DIR)) {
    if (!kept.has(entry)) rmSync(join(STATE_DIR, entry), { recursive: true, force: true });
  }
  if (readdirSync(STATE_DIR).length === 0) rmdirSync(STATE_DIR);
}
