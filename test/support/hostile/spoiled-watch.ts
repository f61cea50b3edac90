/** The body of a watch, into which a test can write further lines. */
import { isJsonObject, type Json, type JsonObject, metadataOf, parseJson } from '../../../src/api/json.ts';
import type { ResponseBody } from '../../../src/kube/client/transport.ts';
import { socketError } from '../memory-body.ts';

export interface SpoiledWatchOptions {
  /** Objects sent first, as ADDED events. */
  readonly initial: readonly JsonObject[];
  /** Called with the resourceVersion of each honest event. */
  readonly sent: (version: Json | undefined) => void;
  readonly closed: () => void;
}

/** Honest lines and added ones, in the order in which they arrive. */
export class SpoiledWatch implements ResponseBody {
  readonly plural: string;
  readonly #honest: AsyncIterable<Uint8Array>;
  readonly #signal: AbortSignal;
  readonly #options: SpoiledWatchOptions;
  readonly #lines: (string | Uint8Array)[] = [];
  readonly #listeners: (() => void)[] = [];
  #ended: Error | 'regularly' | undefined;
  #wake = () => {};

  constructor(plural: string, honest: AsyncIterable<Uint8Array>, signal: AbortSignal, options: SpoiledWatchOptions) {
    this.plural = plural;
    this.#honest = honest;
    this.#signal = signal;
    this.#options = options;
    for (const object of options.initial) this.say(`${JSON.stringify({ type: 'ADDED', object })}\n`);
  }

  say(line: string): void {
    this.#lines.push(line);
    this.#wake();
  }

  /** Breaks the connection. */
  end(): void {
    this.#ended ??= socketError('ECONNRESET');
    this.#wake();
  }

  once(_: 'close', listener: () => void): void {
    this.#listeners.push(listener);
  }

  async text(): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const abort = () => this.#wake();
    this.#signal.addEventListener('abort', abort, { once: true });
    const followed = this.#follow();
    try {
      for (;;) {
        for (const line of this.#lines.splice(0)) yield typeof line === 'string' ? Buffer.from(line) : line;
        this.#signal.throwIfAborted();
        if (this.#lines.length > 0) continue;
        if (this.#ended === 'regularly') return;
        if (this.#ended) throw this.#ended;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.#signal.removeEventListener('abort', abort);
      this.#options.closed();
      for (const listener of this.#listeners.splice(0)) listener();
      void followed;
    }
  }

  /** Never rejects: the end of the honest stream ends this one. */
  async #follow(): Promise<void> {
    try {
      for await (const chunk of this.#honest) {
        for (const line of Buffer.from(chunk).toString().split('\n'))
          if (line !== '') this.#options.sent(versionIn(line));
        this.#lines.push(chunk);
        this.#wake();
      }
      this.#ended ??= 'regularly';
    } catch (error) {
      this.#ended ??= error instanceof Error ? error : new Error(String(error));
    }
    this.#wake();
  }
}

/** Undefined for a part of a line. */
function versionIn(line: string): Json | undefined {
  try {
    const event = parseJson(line);
    return isJsonObject(event) && isJsonObject(event.object) ? metadataOf(event.object)?.resourceVersion : undefined;
  } catch {
    return undefined;
  }
}
