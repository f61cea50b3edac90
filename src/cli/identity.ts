/** Identity of this process on Leases, and detection of holders that have exited. */
import { readFileSync, readlinkSync } from 'node:fs';

/** Identifies a process of one machine. */
export interface ProcessName {
  /** Name of the pod or machine. */
  readonly host: string;
  readonly pid: number;
  /** Boot ID and PID namespace, which together give a pid its meaning. Empty if the system has no /proc. */
  readonly pidNamespace: string;
}

export function thisProcess(host: string): ProcessName {
  return { host, pid: process.pid, pidNamespace: pidNamespace() };
}

function pidNamespace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
    return `${boot}-${namespace}`;
  } catch {
    return '';
  }
}

/** `host_namespace_pid`, the holderIdentity of a Lease. */
export function identityOf({ host, pid, pidNamespace }: ProcessName): string {
  return `${host}_${pidNamespace}_${pid}`;
}

/**
 * Whether an identity is a process of this machine, boot and PID namespace that no longer exists, so that its Lease can
 * be acquired before it expires. Any other identity counts as alive, including one with a reused pid.
 */
export function hasEnded(identity: string, self: ProcessName): boolean {
  const prefix = `${self.host}_${self.pidNamespace}_`;
  if (self.pidNamespace === '' || !identity.startsWith(prefix)) return false;
  const pid = Number(identity.slice(prefix.length));
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === self.pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
