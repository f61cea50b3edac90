import { readFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../runtime/clock.ts';
import { CatamaranError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { inSteps } from '../runtime/steps.ts';
import type { FleetConfig } from './fleet-config.ts';
import { fleetSteps, parseFleet } from './parse.ts';

/** A configuration and its source text. */
export interface LoadedFleet {
  readonly text: string;
  readonly config: FleetConfig;
}

/** Returns the content of a file; rejects with the errors of node:fs. */
export type ReadText = (path: string) => Promise<string>;

const readUtf8: ReadText = (path) => readFile(path, 'utf8');

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'EISDIR') return 'is a directory';
  return error.message;
}

async function readFleetText(path: string, read: ReadText): Promise<string> {
  try {
    return await read(path);
  } catch (error) {
    throw new CatamaranError('CTM_CONFIG_READ', `${path}: cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

/** @throws CTM_CONFIG_READ, or the errors of {@link parseFleet}. */
export async function loadFleet(path: string, read: ReadText = readUtf8): Promise<LoadedFleet> {
  const text = await readFleetText(path, read);
  return { text, config: parseFleet(text, { file: path }) };
}

export interface WatchFleetOptions {
  /** The configuration in use, for which onChange is not called. */
  readonly current: LoadedFleet;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with each new configuration and awaited before the file is read again. An error ends the watch. */
  readonly onChange: (config: FleetConfig) => void | Promise<void>;
  /** Called for each new content once it is in effect, even if it changed nothing. */
  readonly onApplied?: () => void;
  /** Called once per invalid content, and once while the file cannot be read. The last good configuration stays. */
  readonly onError: (error: CatamaranError) => void;
  /** Interval between reads of the file. Default: 1,000 ms. */
  readonly intervalMs?: number;
  readonly read?: ReadText;
}

type FileState = { readonly text: string } | { readonly error: CatamaranError };

async function readState(path: string, read: ReadText): Promise<FileState> {
  try {
    return { text: await readFleetText(path, read) };
  } catch (error) {
    if (error instanceof CatamaranError) return { error };
    throw error;
  }
}

function isSameState(a: FileState, b: FileState): boolean {
  if ('text' in a && 'text' in b) return a.text === b.text;
  return 'error' in a && 'error' in b && a.error.message === b.error.message;
}

async function parseState(seen: FileState, path: string): Promise<FleetConfig | CatamaranError> {
  if ('error' in seen) return seen.error;
  try {
    // Leases and heartbeats come before what the edit changes.
    return await inSteps(fleetSteps(seen.text, { file: path }), nextTurn);
  } catch (error) {
    if (error instanceof CatamaranError) return error;
    throw error;
  }
}

/**
 * Follows a fleet file until the signal aborts, then resolves. It polls the content, since notifications miss editors
 * that rename and ConfigMap mounts that swap a symlink. A change takes effect once two consecutive reads agree: a
 * half-written file may be valid YAML with members missing, which would be drained.
 */
export async function watchFleetFile(path: string, options: WatchFleetOptions): Promise<void> {
  const { signal, clock, logger, onChange, onApplied, onError, intervalMs = 1000, read = readUtf8 } = options;
  let config = options.current.config;
  let handled: FileState = { text: options.current.text };
  let last: FileState = handled;
  let rejected = false;
  while (!signal.aborted) {
    try {
      await clock.sleep(intervalMs, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    const seen = await readState(path, read);
    const stable = isSameState(seen, last);
    last = seen;
    if (!stable || isSameState(seen, handled)) continue;
    handled = seen;
    const result = await parseState(seen, path);
    if (result instanceof CatamaranError) {
      logger.error(
        { file: path, code: result.code, problem: result.message },
        'fleet file rejected, keeping the last good configuration',
      );
      rejected = true;
      onError(result);
      continue;
    }
    if (rejected) logger.info({ file: path }, 'fleet file accepted again');
    rejected = false;
    if (!isDeepStrictEqual(result, config)) {
      config = result;
      logger.info({ file: path, members: config.members.length }, 'fleet file changed');
      await onChange(config);
    }
    onApplied?.();
  }
}
