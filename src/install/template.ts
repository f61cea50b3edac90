/**
 * Manifests that depend on values. One description has two readers: `evaluate` makes the objects of `catamaran
 * install`, and `tools/codegen/helm-template.ts` prints the templates of the Helm chart.
 */
import type { Json, JsonObject } from '../api/json.ts';

/**
 * `Values.mode`, `Release.Namespace`, as in Helm; within {@link each}, `item` or `item.name`. `Release.Service` is what
 * installs: Helm, or this program.
 */
export type Path = `${'Values' | 'Release' | 'Chart' | 'item'}${string}`;

export type Condition =
  /** Not empty, not false; with `equals`, that text. */
  | { readonly is: Path; readonly equals?: string }
  /** The minor version of Kubernetes, such as `1.30`. */
  | { readonly atLeast: string }
  | { readonly not: Condition }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] };

/** A part of a text: literal, or by a value. */
export type Part =
  | string
  | { readonly path: Path }
  | { readonly condition: Condition; readonly yes: readonly Part[]; readonly no: readonly Part[] };

export type Expression =
  /** `text` is quoted where a value could be taken for another type; `structure` is a list or an object. */
  | {
      readonly expr: 'value';
      readonly path: Path;
      readonly type: 'text' | 'scalar' | 'structure';
      readonly preset?: string;
    }
  | { readonly expr: 'text'; readonly parts: readonly Part[] }
  /** The text of a JSON document, which YAML parsers read too: constant fields, and one with a value. */
  | {
      readonly expr: 'json';
      readonly constants: Readonly<Record<string, string>>;
      readonly field: string;
      readonly path: Path;
    }
  | { readonly expr: 'holds'; readonly condition: Condition }
  /** An entry of an object or a list that is left out unless the condition holds. */
  | { readonly expr: 'when'; readonly condition: Condition; readonly then: Template }
  /** Entries of a list, one for each item of a value. */
  | { readonly expr: 'each'; readonly path: Path; readonly item: Template };

/** Key of an object whose value, a structure, is merged into it. */
export const SPREAD = '...';

export interface TemplateObject {
  readonly [key: string]: Template;
}

export type Template = null | boolean | number | string | Expression | readonly Template[] | TemplateObject;

/** Other objects may have a field `expr` too, such as the rules of Prometheus. */
const EXPRESSIONS: ReadonlySet<unknown> = new Set<Expression['expr']>([
  'value',
  'text',
  'json',
  'holds',
  'when',
  'each',
]);

export function isExpression(template: Template): template is Expression {
  return typeof template === 'object' && template !== null && 'expr' in template && EXPRESSIONS.has(template.expr);
}

export function isList(template: Template): template is readonly Template[] {
  return Array.isArray(template);
}

/** `preset` is for an empty text: values of a list have no defaults. */
export const textOf = (path: Path, preset?: string): Expression => ({
  expr: 'value',
  path,
  type: 'text',
  ...(preset !== undefined && { preset }),
});
export const scalarOf = (path: Path): Expression => ({ expr: 'value', path, type: 'scalar' });
export const structureOf = (path: Path): Expression => ({ expr: 'value', path, type: 'structure' });
export const text = (...parts: readonly Part[]): Expression => ({ expr: 'text', parts });
export const when = (condition: Condition, then: Template): Expression => ({ expr: 'when', condition, then });
export const each = (path: Path, item: Template): Expression => ({ expr: 'each', path, item });
/** A text that is left out if it is empty. */
export const textUnlessEmpty = (path: Path): Expression => when({ is: path }, textOf(path));
/** A structure that is left out if it is empty. */
export const unlessEmpty = (path: Path): Expression => when({ is: path }, structureOf(path));

/** What paths refer to. */
export interface Scope {
  readonly Values: JsonObject;
  readonly Release: { readonly Namespace: string; readonly Service: string };
  readonly Chart: { readonly AppVersion: string };
  /** Of the API server: `1.34`. */
  readonly kubernetes: string;
  readonly item?: Json;
}

function isObject(value: unknown): value is Readonly<Record<string, Json | undefined>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function lookUp(path: Path, { Values, Release, Chart, item }: Scope): Json {
  let value: unknown = { Values, Release, Chart, item };
  for (const name of path.split('.')) value = isObject(value) ? value[name] : undefined;
  // Members of the scope are JSON.
  return (value ?? null) as Json;
}

/** As in templates of Go: empty values are false. */
function isTruthy(value: Json): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isObject(value) ? Object.keys(value).length > 0 : Boolean(value);
}

function numbersOf(version: string): readonly number[] {
  return version
    .replace(/^v/, '')
    .split('.')
    .slice(0, 2)
    .map((part) => Number.parseInt(part, 10));
}

function isAtLeast(version: string, minimum: string): boolean {
  const [major = 0, minor = 0] = numbersOf(version);
  const [minMajor = 0, minMinor = 0] = numbersOf(minimum);
  return major > minMajor || (major === minMajor && minor >= minMinor);
}

export function holds(condition: Condition, scope: Scope): boolean {
  if ('atLeast' in condition) return isAtLeast(scope.kubernetes, condition.atLeast);
  if ('not' in condition) return !holds(condition.not, scope);
  if ('all' in condition) return condition.all.every((one) => holds(one, scope));
  if ('any' in condition) return condition.any.some((one) => holds(one, scope));
  const value = lookUp(condition.is, scope);
  return condition.equals === undefined ? isTruthy(value) : value === condition.equals;
}

function partText(part: Part, scope: Scope): string {
  if (typeof part === 'string') return part;
  if ('path' in part) return String(lookUp(part.path, scope));
  return (holds(part.condition, scope) ? part.yes : part.no).map((one) => partText(one, scope)).join('');
}

/** Keys are sorted, as in Helm. */
function sorted(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value ?? null;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

/** Zero or more entries: conditional ones may be missing, `each` has many. */
function entriesOf(template: Template, scope: Scope): readonly Json[] {
  if (isExpression(template)) {
    if (template.expr === 'when') return holds(template.condition, scope) ? entriesOf(template.then, scope) : [];
    if (template.expr === 'each') {
      const list = lookUp(template.path, scope);
      return Array.isArray(list) ? list.flatMap((item: Json) => entriesOf(template.item, { ...scope, item })) : [];
    }
    if (template.expr === 'holds') return [holds(template.condition, scope)];
    if (template.expr === 'text') return [template.parts.map((part) => partText(part, scope)).join('')];
    const value = lookUp(template.path, scope);
    if (template.expr === 'value') return [isTruthy(value) ? value : (template.preset ?? value)];
    return [JSON.stringify(sorted({ ...template.constants, [template.field]: value }), null, 2)];
  }
  if (isList(template)) return [template.flatMap((one) => entriesOf(one, scope))];
  return [typeof template === 'object' && template !== null ? evaluate(template, scope) : template];
}

/** The object for the values of a scope. */
export function evaluate(template: TemplateObject, scope: Scope): JsonObject {
  const entries = Object.entries(template).flatMap(([key, value]) =>
    entriesOf(value, scope).flatMap((entry): readonly (readonly [string, Json | undefined])[] => {
      if (key !== SPREAD) return [[key, entry]];
      return isObject(entry) ? Object.entries(entry) : [];
    }),
  );
  return Object.fromEntries(entries);
}
