/** Parses YAML that others wrote. The parser alone takes minutes for some inputs, and throws for others. */
import { type Document, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
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

export function parseYaml(text: string): YamlDocument {
  const lines = new LineCounter();
  // The parser's own check compares each key with all others of its mapping, and its warnings quote the text on stderr.
  const options = { prettyErrors: false, uniqueKeys: false, logLevel: 'error' } as const;
  const document = parseDocument(text, { lineCounter: lines, ...options });
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
