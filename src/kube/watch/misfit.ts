/** Part of an object that does not fit the schema of its resource. */

/** Maximum length of a value in a message, in characters. */
const SHOWN = 64;

/** A value for a message, on one line of printable ASCII: it comes from an API server that may be hostile. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value !== 'string') return `a ${typeof value}`;
  const text = JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value);
  return text.replace(/[^ -~…]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** An object cannot be used because of one field. The store sets it aside; it never reaches the engine. */
export class Misfit extends Error {
  override readonly name = 'Misfit';
  /** Path of the field: `endpoints[3].hostname`. */
  readonly field: string;
  /** Continues the path: `"BAD HOST" is not a DNS label`. */
  readonly problem: string;

  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`);
    this.field = field;
    this.problem = problem;
  }

  /** The same problem, seen from an object that contains this one at `path`. */
  within(path: string): Misfit {
    return new Misfit(this.field === '' ? path : `${path}.${this.field}`, this.problem);
  }
}
