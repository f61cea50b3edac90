/** Reads what was thrown: by the types of JavaScript, that may be anything. */

/** The message of an Error, or the text of anything else. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** An Error as it is, anything else as the message of one. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
