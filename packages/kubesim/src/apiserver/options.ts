/** Query parameters. Source: Kubernetes API reference, "Common Parameters". */

import type { FieldError } from '../machinery/field-error.ts';
import { forbidden, invalid as invalidField, notSupported, required, tooLong } from '../machinery/field-error.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import { isObject } from '../machinery/json.ts';
import { badRequest, invalid, StatusError } from '../machinery/status.ts';
import type { DeleteOptions, Propagation } from './deleter.ts';
import type { WriteOptions } from './target.ts';

/** Parameters of a list or watch. */
export interface ListOptions {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly limit: number;
  readonly continue: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly timeoutSeconds: number | undefined;
  readonly watch: boolean;
  readonly bookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
}

const MAX_MANAGER = 128;

function check(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', plural: '', kind }, '', errors);
}

/** @throws StatusError 400 with Go's message. */
function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^[-+]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** `?name` without a value is true, as in the API server. */
function flag(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  return text !== 'false' && text !== '0';
}

/**
 * Parses and validates the parameters of a list or watch.
 *
 * @throws StatusError 400, 422
 */
export function listOptions(query: URLSearchParams): ListOptions {
  const options: ListOptions = {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    limit: integer(query, 'limit') ?? 0,
    continue: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    timeoutSeconds: integer(query, 'timeoutSeconds'),
    watch: flag(query, 'watch') ?? false,
    bookmarks: flag(query, 'allowWatchBookmarks') ?? false,
    sendInitialEvents: flag(query, 'sendInitialEvents'),
  };
  check('ListOptions', options.watch ? watchErrors(options) : listErrors(options));
  return options;
}

const MATCH = 'resourceVersionMatch';

