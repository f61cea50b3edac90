/** CPU time and memory of a process. Source: proc(5). */
import { readFile } from 'node:fs/promises';

/** USER_HZ, which is 100 on all relevant Linux systems. */
const TICKS_PER_SECOND = 100;

/** CPU time of all threads since process start, in seconds with a resolution of 10 ms. */
export async function cpuSeconds(pid: number): Promise<number> {
  // The program name in parentheses may contain anything; utime and stime are the 12th and 13th fields after it.
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Memory in bytes. */
export interface MemoryUsage {
  readonly resident: number;
  /** Maximum resident memory since process start. */
  readonly peak: number;
}

export async function memoryUsage(pid: number): Promise<MemoryUsage> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const bytes = (field: string): number => {
    const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
    return Number(kibibytes ?? Number.NaN) * 1_024;
  };
  return { resident: bytes('VmRSS'), peak: bytes('VmHWM') };
}
