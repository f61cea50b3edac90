/** Newline-separated JSON, as a watch sends it. */
import type { Json } from '../../api/json.ts';
import { parseJson } from '../../api/json.ts';

const NEWLINE = 0x0a;

/** Largest line taken; etcd's own limit for an object is far below it. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/**
 * Parses each line of a byte stream. Bytes are kept until their newline is there and decoded once, so the cost is
 * linear in the size of a line however small its pieces are, and a character may be cut anywhere. A last line without
 * a newline counts; empty lines do not. Throws a SyntaxError for a line that is not JSON, and a RangeError for one
 * over `maxBytes`.
 */
export async function* jsonLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number = MAX_LINE_BYTES,
): AsyncGenerator<Json, void, undefined> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  const hold = (piece: Buffer) => {
    heldBytes += piece.length;
    if (heldBytes > maxBytes) throw new RangeError(`a line is longer than ${maxBytes} bytes`);
    held.push(piece);
  };
  const release = (): string => {
    const line = held.length === 1 && held[0] ? held[0] : Buffer.concat(held, heldBytes);
    held = [];
    heldBytes = 0;
    return line.toString('utf8').trim();
  };

  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      hold(bytes.subarray(start, end));
      start = end + 1;
      const line = release();
      if (line !== '') yield parseJson(line);
    }
    if (start < bytes.length) hold(bytes.subarray(start));
  }
  const last = release();
  if (last !== '') yield parseJson(last);
}
