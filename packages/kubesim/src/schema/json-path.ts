/**
 * The subset of Kubernetes JSONPath allowed in CRDs for columns and scale: fields, indices, slices, `*`, and filters on
 * one field. Source: Kubernetes documentation, kubectl, "JSONPath support".
 */
import type { Json } from '../machinery/json.ts';
import { isList, isObject, members, ownMember } from '../machinery/json.ts';

type Step = (value: Json) => readonly Json[];

const QUOTED = /^\[\s*'((?:[^'\\]|\\.)*)'\s*\]/;
const INDEX = /^\[\s*(-?\d+)\s*\]/;
const SLICE = /^\[\s*(-?\d*)\s*:\s*(-?\d*)\s*\]/;
const ALL = /^(?:\.\*|\[\s*\*\s*\])/;
const FILTER =
  /^\[\?\(\s*@((?:\.[A-Za-z0-9_-]+)+)\s*(==|!=|<=|>=|<|>)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^)\s]+)\s*\)\]/;

/** Compiles a path; undefined if the syntax is not supported. */
export function parseJsonPath(path: string): ((value: Json) => readonly Json[]) | undefined {
  const steps: Step[] = [];
  let rest = path.replace(/^\$/, '');
  while (rest !== '') {
    const parsed = nextStep(rest);
    if (!parsed) return undefined;
    steps.push(parsed.step);
    rest = rest.slice(parsed.length);
  }
  return (value) => steps.reduce<readonly Json[]>((values, step) => values.flatMap(step), [value]);
}

function nextStep(rest: string): { step: Step; length: number } | undefined {
  const every = ALL.exec(rest);
  if (every) return { step: children, length: every[0].length };
  const filter = FILTER.exec(rest);
  if (filter) {
    const [text, field = '', operator = '', literal = ''] = filter;
    return { step: filterStep(field.slice(1).split('.'), operator, literalOf(literal)), length: text.length };
  }
  const slice = SLICE.exec(rest);
  if (slice) {
    const [text, from, to] = slice;
    const bound = (digits: string | undefined): number | undefined => (digits ? Number(digits) : undefined);
    return { step: (value) => (isList(value) ? value.slice(bound(from), bound(to)) : []), length: text.length };
  }
  const index = INDEX.exec(rest);
  if (index)
    return {
      step: (value) => present(isList(value) ? value.at(Number(index[1])) : undefined),
      length: index[0].length,
    };
  const name = QUOTED.exec(rest) ?? fieldName(rest);
  if (!name) return undefined;
  const [text, key = ''] = name;
  const plain = key.replaceAll(/\\(.)/g, '$1');
  return { step: (value) => present(isObject(value) ? ownMember(value, plain) : undefined), length: text.length };
}

/** `.name`, with dots in the name escaped by a backslash. */
function fieldName(rest: string): RegExpExecArray | null {
  return /^\.((?:[A-Za-z0-9_\-/$]|\\.)+)/.exec(rest);
}

function present(value: Json | undefined): readonly Json[] {
  return value === undefined ? [] : [value];
}

function children(value: Json): readonly Json[] {
  if (isList(value)) return value;
  return isObject(value) ? members(value).map(([, member]) => member) : [];
}

function literalOf(text: string): Json {
  if (/^["']/.test(text)) return text.slice(1, -1).replaceAll(/\\(.)/g, '$1');
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isNaN(Number(text)) ? text : Number(text);
}

function filterStep(field: readonly string[], operator: string, literal: Json): Step {
  return (value) =>
    children(value).filter((item) => {
      let found: Json | undefined = item;
      for (const key of field) found = isObject(found) ? ownMember(found, key) : undefined;
      return found !== undefined && compares(found, operator, literal);
    });
}

function compares(value: Json, operator: string, literal: Json): boolean {
  if (operator === '==') return value === literal;
  if (operator === '!=') return value !== literal;
  if (typeof value !== typeof literal || typeof value === 'object' || typeof literal === 'object') return false;
  if (operator === '<') return value < literal;
  if (operator === '<=') return value <= literal;
  return operator === '>' ? value > literal : value >= literal;
}
