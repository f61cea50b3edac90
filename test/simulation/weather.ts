/** What the way between one replica and one member does to what passes. */

/** `refused`: connections are reset, and no new one is taken. `silent`: nothing arrives, until it is open again. */
export type Reach = 'open' | 'refused' | 'silent';

/** Shares are of requests or events, from 0 to 1; times are in milliseconds, and are the longest. */
export interface Weather {
  readonly reach: Reach;
  /** On the way there, and again on the way back. */
  readonly latencyMs: number;
  /** Requests that are answered with 429, 500 or 503, and not acted on. */
  readonly refusals: number;
  /** The same of writes only. */
  readonly refusedWrites: number;
  /** Writes that are acted on, and answered with 500 or 504, as where etcd answers too late. */
  readonly brokenWrites: number;
  /** Writes to an object that somebody else changes just before: they are answered with 409. */
  readonly rivals: number;
  /** Requests that are acted on, and whose answer never comes. */
  readonly lostAnswers: number;
  /** Events that are held up, with all that come after them. */
  readonly delayedEvents: number;
  readonly eventDelayMs: number;
  readonly doubledEvents: number;
  /** Events after which the stream breaks. */
  readonly cuts: number;
  /** Events after which the stream stays open and says nothing more: what followed is only found by another stream. */
  readonly mutes: number;
  /** Events that are left out while the stream goes on, which no API server does: only a full reading finds them. */
  readonly gaps: number;
  /** Watches, and events of them, that are answered with 410. */
  readonly expiries: number;
  /** Whether bookmarks get through. */
  readonly bookmarks: boolean;
  /** Lists and WatchLists that are answered with a state of a while ago. */
  readonly staleLists: number;
}

/** Nothing goes wrong. */
export const CLEAR: Weather = {
  reach: 'open',
  latencyMs: 20,
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
