/** In-memory response bodies. */
import type { ResponseBody } from '../../src/kube/client/transport.ts';

/** A body that is streamed in chunks. */
export class MemoryBody implements ResponseBody {
  readonly #chunks: AsyncIterable<Uint8Array>;
  #closed: (() => void)[] = [];

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks;
  }

  once(_: 'close', listener: () => void): void {
    this.#closed.push(listener);
  }

  async text(): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* this.#chunks;
    } finally {
      for (const listener of this.#closed.splice(0)) listener();
    }
  }
}

/** A body in a single chunk. */
export function wholeBody(text: string): MemoryBody {
  return new MemoryBody(
    (async function* () {
      yield Buffer.from(text);
    })(),
  );
}

/** The error of a failed socket. */
export function socketError(code: 'ECONNREFUSED' | 'ECONNRESET'): Error {
  return Object.assign(new Error(code === 'ECONNRESET' ? 'read ECONNRESET' : 'connect ECONNREFUSED'), { code });
}

/** Settles like `work`, or rejects with the signal's reason if it aborts first. */
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
