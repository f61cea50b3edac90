/** Control groups of the lab's pods: one group per node, in each hierarchy of cgroup v1, or in the one of v2. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CGROUP } from './layout.ts';
import { mounts } from './system.ts';

const TIMEOUT_MS = 30_000;

/** The group of a node, for kubelet's `cgroupRoot`. */
export function cgroupOf(node: string): string {
  return `/${CGROUP}/${node}`;
}

/** Creates a node's group, which kubelet requires. */
export function makeCgroup(node: string): void {
  for (const root of hierarchies()) {
    let parent = root;
    for (const name of [CGROUP, node]) {
      const group = join(parent, name);
      if (!existsSync(group)) mkdirSync(group);
      // In v1, a group without these cannot have processes.
      for (const file of ['cpuset.cpus', 'cpuset.mems']) {
        const isV1 = existsSync(join(root, 'cgroup.clone_children'));
        if (isV1 && existsSync(join(group, file))) writeFileSync(join(group, file), readFileSync(join(parent, file)));
      }
      parent = group;
    }
  }
}

/** The lab's groups in all hierarchies, children before their parents. */
export function labCgroups(): readonly string[] {
  return hierarchies()
    .map((root) => join(root, CGROUP))
    .filter((group) => existsSync(group))
    .flatMap(groupsBelow);
}

/** Removes all groups and returns their number; a group stays busy briefly after its last process has exited. */
export async function removeCgroups(): Promise<number> {
  const count = labCgroups().length;
  const end = Date.now() + TIMEOUT_MS;
  for (let groups = labCgroups(); groups.length > 0; groups = labCgroups()) {
    for (const group of groups) {
      try {
        rmdirSync(group);
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
    await delay(50);
  }
  return count;
}

function hierarchies(): readonly string[] {
  return mounts()
    .filter(({ type }) => type === 'cgroup' || type === 'cgroup2')
    .map(({ path }) => path);
}

function groupsBelow(group: string): string[] {
  const children = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...children.flatMap((entry) => groupsBelow(join(group, entry.name))), group];
}
