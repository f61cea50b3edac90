/**
 * Removes a lab, even after its starter was killed, since everything is discovered in the system itself. Processes are
 * removed first; mounts and the network namespaces of pods belong to the nodes and are removed with them.
 */
import { existsSync, readdirSync, readlinkSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../controlplane/component.ts';
import { labCgroups, removeCgroups } from './cgroups.ts';
import { NAMESPACE_PATTERN } from './layout.ts';
import { isRunning, kill, recordedProcesses } from './processes.ts';
import { mounts, readLines } from './system.ts';

const TIMEOUT_MS = 30_000;
const GRACE_MS = 5_000;
const NETNS = '/run/netns';

/** Number of removed items. */
export interface Removed {
  readonly processes: number;
  readonly namespaces: number;
  readonly cgroups: number;
  readonly mounts: number;
}

/**
 * Kills all processes of the lab and removes its mounts, namespaces, control groups and state.
 *
 * @throws an Error that lists any leftovers.
 */
export async function removeLab(labDir: string): Promise<Removed> {
  const processes = await endAll(labDir);
  const unmounted = await unmountAll(labDir);
  const namespaces = labNamespaces();
  for (const name of namespaces) await run('ip', ['netns', 'delete', name]);
  await forgetNetns();
  const cgroups = await removeCgroups();
  rmSync(labDir, { recursive: true, force: true });
  const left = leftovers(labDir);
  if (left.length > 0) throw new Error(`the lab was not removed completely: ${left.slice(0, 10).join(', ')}`);
  return { processes, namespaces: namespaces.length, cgroups, mounts: unmounted };
}

/** Everything that exists of a lab, one line each. */
export function leftovers(labDir: string): readonly string[] {
  return [
    ...labPids(labDir).map((pid) => `process ${pid} (${commandOf(pid)})`),
    ...labNamespaces().map((name) => `network namespace ${name}`),
    ...labMounts(labDir).map((path) => `mount ${path}`),
    ...labCgroups(),
    ...(existsSync(labDir) ? [labDir] : []),
  ];
}

/**
 * Kills the init process of each node first. The kernel then kills the other processes of the node, and their parents
 * outside the node reap them, rather than the host's init process, which may be slow.
 */
async function endAll(labDir: string): Promise<number> {
  const seen = new Set<number>(labPids(labDir));
  for (const pid of [...seen].filter(isFirstOfNode)) kill(pid, 'SIGKILL');
  const grace = Date.now() + GRACE_MS;
  while (Date.now() < grace && labPids(labDir).some(isOfNode)) await delay(50);
  const end = Date.now() + TIMEOUT_MS;
  for (let pids = labPids(labDir); pids.length > 0; pids = labPids(labDir)) {
    if (Date.now() > end) throw new Error(`processes do not exit: ${pids.map((pid) => `${pid} (${commandOf(pid)})`)}`);
    for (const pid of pids) {
      seen.add(pid);
      kill(pid, 'SIGKILL');
    }
    await delay(50);
  }
  return seen.size;
}

/**
 * Recorded processes of the lab, those in one of its network namespaces and those in one of its control groups.
 * Processes of pods are of the third kind, and are killed with the init process of their node.
 */
function labPids(labDir: string): readonly number[] {
  const pids = new Set(
    recordedProcesses(labDir)
      .filter(isRunning)
      .map(({ pid }) => pid),
  );
  const networks = new Set(labNamespaces().map((name) => statSync(join(NETNS, name)).ino));
  for (const entry of readdirSync('/proc')) {
    if (/^\d+$/.test(entry) && networks.has(networkOf(entry))) pids.add(Number(entry));
  }
  for (const group of labCgroups()) {
    for (const line of readLines(join(group, 'cgroup.procs'))) pids.add(Number(line));
  }
  pids.delete(process.pid);
  return [...pids];
}

/** The pids of a process in its PID namespaces, the host's first. */
function pidsOf(pid: number): readonly string[] {
  const line = readLines(`/proc/${pid}/status`).find((text) => text.startsWith('NSpid:'));
  return line?.split('\t').slice(1) ?? [];
}

function isFirstOfNode(pid: number): boolean {
  const pids = pidsOf(pid);
  return pids.length === 2 && pids[1] === '1';
}

/** Whether a process is in a node, or is the one outside that started the node and waits for it. */
function isOfNode(pid: number): boolean {
  return pidsOf(pid).length > 1 || /^(nsenter|unshare) /.test(commandOf(pid));
}

function networkOf(pid: string): number {
  try {
    return Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[0]);
  } catch {
    return 0;
  }
}

function commandOf(pid: number): string {
  return readLines(`/proc/${pid}/cmdline`).join(' ').replaceAll('\0', ' ').trim().slice(0, 80);
}

function labNamespaces(): readonly string[] {
  return existsSync(NETNS) ? readdirSync(NETNS).filter((name) => NAMESPACE_PATTERN.test(name)) : [];
}

/** `ip` leaves its directory mounted on itself; remove that, too, if it has no namespaces. */
async function forgetNetns(): Promise<void> {
  if (!existsSync(NETNS) || readdirSync(NETNS).length > 0) return;
  while (mounts().some(({ path }) => path === NETNS)) await run('umount', [NETNS]);
  rmdirSync(NETNS);
}

/** Mounts below the lab's directory in this process's namespace: none, unless something went wrong. */
function labMounts(labDir: string): readonly string[] {
  return mounts()
    .map(({ path }) => path)
    .filter((path) => path.startsWith(`${labDir}/`));
}

async function unmountAll(labDir: string): Promise<number> {
  const paths = labMounts(labDir).toReversed();
  for (const path of paths) await run('umount', ['--lazy', path]);
  return paths.length;
}
