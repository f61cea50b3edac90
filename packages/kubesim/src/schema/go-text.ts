/** Strings that Go parses, with Go's error messages. */
import type { Json } from '../machinery/json.ts';

/** The parts of a time in the order in which Go parses them: the layout element and its allowed form. */
const TIME_PARTS: readonly (readonly [layout: string, form: RegExp])[] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d\d/],
  ['-', /^-/],
  ['02', /^\d\d/],
  ['T', /^T/],
  ['15', /^\d\d/],
  [':', /^:/],
  ['04', /^\d\d/],
  [':', /^:/],
  ['05', /^\d\d([.,]\d+)?/],
  ['Z07:00', /^(Z|[+-]\d\d:\d\d)/],
];

/** Go's parse error for a malformed RFC 3339 time; undefined if it is valid. `micro`: with six fractional digits. */
export function timeProblem(text: string, micro: boolean): string | undefined {
  let rest = text;
  const layout = `2006-01-02T15:04:05${micro ? '.000000' : ''}Z07:00`;
  const failed = (why: string): string => `parsing time ${JSON.stringify(text)} as "${layout}": ${why}`;
  for (const [part, form] of TIME_PARTS) {
    const match = form.exec(rest);
    if (!match) return failed(`cannot parse ${JSON.stringify(rest)} as "${part}"`);
    rest = rest.slice(match[0].length);
    if (micro && part === '05') {
      const digits = /\.\d{6}$/.test(match[0]);
      if (!digits) return failed(`cannot parse ${JSON.stringify(match[0].slice(2) + rest)} as ".000000"`);
    }
  }
  return rest === '' ? undefined : `parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`;
}

/** The API server's error for a malformed quantity; undefined if it is valid. */
export function quantityProblem(value: Json): string | undefined {
  if (typeof value === 'number') return undefined;
  if (typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)([EPTGMKk]i?|[num]|[eE][+-]?\d+)?$/.test(value))
    return undefined;
  return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
}

/** Go's error for malformed base64; undefined if it is valid. Line breaks are ignored. */
export function base64Problem(text: string): string | undefined {
  const valid = /^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/.test(text);
  const bare = text.replaceAll(/[\r\n]/g, '');
  if (valid && bare.length % 4 === 0) return undefined;
  const bad = text.search(/[^A-Za-z0-9+/\r\n]/);
  const at = bad >= 0 && text[bad] !== '=' ? bad : Math.floor(bare.length / 4) * 4;
  return `illegal base64 data at input byte ${at}`;
}
