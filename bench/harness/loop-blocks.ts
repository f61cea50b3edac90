/** Reads what `loop-ticker.ts` recorded in a measured process. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const TICKER = fileURLToPath(new URL('loop-ticker.ts', import.meta.url));

/** The longest block of an event loop, in ms. */
export interface Block {
  /** CPU time that the thread used between two ticks. */
  readonly used: number;
  /** Time that passed, with that of other processes on the same core. */
  readonly passed: number;
}

/** Options of Node.js that make a process record its blocks in a file. */
export function tickerOptions(file: string): readonly string[] {
  return ['--import', `${pathToFileURL(TICKER)}?file=${encodeURIComponent(file)}`];
}

/** The longest block since a time, in ms since the epoch; zero if nothing was recorded. */
export async function longestBlock(file: string, since: number): Promise<Block> {
  const lines = (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
    .filter(([at = 0]) => at >= since);
  return {
    passed: Math.max(0, ...lines.map(([, passed = 0]) => passed)),
    used: Math.max(0, ...lines.map(([, , used = 0]) => used)),
  };
}
