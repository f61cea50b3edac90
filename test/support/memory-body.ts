/** Bodies of answers that never leave the process. */
import type { ResponseBody } from '../../src/kube/client/transport.ts';

/** A body made of pieces as they come. */
export class MemoryBody implements ResponseBody {
  readonly #pieces: AsyncIterable<Uint8Array>;
  #closed: (() => void)[] = [];

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces;
  }

  once(_: 'close', listener: () => void): void {
    this.#closed.push(listener);
  }

  async text(): Promise<string> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* this.#pieces;
    } finally {
      for (const listener of this.#closed.splice(0)) listener();
    }
  }
}

/** A body that is there as a whole. */
export function wholeBody(text: string): MemoryBody {
  return new MemoryBody(
    (async function* () {
      yield Buffer.from(text);
    })(),
  );
}

/** What a socket fails with. */
export function socketError(code: 'ECONNREFUSED' | 'ECONNRESET'): Error {
  return Object.assign(new Error(code === 'ECONNRESET' ? 'read ECONNRESET' : 'connect ECONNREFUSED'), { code });
}

/** Settles as `work` does, or rejects with the signal's reason as soon as it aborts. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
