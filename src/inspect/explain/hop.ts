/** The steps of a request's way to an exported Service, each with what was found there. */

/** `skipped`: it cannot be judged, because an earlier hop is broken or nothing could be read. */
export type HopResult = 'ok' | 'warning' | 'broken' | 'skipped';

export interface Hop {
  /** Name of the step, such as `Service` or `slices`. */
  readonly hop: string;
  readonly member: string;
  readonly result: HopResult;
  /** What was found, in one line. */
  readonly seen: string;
  /** What a user can do about it. */
  readonly remedy?: string;
}

/** Binds the member of several hops. */
export function hopsOf(member: string): (hop: string, result: HopResult, seen: string, remedy?: string) => Hop {
  return (hop, result, seen, remedy) => ({ hop, member, result, seen, ...(remedy !== undefined && { remedy }) });
}

/** Whether a request can get past the hops. */
export function isOpen(hops: readonly Hop[]): boolean {
  return hops.every(({ result }) => result !== 'broken');
}
