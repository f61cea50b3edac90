/** Syntax errors of JSON in the words of Go's encoding/json, as an API server repeats them. */

/** The literals of JSON; what differs from one is told by the character. */
const LITERALS: Readonly<Record<string, string>> = { n: 'null', t: 'true', f: 'false' };

function quoted(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return "'\"'";
  return `'${JSON.stringify(character).slice(1, -1)}'`;
}

/** What is wrong with a text that is not JSON, as far as the words go by its beginning and end. */
export function jsonSyntaxProblem(text: string): string {
  const start = text.trimStart();
  const first = start.charAt(0);
  if (first === '') return 'unexpected end of JSON input';
  const literal = LITERALS[first];
  if (literal !== undefined) {
    for (let at = 1; at < literal.length; at++) {
      const given = start.charAt(at);
      if (given === literal.charAt(at)) continue;
      if (given === '') return 'unexpected end of JSON input';
      return `invalid character ${quoted(given)} in literal ${literal} (expecting ${quoted(literal.charAt(at))})`;
    }
  }
  if (!/[-{["0-9]/.test(first)) return `invalid character ${quoted(first)} looking for beginning of value`;
  return 'unexpected end of JSON input';
}
