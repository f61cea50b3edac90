/** Reads the kernel's tables of processes and mounts. */
import { readFileSync } from 'node:fs';

/** The non-empty lines of a file; none if it does not exist, or disappears while it is read. */
export function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}

export interface Mount {
  readonly path: string;
  /** File system type: `ext4`, `cgroup`, ... */
  readonly type: string;
}

/** All mounts of this process's namespace, in the order of their creation. */
export function mounts(): readonly Mount[] {
  return readLines('/proc/self/mountinfo').map((line) => {
    const [before = '', after = ''] = line.split(' - ');
    return { path: decode(before.split(' ')[4] ?? ''), type: after.split(' ')[0] ?? '' };
  });
}

/** Spaces, tabs, newlines and backslashes are in octal (proc_pid_mountinfo(5)). */
function decode(path: string): string {
  return path.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
