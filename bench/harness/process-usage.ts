/** What the system says a process uses. Source: proc(5). */
import { readFile } from 'node:fs/promises';

/** USER_HZ, which Linux has not changed on any system in decades. */
const TICKS_PER_SECOND = 100;

/** Seconds of CPU time that a process has taken so far, all its threads, in steps of 10 ms. */
export async function cpuSeconds(pid: number): Promise<number> {
  // The name of the program, in brackets, may hold anything; the 12th and 13th field behind it are ticks.
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Memory in bytes. */
export interface MemoryUsage {
  readonly resident: number;
  /** The most that was resident since the start. */
  readonly peak: number;
}

/** Memory that a process has now. */
export async function memoryUsage(pid: number): Promise<MemoryUsage> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const bytes = (field: string): number => {
    const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
    return Number(kibibytes ?? Number.NaN) * 1_024;
  };
  return { resident: bytes('VmRSS'), peak: bytes('VmHWM') };
}
