/** The state directory of a sandbox, and detection of the process that uses it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { CatamaranError } from '../runtime/errors.ts';

/** Paths in the state directory; absolute, except for the socket. */
export interface StateDir {
  readonly dir: string;
  /** For users, with the contexts cluster1, cluster2, ... */
  readonly kubeconfig: string;
  readonly fleet: string;
  /** For the controller: the same clusters over the links with fault injection. */
  readonly fleetKubeconfig: string;
  /** Unix socket for commands. */
  readonly socket: string;
  readonly logs: string;
  readonly log: string;
  readonly controllerLog: string;
  /** Output of a detached process. */
  readonly stdoutLog: string;
  readonly stderrLog: string;
  /** Holder of the directory. */
  readonly run: string;
}

const SOCKET = 'sandbox.sock';
/**
 * Maximum length in bytes of a Unix socket path: 108 including the NUL on Linux, 104 on other systems (unix(7),
 * unix(4)).
 */
const SOCKET_PATH_BYTES = 103;

/**
 * The paths of a state directory.
 *
 * @throws CTM_SANDBOX_STATE if the path is too long for a socket.
 */
export function stateDir(path: string): StateDir {
  const dir = resolve(path);
  const absolute = join(dir, SOCKET);
  // The path relative to the working directory may be short enough if the absolute one is not.
  const near = relative('', absolute);
  const socket = near.length < absolute.length ? near : absolute;
  if (Buffer.byteLength(socket) > SOCKET_PATH_BYTES) {
    const message = `${socket}: exceeds the limit of ${SOCKET_PATH_BYTES} bytes for the path of a Unix socket; choose a shorter --state-dir`;
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

/** A process that holds a state directory. */
export type Holder = Readonly<z.infer<typeof holderSchema>>;

/**
 * Identifies a process beyond its pid, which may be reused: start time, and boot ID on Linux. Undefined if the process
 * does not exist.
 */
export function processIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields after the command, which may contain spaces: the first is the state, the 20th the start time
    // (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
  } catch {
    const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    // Neither /proc nor ps, as in a chroot: the pid is all that is known.
    if (ps.error) return exists(pid) ? `pid ${pid}` : undefined;
    return ps.status === 0 && ps.stdout.trim() !== '' ? ps.stdout.trim() : undefined;
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** The current holder of a state directory; undefined if there is none or it has exited. */
export function holderOf(state: Pick<StateDir, 'run'>): Holder | undefined {
  const holder = lastHolderOf(state);
  return holder && processIdentity(holder.pid) === holder.identity ? holder : undefined;
}

/** The last holder. If it is not running, it did not exit cleanly. */
function lastHolderOf({ run }: Pick<StateDir, 'run'>): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(run, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Removes the files of a killed sandbox, and reports whether there were any; files that no sandbox wrote are kept. */
export function clearLeft(state: StateDir): boolean {
  const left = lastHolderOf(state) !== undefined && !holderOf(state);
  if (left) clear(state, 'files');
  return left;
}

/**
 * Makes this process the holder, and removes the files of a killed one.
 *
 * @throws CTM_SANDBOX_RUNNING if another process holds it, CTM_SANDBOX_STATE if it is not writable.
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

/**
 * Creates the log directory.
 *
 * @throws CTM_SANDBOX_STATE if that fails.
 */
export function makeLogs(state: StateDir): void {
  try {
    makeFolder(state.logs);
  } catch (cause) {
    throw unusable(state, cause);
  }
}

/**
 * Creates a directory and its parents. The `recursive` option of Node never returns if a parent cannot be created, as
 * below /proc.
 */
function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  makeFolder(dirname(dir));
  try {
    mkdirSync(dir);
  } catch (error) {
    if (!existsSync(dir)) throw error;
  }
}

/** @throws CTM_SANDBOX_RUNNING if another process holds the state directory. */
export function refuseSecond(state: StateDir): void {
  const holder = holderOf(state);
  if (!holder) return;
  const message = `${state.dir}: already in use by process ${holder.pid}; stop it with \`catamaran sandbox down\` or \`make stop\`, or choose another --state-dir`;
  throw new CatamaranError('CTM_SANDBOX_RUNNING', message);
}

/** @throws CTM_SANDBOX_STATE if the directory contains files with these names that no sandbox wrote. */
export function refuseForeign(state: StateDir): void {
  if (lastHolderOf(state)) return;
  for (const path of [state.kubeconfig, state.fleet, state.fleetKubeconfig]) {
    if (!existsSync(path)) continue;
    const message = `${path}: already exists and was not written by a sandbox; choose another --state-dir`;
    throw new CatamaranError('CTM_SANDBOX_STATE', message);
  }
}

/** Removes the files of a sandbox, and the directory if it is empty then; `files` keeps the logs. */
export function clear(state: StateDir, what: 'all' | 'files'): void {
  const { kubeconfig, fleet, fleetKubeconfig, socket, run, log, controllerLog, stdoutLog, stderrLog } = state;
  const logs = what === 'all' ? [log, controllerLog, stdoutLog, stderrLog] : [];
  for (const path of [...logs, kubeconfig, fleet, fleetKubeconfig, socket, run]) rmSync(path, { force: true });
  for (const dir of [...(what === 'all' ? [state.logs] : []), state.dir]) {
    try {
      rmdirSync(dir);
    } catch {
      // Not empty, or does not exist.
    }
  }
}
