/** Parses JSON of an API server within a budget. */
import type { Json } from '../../api/json.ts';
import { parseJson } from '../../api/json.ts';
import { LongBody, OverBudget, type ResponseBudget } from './budget.ts';

/**
 * Up to this size nothing can take long: 64 KiB of nested lists are parsed in 40 ms. A slice of 100 endpoints has half
 * of it, so that almost no honest line is scanned.
 */
const SCANNED_BYTES = 64 * 1024;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** @throws OverBudget for a text that is nested too deep, or has too many values. */
function requireModest(bytes: Uint8Array, { depth: deepest, values: most }: ResponseBudget): void {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfText(bytes, at + 1);
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        if (++depth > deepest) throw new OverBudget(`JSON is nested deeper than ${deepest}`);
        values++;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth--;
        break;
      case COMMA:
        values++;
        break;
      default:
    }
  }
  if (values > most) throw new LongBody(`JSON has more than ${most} values`);
}

/** Index of the quote that ends a text. */
function endOfText(bytes: Uint8Array, from: number): number {
  let end = bytes.indexOf(QUOTE, from);
  while (end !== -1 && isEscaped(bytes, end, from)) end = bytes.indexOf(QUOTE, end + 1);
  return end === -1 ? bytes.length : end;
}

function isEscaped(bytes: Uint8Array, at: number, from: number): boolean {
  let backslashes = 0;
  while (at - backslashes > from && bytes[at - backslashes - 1] === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

/**
 * Checks depth and number of values before parsing, since the parser would spend seconds and hundreds of MiB on a few
 * MiB of brackets.
 *
 * @throws SyntaxError for a text that is not JSON, OverBudget for one that is too costly to parse.
 */
export function parseBounded(bytes: Buffer, budget: ResponseBudget): Json {
  if (bytes.length > SCANNED_BYTES) requireModest(bytes, budget);
  return parseJson(bytes.toString('utf8'));
}
