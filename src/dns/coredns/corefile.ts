/**
 * Parses the configuration of CoreDNS and keeps line numbers, so that single lines can be edited in place. Imports of
 * snippets are followed; those of files are kept as directives. Anything that is not understood is an error.
 *
 * Source: CoreDNS manual, "Configuration"; the Caddyfile of Caddy 1.
 */
import { CatamaranError } from '../../runtime/errors.ts';

/** A directive in a server block or in a plugin's block. Line numbers start at 0. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly line: number;
  /** Line of the closing brace; equal to `line` without a block. */
  readonly end: number;
  readonly block?: readonly Directive[];
}

export interface ServerBlock {
  /** `.:53`, `example.org` */
  readonly keys: readonly string[];
  readonly line: number;
  readonly end: number;
  readonly directives: readonly Directive[];
}

export interface Corefile {
  readonly lines: readonly string[];
  readonly blocks: readonly ServerBlock[];
  /** By name, without parentheses. */
  readonly snippets: ReadonlyMap<string, readonly Directive[]>;
  /** Arguments of the imports outside server blocks: `custom/*.server`. */
  readonly imports: readonly string[];
}

interface Line {
  readonly number: number;
  readonly tokens: readonly string[];
}

function syntaxError(line: number, problem: string): CatamaranError {
  return new CatamaranError('CTM_COREFILE', `Corefile line ${line + 1}: ${problem}`);
}

/** Strips the comment and the whitespace before it. A comment starts at any # outside quotes. */
export function withoutComment(line: string): string {
  return /^(?:"(?:[^"\\]|\\.)*"|[^#])*/.exec(line)?.[0].trimEnd() ?? '';
}

function tokensOf(text: string, number: number): string[] {
  const tokens: string[] = [];
  const word = /\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"(?=\s|$)|(?<plain>[^\s"]+)(?=\s|$)|(?<wrong>\S))/gy;
  for (const { groups } of withoutComment(text).matchAll(word)) {
    if (groups?.wrong !== undefined) throw syntaxError(number, 'unclosed quote, or quote inside a word');
    tokens.push(groups?.plain ?? groups?.quoted ?? '');
  }
  return tokens;
}

/** @throws CTM_COREFILE with the line number if the Corefile cannot be parsed. */
export function parseCorefile(text: string): Corefile {
  const lines = text.split('\n');
  const rest = lines
    .map((line, number): Line => ({ number, tokens: tokensOf(line, number) }))
    .filter(({ tokens }) => tokens.length > 0);
  const blocks: ServerBlock[] = [];
  const snippets = new Map<string, readonly Directive[]>();
  const imports: string[] = [];
  for (let [head] = rest; head; [head] = rest) {
    const [word = '', ...args] = head.tokens;
    if (word === 'import') {
      imports.push(...args);
      rest.shift();
    } else if (/^\(.+\)$/.test(word) && args.length === 1 && args[0] === '{') {
      rest.shift();
      snippets.set(word.slice(1, -1), body(rest, head.number).directives);
    } else blocks.push(serverBlock(rest));
  }
  return { lines, blocks, snippets, imports };
}

/** Longest chain of snippets that import each other; CoreDNS fails on a cycle. */
const MAX_IMPORTS = 16;

/** The directives of a server block, with snippets in place of their imports. */
export function expanded(
  { snippets }: Pick<Corefile, 'snippets'>,
  directives: readonly Directive[],
  depth = 0,
): readonly Directive[] {
  return directives.flatMap((directive) => {
    const snippet = directive.name === 'import' ? snippets.get(directive.args[0] ?? '') : undefined;
    if (!snippet || depth === MAX_IMPORTS) return [directive];
    return expanded({ snippets }, snippet, depth + 1);
  });
}

/** Environment variables, which are only known to the process of CoreDNS. */
const VARIABLE = /\{[$%][^{}\s]+\}/g;

function serverBlock(rest: Line[]): ServerBlock {
  const keys: string[] = [];
  const first = rest[0]?.number ?? 0;
  for (let head = rest.shift(); head; head = rest.shift()) {
    const open = head.tokens.at(-1) === '{';
    const words = open ? head.tokens.slice(0, -1) : head.tokens;
    for (const key of words) {
      if (/[{}]/.test(key.replaceAll(VARIABLE, ''))) throw syntaxError(head.number, `${key}: unexpected brace`);
      keys.push(...key.split(',').filter((part) => part !== ''));
    }
    if (!open) {
      // Keys continue on the next line only after a comma.
      if (words.at(-1)?.endsWith(',')) continue;
      throw syntaxError(head.number, 'server block without an opening brace');
    }
    if (keys.length === 0) throw syntaxError(head.number, 'server block without a name');
    const { directives, end } = body(rest, head.number);
    return { keys, line: first, end, directives };
  }
  throw syntaxError(first, 'server block without an opening brace');
}

function body(rest: Line[], opened: number): { directives: Directive[]; end: number } {
  const directives: Directive[] = [];
  for (let line = rest.shift(); line; line = rest.shift()) {
    const { number, tokens } = line;
    const [name = '', ...args] = tokens;
    if (name === '}') {
      if (args.length > 0) throw syntaxError(number, 'unexpected text after a closing brace');
      return { directives, end: number };
    }
    const open = args.at(-1) === '{';
    const words = open ? args.slice(0, -1) : args;
    if ([name, ...words].some((word) => word === '{' || word === '}')) throw syntaxError(number, 'unexpected brace');
    if (!open) {
      directives.push({ name, args: words, line: number, end: number });
      continue;
    }
    const inner = body(rest, number);
    directives.push({ name, args: words, line: number, end: inner.end, block: inner.directives });
  }
  throw syntaxError(opened, 'unclosed block');
}
