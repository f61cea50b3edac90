/** Faults of the link between one replica and one member. */

/** `refused`: connections are reset, and new ones refused. `silent`: no data arrives until the link is open again. */
export type Reach = 'open' | 'refused' | 'silent';

/** Shares are fractions of requests or events, from 0 to 1; times are maximums in milliseconds. */
export interface Weather {
  readonly reach: Reach;
  /** Resources whose reads get no response, as behind a proxy that holds back large responses. */
  readonly heldBack: readonly string[];
  /** Namespaces in which writes get no response, as with a webhook that hangs. They have no effect. */
  readonly hangingWrites: readonly string[];
  /** In each direction. */
  readonly latencyMs: number;
  /** Whether events of watches arrive without delay: otherwise they arrive one at a time, so that many never come at once. */
  readonly promptEvents: boolean;
  /** Requests rejected with 429, 500 or 503, without effect. */
  readonly refusals: number;
  /** The same, for writes only. */
  readonly refusedWrites: number;
  /** Writes that take effect, but get a 500 or 504, as with an etcd timeout. */
  readonly brokenWrites: number;
  /** Writes to an object that another client changes just before: they get a 409. */
  readonly rivals: number;
  /** Requests that take effect, but never get a response. */
  readonly lostAnswers: number;
  /** Events that are delayed, together with all that follow. */
  readonly delayedEvents: number;
  readonly eventDelayMs: number;
  readonly doubledEvents: number;
  /** Events after which the stream breaks. */
  readonly cuts: number;
  /** Events after which the stream stays open but silent: later events are only found by another stream. */
  readonly mutes: number;
  /** Events dropped from a stream that continues, which no API server does: only a full relist finds them. */
  readonly gaps: number;
  /** Watches, and watch events, that get a 410. */
  readonly expiries: number;
  /** Whether bookmarks are delivered. */
  readonly bookmarks: boolean;
  /** Lists and WatchLists that return a past state. */
  readonly staleLists: number;
}

/** No faults. */
export const CLEAR: Weather = {
  reach: 'open',
  heldBack: [],
  hangingWrites: [],
  latencyMs: 20,
  promptEvents: false,
  refusals: 0,
  refusedWrites: 0,
  brokenWrites: 0,
  rivals: 0,
  lostAnswers: 0,
  delayedEvents: 0,
  eventDelayMs: 0,
  doubledEvents: 0,
  cuts: 0,
  mutes: 0,
  gaps: 0,
  expiries: 0,
  bookmarks: true,
  staleLists: 0,
};
