/** What `make start` keeps in `.catamaran`, and how `make stop` finds the process that runs it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));
/** Everything that `make start` and `make lab` write. */
export const STATE_DIR: string = join(ROOT, '.catamaran');
export const KUBECONFIG: string = join(STATE_DIR, 'kubeconfig');
export const LOG_DIR: string = join(STATE_DIR, 'logs');
const RUN_FILE = join(STATE_DIR, 'run.json');
/** The lab's own, which outlive what runs in it. */
const LAB_ENTRIES = ['lab', 'lab-logs'];

/** The process that holds the clusters. */
export interface Holder {
  readonly pid: number;
  /** What the system says of the process: another one that got the same pid later differs. */
  readonly identity: string;
}

/** A path as a user in the repository's root types it. */
export function shown(path: string): string {
  return relative(ROOT, path);
}

/** Start time of a process, with the boot where pids begin anew; undefined where there is no such process. */
export function identityOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields after the command, which may hold spaces: the state is the first, the start time the 20th (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
  } catch {
    const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return ps.status === 0 && ps.stdout.trim() !== '' ? ps.stdout.trim() : undefined;
  }
}

/** Who holds the clusters now; undefined where nobody does, or the one who did is gone. */
export function currentHolder(): Holder | undefined {
  let holder: unknown;
  try {
    holder = JSON.parse(readFileSync(RUN_FILE, 'utf8'));
  } catch {
    return undefined;
  }
  if (!isHolder(holder)) return undefined;
  return identityOf(holder.pid) === holder.identity ? holder : undefined;
}

function isHolder(value: unknown): value is Holder {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'identity' in value &&
    typeof value.identity === 'string'
  );
}

/** Makes this process the holder. Throws EEXIST where another one was quicker. */
export function becomeHolder(): void {
  const identity = identityOf(process.pid);
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
