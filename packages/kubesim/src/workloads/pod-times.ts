/** How long the life of a pod takes, in milliseconds. */
export interface PodTimes {
  /** From its scheduling to ready. Default: 100. */
  readonly readyAfterMs: number;
  /** From its deletion to its end, unless its grace period is shorter. Default: 500. */
  readonly stopAfterMs: number;
}
