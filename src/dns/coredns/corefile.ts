/**
 * CoreDNS' configuration, read so that lines can be changed in place and all others stay as they are. What this does not
 * understand (imports, snippets, a brace where none belongs) is refused, never guessed.
 *
 * Source: CoreDNS manual, "Configuration"; the Caddyfile of Caddy 1.
 */
import { CatamaranError } from '../../runtime/errors.ts';

/** A directive of a server block, or of a plugin's own block. Lines count from 0. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly line: number;
  /** Line of its closing brace; `line` where it has no block. */
  readonly end: number;
  /** Absent where it has no block. */
  readonly block?: readonly Directive[];
}

/** A server block. */
export interface ServerBlock {
  /** `.:53`, `example.org` */
  readonly keys: readonly string[];
  readonly line: number;
  readonly end: number;
  readonly directives: readonly Directive[];
}

/** A configuration that was understood. */
export interface Corefile {
  readonly lines: readonly string[];
  readonly blocks: readonly ServerBlock[];
}

interface Line {
  readonly number: number;
  readonly tokens: readonly string[];
}

function syntaxError(line: number, why: string): CatamaranError {
  return new CatamaranError('CTM_COREFILE', `Corefile line ${line + 1}: ${why}`);
}

/** A line without its comment and the blanks before it. A comment begins at any # that no quotes are around. */
export function withoutComment(line: string): string {
  return /^(?:"(?:[^"\\]|\\.)*"|[^#])*/.exec(line)?.[0].trimEnd() ?? '';
}

/** Words of a line. */
function tokensOf(text: string, number: number): string[] {
  const tokens: string[] = [];
  const word = /\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"(?=\s|$)|(?<plain>[^\s"]+)(?=\s|$)|(?<wrong>\S))/gy;
  for (const { groups } of withoutComment(text).matchAll(word)) {
    if (groups?.wrong !== undefined)
      throw syntaxError(number, 'a quote that is not closed on its line, or inside of a word');
    tokens.push(groups?.plain ?? groups?.quoted ?? '');
  }
  return tokens;
}

/**
 * Reads a configuration.
 *
 * @throws CTM_COREFILE with the line, where it cannot be understood.
 */
export function parseCorefile(text: string): Corefile {
  const lines = text.split('\n');
  const rest = lines
    .map((line, number): Line => ({ number, tokens: tokensOf(line, number) }))
    .filter(({ tokens }) => tokens.length > 0);
  const blocks: ServerBlock[] = [];
  while (rest.length > 0) blocks.push(serverBlock(rest));
  return { lines, blocks };
}

function serverBlock(rest: Line[]): ServerBlock {
  const keys: string[] = [];
  const first = rest[0]?.number ?? 0;
  for (let head = rest.shift(); head; head = rest.shift()) {
    const open = head.tokens.at(-1) === '{';
    const words = open ? head.tokens.slice(0, -1) : head.tokens;
    for (const key of words) {
      if (key.startsWith('(') || key === 'import')
        throw syntaxError(head.number, `${key}: snippets and imports are not understood`);
      if (/[{}]/.test(key)) throw syntaxError(head.number, `${key}: a brace where none belongs`);
      keys.push(...key.split(',').filter((part) => part !== ''));
    }
    if (!open) {
      // Keys may go on in the next line only behind a comma.
      if (words.at(-1)?.endsWith(',')) continue;
      throw syntaxError(head.number, 'a server block without an opening brace');
    }
    if (keys.length === 0) throw syntaxError(head.number, 'a server block without a name');
    const { directives, end } = body(rest, head.number);
    return { keys, line: first, end, directives };
  }
  throw syntaxError(first, 'a server block without an opening brace');
}

function body(rest: Line[], opened: number): { directives: Directive[]; end: number } {
  const directives: Directive[] = [];
  for (let line = rest.shift(); line; line = rest.shift()) {
    const { number, tokens } = line;
    const [name = '', ...args] = tokens;
    if (name === '}') {
      if (args.length > 0) throw syntaxError(number, 'words behind a closing brace');
      return { directives, end: number };
    }
    if (name === 'import') throw syntaxError(number, 'import: what it brings in is not seen here');
    const open = args.at(-1) === '{';
    const words = open ? args.slice(0, -1) : args;
    if ([name, ...words].some((word) => word === '{' || word === '}'))
      throw syntaxError(number, 'a brace where none belongs');
    if (!open) {
      directives.push({ name, args: words, line: number, end: number });
      continue;
    }
    const inner = body(rest, number);
    directives.push({ name, args: words, line: number, end: inner.end, block: inner.directives });
  }
  throw syntaxError(opened, 'a block that is not closed');
}
