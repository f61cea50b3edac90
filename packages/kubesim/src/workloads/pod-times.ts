/** Duration of phases in the life of a pod, in milliseconds. */
export interface PodTimes {
  /** From scheduling to ready. Default: 100. */
  readonly readyAfterMs: number;
  /** From deletion to removal, unless the grace period is shorter. Default: 500. */
  readonly stopAfterMs: number;
}
