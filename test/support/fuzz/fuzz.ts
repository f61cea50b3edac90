/** Runs a target with mutated inputs, reproducible from a seed. */
import { setImmediate } from 'node:timers/promises';
import { mutateBytes } from './mutate-bytes.ts';
import { type Below, pick, randomOf } from './random.ts';

/** A part of the program that takes input of others. */
export interface FuzzTarget {
  /** Creates an input. */
  readonly input: (below: Below) => Buffer;
  /** Throws if the input is not handled as it should be; errors that are meant for users are not thrown. */
  readonly check: (input: Buffer) => void | Promise<void>;
}

/** A target whose inputs are mutated `seeds`; `pieces` are inserted, since they mean something in the format. */
export function mutated(
  seeds: readonly [Buffer, ...Buffer[]],
  pieces: readonly Buffer[],
  check: FuzzTarget['check'],
): FuzzTarget {
  return { input: (below) => mutateBytes(pick(seeds, below), below, pieces), check };
}

export interface Failure {
  /** `fuzz` with this seed and a count of 1 repeats it. */
  readonly seed: number;
  readonly input: Buffer;
  readonly error: unknown;
}

export interface Outcome {
  readonly failures: readonly Failure[];
  /**
   * By how much live memory grows with the number of inputs, in bytes over nine tenths of them. What is allocated once,
   * such as compiled code, does not count: it is the least growth of three parts, times three.
   */
  readonly growth: number;
}

export interface FuzzOptions {
  readonly count: number;
  readonly seed: number;
  /** Collects garbage, so that memory can be compared. */
  readonly collect: () => void;
}

/** Stops after this many failures. */
const MAX_FAILURES = 20;

/** Live memory is read after the first tenth of the inputs, and at the end of each of three equal parts of the rest. */
const PARTS = 3;
const WARM_UP = 0.1;

export async function fuzz({ input, check }: FuzzTarget, { count, seed, collect }: FuzzOptions): Promise<Outcome> {
  const failures: Failure[] = [];
  const live = async () => {
    await setImmediate();
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const boundaries = Array.from({ length: PARTS + 1 }, (_, part) =>
    Math.floor(count * (WARM_UP + ((1 - WARM_UP) * part) / PARTS)),
  );
  const readings: number[] = [];
  for (let i = 0; i < count && failures.length < MAX_FAILURES; i++) {
    if (i === boundaries[readings.length]) readings.push(await live());
    const bytes = input(randomOf(seed + i));
    try {
      const checked = check(bytes);
      if (checked) await checked;
    } catch (error) {
      failures.push({ seed: seed + i, input: bytes, error });
    }
  }
  readings.push(await live());
  return { failures, growth: growthOf(readings) };
}

function growthOf(readings: readonly number[]): number {
  const parts = readings.slice(1).map((bytes, part) => bytes - (readings[part] ?? 0));
  return parts.length === 0 ? 0 : PARTS * Math.min(...parts);
}
