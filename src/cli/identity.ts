/** Who this process is on Leases, and how to tell that another one has ended. */
import { readFileSync, readlinkSync } from 'node:fs';

/** What a process on a machine is known by. */
export interface ProcessName {
  /** Name of the pod or machine. */
  readonly host: string;
  readonly pid: number;
  /** Boot of the kernel and PID namespace: a pid means nothing outside them. Empty where the system does not tell. */
  readonly pidNamespace: string;
}

/** This process. */
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

/** `host_namespace_pid`, as it stands on a Lease. */
export function identityOf({ host, pid, pidNamespace }: ProcessName): string {
  return `${host}_${pidNamespace}_${pid}`;
}

/**
 * Whether an identity names a process of this machine, boot and PID namespace that is no more: its Lease need not run out
 * before it is taken. Anything else, such as a reused pid, counts as alive.
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
