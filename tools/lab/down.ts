/**
 * Takes a lab away, also one whose starter was killed: what it looks for is found in the system itself. Processes go
 * first; mounts and the network namespaces of pods are the nodes' own and go with them.
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

/** What was there and is no more. */
export interface Removed {
  readonly processes: number;
  readonly namespaces: number;
  readonly cgroups: number;
  readonly mounts: number;
}

/**
 * Ends all processes of the lab and removes its mounts, namespaces, control groups and state. Throws an Error that
 * names what is left where something stays.
 */
export async function removeLab(labDir: string): Promise<Removed> {
  const processes = await endAll(labDir);
  const unmounted = await unmountAll(labDir);
  const namespaces = labNamespaces();
  for (const name of namespaces) await run('ip', ['netns', 'delete', name]);
  await forgetNetns();
  const cgroups = await removeCgroups();
  rmSync(labDir, { recursive: true, force: true });
  const left = whatIsLeft(labDir);
  if (left.length > 0) throw new Error(`the lab is not gone: ${left.slice(0, 10).join(', ')}`);
  return { processes, namespaces: namespaces.length, cgroups, mounts: unmounted };
}

/** Everything of a lab that is there, one line each; nothing where there is no lab. */
export function whatIsLeft(labDir: string): readonly string[] {
  return [
    ...labPids(labDir).map((pid) => `process ${pid} (${commandOf(pid)})`),
    ...labNamespaces().map((name) => `network namespace ${name}`),
    ...labMounts(labDir).map((path) => `mount ${path}`),
    ...labCgroups(),
    ...(existsSync(labDir) ? [labDir] : []),
  ];
}

/**
 * Ends nodes by their first process first. The kernel ends the others then, and those that started them, outside of the
 * node, see their end: nothing is left to the host's first process, which may be slow to take leave of it.
 */
async function endAll(labDir: string): Promise<number> {
  const seen = new Set<number>(labPids(labDir));
  for (const pid of [...seen].filter(isFirstOfNode)) kill(pid, 'SIGKILL');
  const grace = Date.now() + GRACE_MS;
  while (Date.now() < grace && labPids(labDir).some(isOfNode)) await delay(50);
  const end = Date.now() + TIMEOUT_MS;
  for (let pids = labPids(labDir); pids.length > 0; pids = labPids(labDir)) {
    if (Date.now() > end) throw new Error(`processes do not end: ${pids.map((pid) => `${pid} (${commandOf(pid)})`)}`);
    for (const pid of pids) {
      seen.add(pid);
      kill(pid, 'SIGKILL');
    }
    await delay(50);
  }
  return seen.size;
}

/**
 * Processes that the lab wrote down, those in one of its network namespaces and those in one of its control groups.
 * Processes of pods are of the third kind, and of a node whose first process ends them with it.
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

/** Its pids in the process namespaces that it is in, the host's first. */
function pidsOf(pid: number): readonly string[] {
  const line = readLines(`/proc/${pid}/status`).find((text) => text.startsWith('NSpid:'));
  return line?.split('\t').slice(1) ?? [];
}

function isFirstOfNode(pid: number): boolean {
  const pids = pidsOf(pid);
  return pids.length === 2 && pids[1] === '1';
}

/** Whether it is in a node, or the process outside that started one and waits for it. */
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

/** `ip` leaves its folder mounted on itself; where nobody's namespace is in it, that goes too. */
async function forgetNetns(): Promise<void> {
  if (!existsSync(NETNS) || readdirSync(NETNS).length > 0) return;
  while (mounts().some(({ path }) => path === NETNS)) await run('umount', [NETNS]);
  rmdirSync(NETNS);
}

/** Mounts below the lab's folder that this process sees: none, unless something went wrong. */
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
