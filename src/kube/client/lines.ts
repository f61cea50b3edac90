/** Newline-delimited JSON of a watch. */
import type { Json } from '../../api/json.ts';
import { parseJson } from '../../api/json.ts';

const NEWLINE = 0x0a;

/** Maximum length of a line; etcd's own limit for an object is far below it. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/**
 * Parses each line of a byte stream. A line is decoded once, when it is complete, so the cost is linear in its length
 * however small the chunks are, and chunks may split a character. The newline of the last line is optional; empty lines
 * are skipped.
 * @throws SyntaxError for a line that is not JSON, RangeError for one over `maxBytes`.
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
