/** The folder where a sandbox keeps its files, and how others find the process that runs it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { CatamaranError } from '../runtime/errors.ts';

/** Paths in the state folder: absolute, but that of the socket. */
export interface StateDir {
  readonly dir: string;
  /** For users: the contexts cluster1, cluster2, ... */
  readonly kubeconfig: string;
  readonly fleet: string;
  /** For the controller: the same clusters over the links that can be cut. */
  readonly fleetKubeconfig: string;
  /** Unix socket that commands talk to. */
  readonly socket: string;
  readonly logs: string;
  readonly log: string;
  readonly controllerLog: string;
  /** Output of a detached process. */
  readonly stdoutLog: string;
  readonly stderrLog: string;
  /** Who holds the folder. */
  readonly run: string;
}

const SOCKET = 'sandbox.sock';
/** Longest path of a Unix socket in bytes: 108 with the zero on Linux, 104 on others (unix(7), unix(4)). */
const SOCKET_PATH_BYTES = 103;

/**
 * The paths of a state folder.
 *
 * @throws CTM_SANDBOX_STATE where the path is too long for a socket.
 */
export function stateDir(path: string): StateDir {
  const dir = resolve(path);
  const absolute = join(dir, SOCKET);
  // From the working folder the path may be short enough where the whole one is not.
  const near = relative('', absolute);
  const socket = near.length < absolute.length ? near : absolute;
  if (Buffer.byteLength(socket) > SOCKET_PATH_BYTES) {
    const message = `${socket}: longer than the ${SOCKET_PATH_BYTES} bytes that a socket's path may have; choose another --state-dir`;
    throw new CatamaranError('CTM_SANDBOX_STATE', message);
  }
  return {
    dir,
    socket,
    kubeconfig: join(dir, 'kubeconfig'),
    fleet: join(dir, 'fleet.yaml'),
    fleetKubeconfig: join(dir, 'fleet.kubeconfig'),
    logs: join(dir, 'logs'),
    log: join(dir, 'logs', 'sandbox.log'),
    controllerLog: join(dir, 'logs', 'catamaran.log'),
    stdoutLog: join(dir, 'logs', 'up.out'),
    stderrLog: join(dir, 'logs', 'up.err'),
    run: join(dir, 'run.json'),
  };
}

const holderSchema = z.object({ pid: z.int().positive(), identity: z.string() });

/** A process that holds a state folder. */
export type Holder = Readonly<z.infer<typeof holderSchema>>;

/**
 * What the system says of a process, so that another one that got the same pid later differs: its start time, with the
 * boot where pids begin anew. Undefined where there is no such process.
 */
export function processIdentity(pid: number): string | undefined {
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

/** Who holds a state folder now; undefined where nobody does, or the one who did is gone. */
export function holderOf(state: Pick<StateDir, 'run'>): Holder | undefined {
  const holder = lastHolderOf(state);
  return holder && processIdentity(holder.pid) === holder.identity ? holder : undefined;
}

/** Who held it last, and did not end well where that is nobody now. */
function lastHolderOf({ run }: Pick<StateDir, 'run'>): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(run, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Removes what one that was killed left behind; what others have under the same names stays. */
export function clearLeft(state: StateDir): void {
  if (lastHolderOf(state) && !holderOf(state)) clear(state, 'files');
}

/**
 * Makes this process the holder, over what one that was killed may have left.
 *
 * @throws CTM_SANDBOX_RUNNING where another process holds it, CTM_SANDBOX_STATE where it cannot be written.
 */
export function claim(state: StateDir): void {
  const identity = processIdentity(process.pid) ?? '';
  try {
    refuseSecond(state);
    refuseForeign(state);
    clearLeft(state);
    makeLogs(state);
    writeFileSync(state.run, JSON.stringify({ pid: process.pid, identity } satisfies Holder), { flag: 'wx' });
  } catch (cause) {
    if (cause instanceof CatamaranError) throw cause;
    refuseSecond(state);
    throw unusable(state, cause);
  }
}

function unusable({ dir }: StateDir, cause: unknown): CatamaranError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CatamaranError('CTM_SANDBOX_STATE', `${dir}: cannot be used: ${why}`, { cause });
}

/** Makes the folder of the logs. Throws CTM_SANDBOX_STATE where it cannot be made. */
export function makeLogs(state: StateDir): void {
  try {
    makeFolder(state.logs);
  } catch (cause) {
    throw unusable(state, cause);
  }
}

/** Makes a folder and those above it. Node's own way never returns where one cannot be made, as below /proc. */
function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  makeFolder(dirname(dir));
  try {
    mkdirSync(dir);
  } catch (error) {
    if (!existsSync(dir)) throw error;
  }
}

/** Throws CTM_SANDBOX_RUNNING where another process holds a state folder. */
export function refuseSecond(state: StateDir): void {
  const holder = holderOf(state);
  if (!holder) return;
  const message = `${state.dir}: process ${holder.pid} runs clusters with this folder already; \`catamaran sandbox down\` or \`make stop\` ends them, --state-dir chooses another folder`;
  throw new CatamaranError('CTM_SANDBOX_RUNNING', message);
}

/** Throws CTM_SANDBOX_STATE where files are in the way that no sandbox wrote. */
export function refuseForeign(state: StateDir): void {
  if (lastHolderOf(state)) return;
  for (const path of [state.kubeconfig, state.fleet, state.fleetKubeconfig]) {
    if (!existsSync(path)) continue;
    const message = `${path}: is there already, and not of a sandbox; choose another --state-dir`;
    throw new CatamaranError('CTM_SANDBOX_STATE', message);
  }
}

/** Removes what a sandbox wrote, and the folder where nothing else is in it; `files` leaves the logs. */
export function clear(state: StateDir, what: 'all' | 'files'): void {
  const { kubeconfig, fleet, fleetKubeconfig, socket, run, log, controllerLog, stdoutLog, stderrLog } = state;
  const logs = what === 'all' ? [log, controllerLog, stdoutLog, stderrLog] : [];
  for (const path of [...logs, kubeconfig, fleet, fleetKubeconfig, socket, run]) rmSync(path, { force: true });
  for (const dir of [...(what === 'all' ? [state.logs] : []), state.dir]) {
    try {
      rmdirSync(dir);
    } catch {
      // Something else is in it, or it is not there.
    }
  }
}
