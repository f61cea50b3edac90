/** What a client of exec or attach and a process in a pod exchange. */
import type { StoredObject } from '../../machinery/object.ts';

export interface ProcessStreams {
  /** Bytes from the client, until it closes its side. Empty without stdin. */
  readonly stdin: AsyncIterable<Buffer>;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Whether the client asked for a terminal. */
  readonly tty: boolean;
}

/** Runs until the process ends; returns its exit code. */
export type RunProcess = (streams: ProcessStreams) => Promise<number>;

/**
 * Prepares a process for a request of a subresource such as `/pods/exec`, before the connection is upgraded.
 *
 * @throws StatusError
 */
export type StreamHandler = (object: StoredObject, query: URLSearchParams) => RunProcess;
