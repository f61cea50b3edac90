/** A random number in [0, 1). Injected, so that tests can replay it. */
export type Random = () => number;
