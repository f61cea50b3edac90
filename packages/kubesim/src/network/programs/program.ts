/** Programs that pods have: each is a function of its arguments, and returns an exit code. */
import type { Container, Pod } from '../../workloads/kinds.ts';
import type { Client } from '../client.ts';
import type { Fabric } from '../fabric.ts';
import type { Resolver } from '../resolver.ts';

/** The pod that a program runs in, and its input and output. */
export interface Execution {
  readonly client: Client;
  readonly pod: Pod;
  readonly container: Container;
  readonly fabric: Fabric;
  readonly resolver: Resolver;
  readonly environment: ReadonlyMap<string, string>;
  /** Lines of stdin, without their ends. */
  readonly lines: AsyncIterator<string>;
  /** Whether stdin is a terminal, so that programs prompt. */
  readonly tty: boolean;
  stdout(text: string): void;
  stderr(text: string): void;
}

export type Program = (execution: Execution, args: readonly string[]) => Promise<number>;

/** Exit code for a command that does not exist. Source: POSIX shell, Exit Status for Commands. */
export const NOT_FOUND = 127;
