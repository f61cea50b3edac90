/** A textlint plugin for the prose in TypeScript: comments and string literals. */
import type { TextlintMessage, TextlintPluginProcessor } from '@textlint/kernel';
import { parseSync, Visitor } from 'oxc-parser';

type Parsed = Awaited<ReturnType<ReturnType<TextlintPluginProcessor['processor']>['preProcess']>>;
type DocumentNode = Extract<Parsed, { readonly type: 'Document' }>;

interface Span {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** At least two words; other literals are names, paths and formats. */
const PROSE = /[A-Za-z]{2,},? [A-Za-z]/;
const DIRECTIVE = /^\s*(?:biome-ignore|@ts-|v8 ignore|[*] @vitest)/;

/** Keeps the length, so that offsets are those of the file. */
function blank(text: string): string {
  return ' '.repeat(text.length);
}

function mask(text: string): string {
  return 'X'.repeat(text.length);
}

/** Comments without gutter and quoted code. Consecutive line comments form one text. */
function commentSpans(file: string, source: string): Span[] {
  const spans: Span[] = [];
  for (const { type, value, start, end } of parseSync(file, source).comments) {
    if (DIRECTIVE.test(value)) continue;
    const text = value.replace(/^\*|\n[ \t]*\*?/g, blank).replace(/`[^`]*`/g, mask);
    const span = { start: start + 2, end: start + 2 + text.length, text };
    const last = spans.at(-1);
    const between = last && source.slice(last.end, start);
    if (type === 'Line' && last && between !== undefined && /^\n[ \t]*$/.test(between)) {
      spans[spans.length - 1] = { start: last.start, end, text: `${last.text}${blank(`${between}//`)}${text}` };
    } else spans.push(span);
  }
  return spans;
}

function stringSpans(file: string, source: string): Span[] {
  const spans: Span[] = [];
  const add = (start: number, end: number, text = source.slice(start, end)) => spans.push({ start, end, text });
  new Visitor({
    Literal({ value, start, end }) {
      if (typeof value === 'string') add(start + 1, end - 1);
    },
    TemplateLiteral({ expressions, start, end }) {
      let text = source.slice(start + 1, end - 1);
      // Each expression counts as a word of the text.
      for (const inner of expressions) {
        const [from, to] = [inner.start - start - 1, inner.end - start - 1];
        text = `${text.slice(0, from)}${mask(text.slice(from, to))}${text.slice(to)}`;
      }
      add(start + 1, end - 1, text.replace(/\$\{X+\}/g, mask).replace(/\n/g, ' '));
    },
  }).visit(parseSync(file, source).program);
  return spans.filter(({ text }) => PROSE.test(text));
}

/** Spans of a source file, in order and without overlap: strings within an expression of a template are skipped. */
function spansOf(file: string, source: string): readonly Span[] {
  const all = [...commentSpans(file, source), ...stringSpans(file, source)].sort((a, b) => a.start - b.start);
  let end = 0;
  return all.filter((span) => {
    const apart = span.start >= end;
    if (apart) end = span.end;
    return apart;
  });
}

function documentOf(text: string, spans: readonly Span[]): DocumentNode {
  const loc = { start: { line: 1, column: 0 }, end: { line: 1, column: 0 } };
  const children = spans.map(({ start, end }) => {
    const raw = text.slice(start, end);
    const place = { raw, range: [start, end], loc } as const;
    return { type: 'Paragraph', ...place, children: [{ type: 'Str', value: raw, ...place }] } as const;
  });
  return { type: 'Document', raw: text, range: [0, text.length], loc, children };
}

/** The prose of a source file at its original offsets; everything else is blank. */
export function proseOf(file: string, source: string): { readonly text: string; readonly ast: DocumentNode } {
  let text = source.replace(/[^\n]/g, ' ');
  const spans = spansOf(file, source);
  for (const span of spans) text = `${text.slice(0, span.start)}${span.text}${text.slice(span.end)}`;
  return { text, ast: documentOf(text, spans) };
}

/** The plugin's processor for `.ts` files. Findings have the offsets of the file. */
export class CodeProse implements TextlintPluginProcessor {
  availableExtensions(): string[] {
    return ['.ts'];
  }

  processor() {
    return {
      preProcess: (source: string, file = 'source.ts') => proseOf(file, source),
      postProcess: (messages: TextlintMessage[], filePath = 'source.ts') => ({ messages, filePath }),
    };
  }
}
