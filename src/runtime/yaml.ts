/** Parses YAML that others wrote. The parser alone takes minutes for some inputs, and throws for others. */
import {
  Composer,
  type CST,
  type Document,
  isNode,
  isScalar,
  Lexer,
  LineCounter,
  Parser,
  visit,
  YAMLParseError,
} from 'yaml';
import { atOnce, type Steps } from './steps.ts';
import { messageOf } from './thrown.ts';

/** `code` quotes nothing of the text; `message` may. `offset` is that of the problem in the text. */
export interface YamlProblem {
  readonly code: string;
  readonly message: string;
  readonly offset: number;
}

/** A document as JSON, with its nodes for messages; `value` is undefined if there is a problem. */
export interface YamlDocument {
  readonly value: unknown;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly problems: readonly YamlProblem[];
}

/** Resolving an alias walks through the document. */
const MAX_ALIASES = 1_000;
/** Lexemes of a step; 2 ms or less. */
const LEXEMES = 2_000;
// The parser's own check compares each key with all others of its mapping, and its warnings quote the text on stderr.
const OPTIONS = { prettyErrors: false, uniqueKeys: false, logLevel: 'error' } as const;

export function parseYaml(text: string): YamlDocument {
  return atOnce(yamlSteps(text));
}

/** As `parseDocument` of yaml, in steps. */
function* documentSteps(text: string, lines: LineCounter): Steps<Document> {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (++lexemes % LEXEMES === 0) yield;
  }
  tokens.push(...parser.end());
  yield;
  const composer = new Composer({ lineCounter: lines, ...OPTIONS });
  const [document, second] = composer.compose(tokens, true, text.length);
  if (!document) throw new Error('no document');
  if (second) {
    const [from, to] = second.range;
    document.errors.push(new YAMLParseError([from, to], 'MULTIPLE_DOCS', 'Source contains multiple documents'));
  }
  return document;
}

/** {@link parseYaml} in steps. */
export function* yamlSteps(text: string): Steps<YamlDocument> {
  const lines = new LineCounter();
  const document = yield* documentSteps(text, lines);
  yield;
  const problems = document.errors.map(({ code, message, pos: [offset] }): YamlProblem => ({ code, message, offset }));
  if (problems.length > 0) return { value: undefined, document, lines, problems };
  const found = nodeProblems(document);
  if (found.length > 0) return { value: undefined, document, lines, problems: found };
  try {
    // Without cycles, which aliases can make, and without values that JSON does not have.
    const json = JSON.stringify(document.toJS());
    return { value: json === undefined ? null : JSON.parse(json), document, lines, problems: [] };
  } catch (error) {
    const message = messageOf(error).split('\n')[0] ?? '';
    return { value: undefined, document, lines, problems: [{ code: 'BAD_ALIAS', message, offset: 0 }] };
  }
}

function nodeProblems(document: Document): readonly YamlProblem[] {
  const problems: YamlProblem[] = [];
  let aliases = 0;
  visit(document, {
    Alias: (_, { range }) => {
      aliases++;
      if (aliases <= MAX_ALIASES) return undefined;
      problems.push({ code: 'BAD_ALIAS', message: `more than ${MAX_ALIASES} aliases`, offset: range?.[0] ?? 0 });
      return visit.BREAK;
    },
    Map: (_, { items }) => {
      const keys = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) {
          const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0;
          problems.push({ code: 'BAD_KEY', message: 'Map keys must be texts', offset });
          continue;
        }
        if (keys.has(key.value)) {
          problems.push({ code: 'DUPLICATE_KEY', message: 'Map keys must be unique', offset: key.range?.[0] ?? 0 });
        }
        keys.add(key.value);
      }
    },
  });
  return problems;
}
