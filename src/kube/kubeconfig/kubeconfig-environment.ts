/** Files and surroundings that a kubeconfig refers to. */
import { createHash } from 'node:crypto';
import { readFile as readFromDisk } from 'node:fs/promises';
import type { Clock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { messageOf } from '../../runtime/thrown.ts';
import type { Semaphore } from '../client/semaphore.ts';

export interface KubeconfigEnvironment {
  /** Reads a text file. Default: from disk. */
  readonly readFile?: (path: string) => Promise<string>;
  readonly clock?: Clock;
  /** Environment for exec plugins; without PATH, only commands with a path are found. Default: empty. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Bounds how many exec plugins run at a time, for all kubeconfigs that share it. Default: no bound. */
  readonly pluginRuns?: Semaphore;
}

export function readText(path: string): Promise<string> {
  return readFromDisk(path, 'utf8');
}

export function unreadable(what: string, cause: unknown): CatamaranError {
  const message = messageOf(cause);
  return new CatamaranError('CTM_KUBECONFIG_READ', `${what}: cannot be read: ${message}`, { cause });
}

/** For comparing contents that may have secrets in them. */
export function digest(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url');
}
