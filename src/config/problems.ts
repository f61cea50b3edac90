/** Problems of fleet.yaml, with line and column. */
import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type LineCounter } from 'yaml';
import type { z } from 'zod';
import { type ErrorCode, ErrorList, type Problem } from '../runtime/errors.ts';
import { fleetJsonSchema } from './schema.ts';
import { nearest } from './suggest.ts';

type Path = readonly PropertyKey[];

/** `line` and `column` count from 1. */
export interface ConfigProblem extends Problem {
  readonly line: number;
  readonly column: number;
  /** `file:line:column: field: problem; how to fix it`. */
  readonly message: string;
}

/** All problems of the file, at least one; the code is that of the first. */
export class FleetConfigError extends ErrorList {
  declare readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly [ConfigProblem, ...ConfigProblem[]]) {
    super(problems[0].code, problems);
  }
}

/** `spec.members[1].podCIDRs[0]`. */
export function fieldName(path: Path): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`;
    return name === '' ? String(part) : `${name}.${String(part)}`;
  }, '');
}

/** Offset of a field's value; for an absent field, of the innermost one around it. */
export function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const part of [undefined, ...path]) {
    if (part !== undefined) {
      if (isMap(node)) node = node.items.find((item) => isScalar(item.key) && item.key.value === part)?.value;
      else if (isSeq(node)) node = node.items[Number(part)];
      else return offset;
    }
    if (isAlias(node)) {
      offset = node.range?.[0] ?? offset;
      node = node.resolve(document);
      continue;
    }
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return offset;
    offset = node.range?.[0] ?? offset;
  }
  return offset;
}

/** Offset of a field's name. */
function keyOffset(document: Document, path: Path, key: string): number {
  let parent: unknown = document.getIn(path, true);
  if (path.length === 0) parent = document.contents;
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
    if (pair && isScalar(pair.key) && pair.key.range) return pair.key.range[0];
  }
  return offsetOf(document, path);
}

/** Returns a function that creates problems from offsets in one document. */
export function problemMaker(file: string, lines: LineCounter) {
  return (code: ErrorCode, offset: number, path: Path, text: string): ConfigProblem => {
    const { line, col: column } = lines.linePos(offset);
    const field = path.length > 0 ? `${fieldName(path)}: ` : '';
    return { code, line, column, message: `${file}:${line}:${column}: ${field}${text}` };
  };
}

/** Names of the fields of the schema at a path. */
function knownFields(path: Path): readonly string[] {
  let schema: z.core.JSONSchema.JSONSchema = fleetJsonSchema();
  for (const part of path) {
    const items = Array.isArray(schema.items) ? undefined : schema.items;
    const next = typeof part === 'number' ? items : schema.properties?.[String(part)];
    if (typeof next !== 'object') return [];
    schema = next;
  }
  return Object.keys(schema.properties ?? {});
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
};

function shown(value: unknown): string {
  return value === null
    ? 'null'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'a mapping'
        : JSON.stringify(value);
}

function ofType(expected: string, input: unknown): string {
  if (input === undefined) return 'is missing';
  const quotes = expected === 'string' && (typeof input === 'number' || typeof input === 'boolean');
  return `${shown(input)} is not ${TYPE_NAMES[expected] ?? expected}${quotes ? '; quote it' : ''}`;
}

function ofValue(values: readonly unknown[], input: unknown): string {
  const allowed = values.map(String);
  if (input === undefined) return `is missing; use ${allowed.join(' or ')}`;
  const near = typeof input === 'string' ? nearest(input, allowed) : undefined;
  const advice = near === undefined || allowed.length === 1 ? `use ${allowed.join(' or ')}` : `did you mean ${near}?`;
  return `${shown(input)} is not supported; ${advice}`;
}

/** Messages for issues without a message in the schema. */
export function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return ofType(issue.expected, issue.input);
    case 'invalid_value':
      return ofValue(issue.values, issue.input);
    case 'too_small':
      return issue.origin === 'array' ? 'is empty; at least one is required' : 'is empty';
    default:
      return undefined;
  }
}

/** One problem per issue of the schema, or per unknown field. */
export function schemaProblems(
  issue: z.core.$ZodIssue,
  document: Document,
  problem: ReturnType<typeof problemMaker>,
): ConfigProblem[] {
  if (issue.code !== 'unrecognized_keys') {
    return [problem('CTM_CONFIG_INVALID', offsetOf(document, issue.path), issue.path, issue.message)];
  }
  const known = knownFields(issue.path);
  return issue.keys.map((key) => {
    const near = nearest(key, known);
    const advice = near === undefined ? `available: ${known.join(', ')}` : `did you mean ${near}?`;
    const offset = keyOffset(document, issue.path, key);
    return problem('CTM_CONFIG_INVALID', offset, [...issue.path, key], `unknown field; ${advice}`);
  });
}
