/** What the kernel's tables of processes and mounts say. */
import { readFileSync } from 'node:fs';

/** The lines of a file that are not empty; a file that is not there, or goes while it is read, has none. */
export function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}

/** A mount that this process sees. */
export interface Mount {
  readonly path: string;
  /** Of the file system: `ext4`, `cgroup`, ... */
  readonly type: string;
}

/** All mounts, in the order in which they were made. */
export function mounts(): readonly Mount[] {
  return readLines('/proc/self/mountinfo').map((line) => {
    const [before = '', after = ''] = line.split(' - ');
    return { path: decode(before.split(' ')[4] ?? ''), type: after.split(' ')[0] ?? '' };
  });
}

/** The kernel writes spaces, tabs, newlines and backslashes in octal (proc_pid_mountinfo(5)). */
function decode(path: string): string {
  return path.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
