/**
 * Label selectors in query parameters, with the API server's error messages. Source: Kubernetes documentation, "Labels
 * and Selectors".
 */
import { labelValue, qualifiedName } from '../machinery/formats.ts';
import { badRequest } from '../machinery/status.ts';

type Labels = Readonly<Record<string, string>>;

/** Whether an object with these labels is selected. */
export type LabelMatch = (labels: Labels | undefined) => boolean;

type Operator = '=' | '==' | '!=' | 'in' | 'notin' | '>' | '<' | 'exists' | '!';

interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

interface Token {
  readonly kind: 'word' | 'symbol' | 'end' | 'error';
  readonly text: string;
}

const END: Token = { kind: 'end', text: '' };
const SYMBOL_CHARACTERS = '=!(),><';
const SYMBOLS: ReadonlySet<string> = new Set([')', ',', '!', '==', '=', '>', '<', '!=', '(']);
const OPERATORS: ReadonlySet<string> = new Set(['in', 'notin', '=', '==', '!=', '>', '<']);
/** In the order used in messages. */
const BINARY = 'in, notin, =, ==, !=, gt, lt';

function tokens(text: string): readonly Token[] {
  const found: Token[] = [];
  let position = 0;
  const isSymbol = (at: number): boolean => SYMBOL_CHARACTERS.includes(text.charAt(at)) && at < text.length;
  while (position < text.length) {
    const start = position;
    if (/[ \t\r\n]/.test(text.charAt(position))) {
      position++;
    } else if (isSymbol(position)) {
      let longest = '';
      for (let end = start + 1; end <= text.length && isSymbol(end - 1); end++) {
        const symbol = text.slice(start, end);
        if (SYMBOLS.has(symbol)) longest = symbol;
        else if (longest !== '') break;
      }
      position += longest.length;
      found.push({ kind: 'symbol', text: longest });
    } else {
      while (position < text.length && !isSymbol(position) && !/[ \t\r\n]/.test(text.charAt(position))) position++;
      found.push({ kind: 'word', text: text.slice(start, position) });
    }
  }
  return found;
}

/** Error for an invalid part of a selector; `value` is formatted for the message. */
function invalidPart(path: string, value: string, problems: readonly string[]): Error {
  return new Error(`${path}: Invalid value: ${JSON.stringify(value)}: ${problems.join('; ')}`);
}

class Parser {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(text: string) {
    this.#tokens = tokens(text);
  }

  /** @throws Error with the API server's message. */
  requirements(): readonly Requirement[] {
    const found: Requirement[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'end') return found;
      if (!startsRequirement(token))
        throw new Error(`found '${token.text}', expected: !, identifier, or 'end of string'`);
      found.push(this.#requirement());
      const separator = this.#take();
      if (separator.kind === 'end') return found;
      if (separator.text !== ',') throw new Error(`found '${separator.text}', expected: ',' or 'end of string'`);
      if (!startsRequirement(this.#peek()))
        throw new Error(`found '${this.#peek().text}', expected: identifier after ','`);
    }
  }

  #requirement(): Requirement {
    try {
      const negated = this.#peek().kind === 'symbol' && this.#peek().text === '!';
      if (negated) this.#take();
      const key = this.#word(this.#take());
      checkKey(key);
      if (negated) return { key, operator: '!', values: [] };
      const next = this.#peek();
      if (next.kind === 'end' || (next.kind === 'symbol' && next.text === ','))
        return { key, operator: 'exists', values: [] };
      const operator = this.#operator();
      const values = operator === 'in' || operator === 'notin' ? this.#set() : [this.#exact()];
      checkValues(key, operator, values);
      return { key, operator, values };
    } catch (error) {
      throw new Error(`unable to parse requirement: ${error instanceof Error ? error.message : error}`);
    }
  }

  #operator(): Operator {
    const { text } = this.#take();
    if (!isOperator(text)) throw new Error(`found '${text}', expected: ${BINARY}`);
    return text;
  }

  #exact(): string {
    const next = this.#peek();
    if (next.kind === 'end' || (next.kind === 'symbol' && next.text === ',')) return '';
    return this.#word(this.#take());
  }

  #set(): readonly string[] {
    const open = this.#take();
    if (open.text !== '(') throw new Error(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (first.kind !== 'word' && first.text !== ',' && first.text !== ')')
      throw new Error(`found '${first.text}', expected: ',', ')' or identifier`);
    const values = new Set<string>();
    for (let word = ''; ; ) {
      const token = this.#take();
      if (token.kind === 'word') {
        word = token.text;
        const next = this.#peek();
        if (next.text !== ',' && next.text !== ')') throw new Error(`found '${next.text}', expected: ',' or ')'`);
      } else if (token.text === ',' || token.text === ')') {
        values.add(word);
        word = '';
        if (token.text === ')') return [...values].sort();
      } else {
        throw new Error(`found '${token.text}', expected: ',', or identifier`);
      }
    }
  }

  #word(token: Token): string {
    if (token.kind !== 'word') throw new Error(`found '${token.text}', expected: identifier`);
    return token.text;
  }

  #peek(): Token {
    return this.#tokens[this.#position] ?? END;
  }

  #take(): Token {
    const token = this.#peek();
    this.#position++;
    return token;
  }
}

function startsRequirement({ kind, text }: Token): boolean {
  return kind === 'word' || (kind === 'symbol' && text === '!');
}

function isOperator(text: string): text is Operator {
  return OPERATORS.has(text);
}

function checkKey(key: string): void {
  const problems = qualifiedName(key);
  if (problems.length > 0) throw invalidPart('<nil>', key, problems);
}

function checkValues(key: string, operator: Operator, values: readonly string[]): void {
  for (const value of values) {
    if ((operator === '>' || operator === '<') && !/^[-+]?\d+$/.test(value))
      throw invalidPart('values[0]', value, ["for 'Gt', 'Lt' operators, the value must be an integer"]);
    const problems = labelValue(value);
    if (problems.length > 0) throw invalidPart(`values[0][${key}]`, value, problems);
  }
}

function holds({ key, operator, values }: Requirement, labels: Labels | undefined): boolean {
  const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    default: {
      if (value === undefined || !/^[-+]?\d+$/.test(value)) return false;
      return operator === '>' ? Number(value) > Number(values[0]) : Number(value) < Number(values[0]);
    }
  }
}

/**
 * Compiles a selector; undefined if it selects everything.
 *
 * @throws StatusError 400
 */
export function labelSelector(text: string): LabelMatch | undefined {
  let requirements: readonly Requirement[];
  try {
    requirements = new Parser(text).requirements();
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error));
  }
  if (requirements.length === 0) return undefined;
  return (labels) => requirements.every((requirement) => holds(requirement, labels));
}
