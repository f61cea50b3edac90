/** An error that whoever starts a cluster can act on. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}
