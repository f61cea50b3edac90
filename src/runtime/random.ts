/** A random number in [0, 1): handed in where jitter is wanted, so that tests can replay it. */
export type Random = () => number;
