/** What the stores of one API server keep in memory, in bytes, as an estimate. */
export interface Load {
  bytes: number;
  /** The maximum. */
  most: number;
}

/** Of an object of which little more than the name is kept. */
export const SMALL_BYTES = 128;

/** Of an object that is set aside: its name, and why. */
export const SET_ASIDE_BYTES = 1_024;
