/** What a console gets from the program that it is part of. */
import type { Fleet } from '../../fleet/fleet.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Pace } from '../../runtime/pace.ts';
import type { LiveRequest, LiveRequestLine, Write } from './api-types.ts';
import type { Accounts } from './sessions/accounts.ts';

/** The log of what the controller of this process wrote. */
export interface WriteSource {
  /** The newest first. */
  recent(): Iterable<Write>;
  /** Entries that were dropped because the log is bounded. */
  readonly dropped: number;
}

/** Sends real requests from pods of a member. */
export type Requester = (
  request: LiveRequest & { readonly port: number },
  signal: AbortSignal,
) => AsyncIterable<LiveRequestLine>;

export interface ConsoleOptions {
  readonly fleet: Fleet;
  readonly accounts: Accounts;
  /** Host names of requests that are served, besides IP addresses and localhost. */
  readonly hosts: readonly string[];
  /** Whether users may change anything. */
  readonly write: boolean;
  /** Default: the Events of the members. */
  readonly writes?: WriteSource;
  readonly requester?: Requester;
  /** Why there is no requester. */
  readonly noRequester: string;
  /** Directory of the page's files. */
  readonly files: string;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pace: Pace;
}
