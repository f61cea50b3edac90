import { parse } from 'yaml';
import type { Json, JsonObject } from '../machinery/json.ts';
import { isObject, parseJson } from '../machinery/json.ts';
import { badRequest, StatusError } from '../machinery/status.ts';
import { withDefaults } from '../schema/defaults.ts';
import { decodeProblem } from '../schema/go-decode.ts';
import { pruneUnknown } from '../schema/prune.ts';
import { jsonSyntaxProblem } from './go-json.ts';
import { splitApiVersion } from './registry.ts';
import { type Target, targetApiVersion, type WriteOptions } from './target.ts';

const MEDIA_TYPES = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';

/**
 * Parses a JSON or YAML body; `fail` creates the error for malformed ones.
 *
 * @throws StatusError 415 for other media types.
 */
export function parseBody(body: string, contentType: string, fail: (problem: string) => StatusError): Json {
  const type = contentType.split(';')[0]?.trim() ?? '';
  if (type === '' || type === 'application/json' || type === '*/*') return fromJson(body, fail);
  if (type === 'application/yaml') return fromYaml(body, fail);
  throw new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${MEDIA_TYPES}`,
  );
}

function fromJson(body: string, fail: (problem: string) => StatusError): Json {
  try {
    return parseJson(body);
  } catch {
    throw fail(jsonSyntaxProblem(body));
  }
}

/** Parses YAML, a superset of JSON. */
export function fromYaml(body: string, fail: (problem: string) => StatusError): Json {
  try {
    // Aliases can expand a small document to a huge one.
    const value: unknown = parse(body, { maxAliasCount: 100 });
    return parseJson(JSON.stringify(value ?? null));
  } catch (error) {
    throw fail(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
}

/** Bytes of the body quoted in messages. */
const SHOWN_BYTES = 30;

/** Error for a body that cannot be decoded at all. */
function unrecognized(kind: string, problem: string, body: string): StatusError {
  const bytes = Buffer.from(body);
  const start = bytes.subarray(0, SHOWN_BYTES).toString(body.startsWith('{') ? 'utf8' : 'hex');
  const shown = body === '' ? '<empty>' : bytes.length > SHOWN_BYTES ? `${start} ...` : start;
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${problem} (${shown})`);
}

const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** The expected object. */
export interface Expected {
  readonly target: Target;
  /** Whether the kind is served, by any resource. */
  isKnown(apiVersion: string, kind: string): boolean;
}

/**
 * The object in the body of a create or update, before defaulting.
 *
 * @throws StatusError 400, 415
 */
export function parseObject(expected: Expected, body: string, contentType: string): JsonObject {
  const { kind } = expected.target.definition;
  const fail = (problem: string): StatusError =>
    unrecognized(kind, `couldn't get version/kind; json parse error: ${problem}`, body);
  const value = parseBody(body, contentType, fail);
  if (value === null) return completed(expected, {});
  if (isObject(value)) return completed(expected, value);
  const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  throw fail(`json: cannot unmarshal ${type} into Go value of type ${TYPE_META}`);
}

/**
 * Fills in missing apiVersion and kind.
 *
 * @throws StatusError 400 if they differ from the target's.
 */
function completed({ target, isKnown }: Expected, value: JsonObject): JsonObject {
  const { definition } = target;
  const expected = targetApiVersion(target);
  const apiVersion = typeof value.apiVersion === 'string' && value.apiVersion !== '' ? value.apiVersion : expected;
  const kind = typeof value.kind === 'string' && value.kind !== '' ? value.kind : definition.kind;
  if (apiVersion === expected && kind === definition.kind) return { ...value, apiVersion, kind };
  const { version } = splitApiVersion(apiVersion);
  const cannot = `${kind} in version "${version}" cannot be handled as a ${definition.kind}`;
  if (definition.custom) {
    if (kind === definition.kind) throw wrongVersion(apiVersion, expected);
    const scheme = `the internal version of group "${definition.group}" in scheme "pkg/apiserver/schema.go"`;
    throw badRequest(`${cannot}: no kind "${kind}" is registered for ${scheme}`);
  }
  if (isKnown(apiVersion, kind)) {
    // Go's type names use the package, which for core differs from the group.
    const internal = definition.group === '' ? 'core' : definition.group.split('.')[0];
    throw badRequest(
      `${cannot}: converting (${version}.${kind}) to (${internal}.${definition.kind}): unknown conversion`,
    );
  }
  const words = `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:110"`;
  throw badRequest(`${cannot}: ${words}`);
}

function wrongVersion(given: string, expected: string): StatusError {
  return badRequest(`the API version in the data (${given}) does not match the expected API version (${expected})`);
}

/**
 * Decodes the object by its schema: drops unknown fields, applies defaults.
 *
 * @throws StatusError 400 for type mismatches in built-in resources, and for unknown fields under strict validation.
 */
export function decoded(target: Target, object: JsonObject, options: WriteOptions): JsonObject {
  const { definition, version } = target;
  const cannot = (problem: string): StatusError =>
    badRequest(`${definition.kind} in version "${version.name}" cannot be handled as a ${definition.kind}: ${problem}`);
  const problem = decodeProblem(version.schema, object);
  if (problem !== undefined) throw cannot(problem);
  const { value, unknown } = pruneUnknown(version.schema, object);
  if (unknown.length > 0) {
    const words = unknown.map((path) => `unknown field "${path}"`);
    if (options.fieldValidation === 'Strict') throw cannot(`strict decoding error: ${words.join(', ')}`);
    if (options.fieldValidation === 'Warn') for (const word of words) options.warn?.(word);
  }
  const complete = withDefaults(version.schema, value);
  return definition.strategy.defaults ? definition.strategy.defaults(complete) : complete;
}