function watchErrors({ sendInitialEvents, resourceVersionMatch }: ListOptions): readonly FieldError[] {
  if (sendInitialEvents === undefined)
    return resourceVersionMatch === ''
      ? []
      : [forbidden(MATCH, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')];
  if (resourceVersionMatch === 'NotOlderThan') return [];
  const missing = forbidden(MATCH, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  return resourceVersionMatch === ''
    ? [missing]
    : [missing, notSupported(MATCH, resourceVersionMatch, ['NotOlderThan'])];
}

function listErrors(options: ListOptions): readonly FieldError[] {
  const { resourceVersion, resourceVersionMatch, sendInitialEvents } = options;
  if (sendInitialEvents !== undefined)
    return [forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')];
  if (resourceVersionMatch === '') return [];
  if (options.continue !== '') return [forbidden(MATCH, 'resourceVersionMatch is forbidden with continue token')];
  if (resourceVersion === '')
    return [forbidden(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided')];
  if (resourceVersionMatch !== 'Exact' && resourceVersionMatch !== 'NotOlderThan')
    return [notSupported(MATCH, resourceVersionMatch, ['Exact', 'NotOlderThan', ''])];
  if (resourceVersionMatch === 'Exact' && resourceVersion === '0')
    return [forbidden(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')];
  return [];
}

function managerErrors(manager: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > MAX_MANAGER) errors.push(tooLong('fieldManager', MAX_MANAGER));
  for (const [at, character] of [...manager].entries()) {
    if (/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) continue;
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    errors.push(invalidField('fieldManager', manager, `invalid character U+${code} (at position ${at})`));
  }
  return errors;
}

function dryRunErrors(values: readonly string[]): readonly FieldError[] {
  return values.every((value) => value === 'All') ? [] : [notSupported('dryRun', [...values], ['All'])];
}

/** First part of the User-Agent: the default field manager. */
function managerOf(userAgent: string): string {
  return (userAgent.split('/')[0] ?? '').slice(0, MAX_MANAGER);
}

/**
 * Parses and validates the parameters of a create, update or patch.
 *
 * @throws StatusError 400, 422
 */
export function writeOptions(
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  query: URLSearchParams,
  userAgent: string,
  patch?: 'apply' | 'other',
): WriteOptions & { readonly force: boolean } {
  const manager = query.get('fieldManager') ?? '';
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  const validation = query.get('fieldValidation') ?? '';
  const errors: FieldError[] = [];
  if (patch === 'apply' && manager === '') errors.push(required('fieldManager', 'is required for apply patch'));
  if (patch === 'other' && query.has('force'))
    errors.push(forbidden('force', 'may not be specified for non-apply patch'));
  errors.push(...managerErrors(manager), ...dryRunErrors(dryRun));
  if (validation !== '' && validation !== 'Ignore' && validation !== 'Warn' && validation !== 'Strict')
    errors.push(notSupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']));
  check(kind, errors);
  const fieldValidation = validation === 'Ignore' || validation === 'Strict' ? validation : 'Warn';
  return {
    dryRun: dryRun.length > 0,
    manager: manager === '' ? managerOf(userAgent) : manager,
    fieldValidation,
    force: flag(query, 'force') ?? false,
  };
}

const POLICIES = ['Foreground', 'Background', 'Orphan'] as const satisfies readonly Propagation[];

function isPolicy(value: string): value is Propagation {
  return POLICIES.some((policy) => policy === value);
}

/**
 * Options of a delete, from its body or, if there is none, its query.
 *
 * @throws StatusError 400, 422, 500
 */
export function deleteOptions(query: URLSearchParams, body: Json | undefined): DeleteOptions {
  const given = isObject(body) ? fromBody(body) : fromQuery(query);
  const errors: FieldError[] = [];
  const { policy, orphan } = given;
  if (orphan !== undefined && policy !== undefined) {
    const words = 'orphanDependents and deletionPropagation cannot be both set';
    errors.push(invalidField('propagationPolicy', policy, words));
  }
  if (policy !== undefined && !isPolicy(policy))
    errors.push(notSupported('propagationPolicy', policy, [...POLICIES, 'nil']));
  errors.push(...dryRunErrors(given.dryRun));
  check('DeleteOptions', errors);
  const byFlag = orphan === undefined ? undefined : orphan ? 'Orphan' : 'Background';
  const chosen = policy !== undefined && isPolicy(policy) ? policy : byFlag;
  return {
    ...(given.uid !== undefined && { uid: given.uid }),
    ...(given.resourceVersion !== undefined && { resourceVersion: given.resourceVersion }),
    ...(chosen !== undefined && { propagationPolicy: chosen }),
    // Negative values mean 1, for compatibility with very old clients.
    ...(given.grace !== undefined && { graceSeconds: given.grace < 0 ? 1 : given.grace }),
    dryRun: given.dryRun.length > 0,
  };
}

interface Given {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly policy: string | undefined;
  readonly orphan: boolean | undefined;
  readonly grace: number | undefined;
  readonly dryRun: readonly string[];
}

function fromQuery(query: URLSearchParams): Given {
  return {
    policy: query.get('propagationPolicy') ?? undefined,
    orphan: flag(query, 'orphanDependents'),
    grace: integer(query, 'gracePeriodSeconds'),
    dryRun: query.getAll('dryRun').filter((value) => value !== ''),
  };
}

function fromBody(body: JsonObject): Given {
  const { kind, apiVersion } = body;
  if (typeof kind === 'string' && kind !== '' && kind !== 'DeleteOptions') {
    const words = `no kind "${kind}" is registered for version "${String(apiVersion)}" in scheme "pkg/runtime/scheme.go:110"`;
    throw new StatusError(500, '', words);
  }
  const preconditions = isObject(body.preconditions) ? body.preconditions : {};
  const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
  const dryRun = Array.isArray(body.dryRun) ? body.dryRun : [];
  return {
    uid: text(preconditions.uid),
    resourceVersion: text(preconditions.resourceVersion),
    policy: text(body.propagationPolicy),
    orphan: typeof body.orphanDependents === 'boolean' ? body.orphanDependents : undefined,
    grace: typeof body.gracePeriodSeconds === 'number' ? body.gracePeriodSeconds : undefined,
    dryRun: dryRun.filter((value) => typeof value === 'string'),
  };
}
