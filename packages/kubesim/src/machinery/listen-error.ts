/** A port that is in use, or cannot be listened on for another reason. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}
