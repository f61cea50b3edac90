/** Runs a target with mutated inputs, reproducible from a seed. */
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
  /** Live memory after the first tenth and at the end, in bytes. */
  readonly heap: readonly [number, number];
}

export interface FuzzOptions {
  readonly count: number;
  readonly seed: number;
  /** Collects garbage, so that memory can be compared. */
  readonly collect: () => void;
}

/** Stops after this many failures. */
const MAX_FAILURES = 20;

export async function fuzz({ input, check }: FuzzTarget, { count, seed, collect }: FuzzOptions): Promise<Outcome> {
  const failures: Failure[] = [];
  const live = () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  let first = 0;
  for (let i = 0; i < count && failures.length < MAX_FAILURES; i++) {
    if (i === Math.floor(count / 10)) first = live();
    const bytes = input(randomOf(seed + i));
    try {
      const checked = check(bytes);
      if (checked) await checked;
    } catch (error) {
      failures.push({ seed: seed + i, input: bytes, error });
    }
  }
  return { failures, heap: [first, live()] };
}
