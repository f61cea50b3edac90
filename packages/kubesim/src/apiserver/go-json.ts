/** JSON syntax errors with the messages of Go's encoding/json, as passed on by the API server. */

/** JSON literals by first character; messages name the character that differs. */
const LITERALS: Readonly<Record<string, string>> = { n: 'null', t: 'true', f: 'false' };

function quoted(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return "'\"'";
  return `'${JSON.stringify(character).slice(1, -1)}'`;
}

/** Go's message for malformed JSON, as far as it depends on the beginning and end of the text. */
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
