/** Newline-delimited JSON of a watch. */
import type { Json } from '../../api/json.ts';
import { parseBounded } from './bounded-json.ts';
import { DEFAULT_RESPONSE_BUDGET, OverBudget, type ResponseBudget } from './budget.ts';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The value of one line, and the length of the line in bytes. */
export interface JsonLine {
  readonly json: Json;
  readonly bytes: number;
}

/**
 * Parses each line of a byte stream. A line is decoded once, when it is complete, so the cost is linear in its length
 * however small the chunks are, and chunks may split a character. The newline of the last line is optional; empty lines
 * are skipped.
 * @throws SyntaxError for a line that is not JSON, OverBudget for one that is too long or too costly to parse.
 */
export async function* jsonLines(
  chunks: AsyncIterable<Uint8Array>,
  budget: ResponseBudget = DEFAULT_RESPONSE_BUDGET,
): AsyncGenerator<JsonLine, void, undefined> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  const hold = (piece: Buffer) => {
    heldBytes += piece.length;
    if (heldBytes > budget.lineBytes) throw new OverBudget(`a line has more than ${budget.lineBytes} bytes`);
    held.push(piece);
  };
  const release = (): Buffer => {
    const line = held.length === 1 && held[0] ? held[0] : Buffer.concat(held, heldBytes);
    held = [];
    heldBytes = 0;
    return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
  };

  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      hold(bytes.subarray(start, end));
      start = end + 1;
      const line = release();
      if (line.length > 0) yield { json: parseBounded(line, budget), bytes: line.length };
    }
    if (start < bytes.length) hold(bytes.subarray(start));
  }
  const last = release();
  if (last.length > 0) yield { json: parseBounded(last, budget), bytes: last.length };
}
