/** Applies a plan to one member: each change on the version it was planned for, by the holder of the member's Lease. */
import type { Json, JsonObject } from '../api/json.ts';
import { isJsonObject } from '../api/json.ts';
import { RESOURCES } from '../api/resources.ts';
import { type Change, STAGES } from '../core/change.ts';
import { observeSlice } from '../core/derived-slice.ts';
import { dependencyOn, sparing } from '../core/plan/dependencies.ts';
import type { Member } from '../fleet/member.ts';
import type { MemberCache } from '../fleet/member-cache.ts';
import { ownSlice } from '../fleet/slim/slim-slice.ts';
import {
  ApiError,
  isAbsent,
  isAlreadyExists,
  isConflict,
  isNamespaceTerminating,
  isNotFound,
  NotSentError,
} from '../kube/client/api-errors.ts';
import type { KubeClient, RawObject, RequestOptions } from '../kube/client/client.ts';
import type { EventRecorder } from '../kube/events.ts';
import type { Store } from '../kube/watch/store.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from './metrics.ts';
import { propagationMs } from './propagation.ts';
import type { Outcome, Result } from './result.ts';

export interface ApplyOptions {
  /** Called before each attempt to send a write. */
  readonly mayWrite: () => boolean;
  /** Aborts requests that hang. */
  readonly signal?: AbortSignal | undefined;
  /** Absent: Events are not recorded. */
  readonly recorder?: EventRecorder;
  readonly clock: Clock;
  /** Names the member. */
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'wrote' | 'propagated'>;
  /** Called after each write or attempt. */
  readonly wrote?: (change: Change, written: Written) => void;
}

/** What became of a write. */
export interface Written {
  readonly outcome: Result['outcome'];
  readonly refusal?: string;
  /** Time from the change of the source, in ms. */
  readonly lagMs?: number;
}

export interface ApplyTarget {
  readonly client: KubeClient;
  readonly cache: MemberCache;
}

/** Statuses that change only with the object, a quota, a webhook or a permission. */
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 422]);

/** Statuses of an API server that accepts no writes for now; 0 if it does not respond. */
const UNAVAILABLE: ReadonlySet<number> = new Set([0, 401, 429, 502, 503, 504]);

/** Outcomes of single writes; the first that occurs is the outcome of the plan. */
const GRAVEST = ['denied', 'failed', 'stale'] as const satisfies readonly Outcome[];

interface WriteResult extends Result {
  readonly change: Change;
  /** Whether the API server cannot be written to at all, for now. */
  readonly isUnavailable?: boolean;
}

/**
 * Applies the changes, stage by stage. A change that was not written holds up only those that depend on it, since a
 * quota or a webhook may refuse it for as long as it exists. If the API server is unavailable, the plan ends. Writes in
 * flight are finished. Never rejects.
 */
export async function apply(member: Member, changes: readonly Change[], options: ApplyOptions): Promise<Result> {
  const { client, cache } = member;
  if (!client) return { outcome: 'denied' };
  const failed: WriteResult[] = [];
  for (const stage of STAGES) {
    const group = changes.filter((change) => change.stage === stage);
    const before = failed.map(({ change }) => change);
    const results = await Promise.all(group.map((change) => writeAfter(before, { client, cache }, change, options)));
    failed.push(...results.filter(({ outcome }) => outcome !== 'applied' && outcome !== 'unchanged'));
    if (failed.some(({ outcome, isUnavailable }) => outcome === 'denied' || isUnavailable)) break;
  }
  return resultOf(failed);
}

function resultOf(failed: readonly WriteResult[]): Result {
  for (const outcome of GRAVEST) {
    const found = failed.filter((result) => result.outcome === outcome);
    const refusal = found.find(({ refusal }) => refusal !== undefined)?.refusal;
    if (found.length > 0) return { outcome, ...(refusal !== undefined && { refusal }) };
  }
  return { outcome: 'applied' };
}

/** Writes a change as far as it does not depend on those that failed. */
async function writeAfter(
  failed: readonly Change[],
  target: ApplyTarget,
  change: Change,
  options: ApplyOptions,
): Promise<WriteResult> {
  const dependencies = failed.map((each) => ({ each, dependency: dependencyOn(each, change) }));
  if (dependencies.some(({ dependency }) => dependency === 'waits')) return { change, outcome: 'unchanged' };
  const moves = dependencies.filter(({ dependency }) => dependency === 'moves').map(({ each }) => each);
  if (moves.length === 0) return write(target, change, options);
  const spared = await spare(moves, target, change);
  return spared ? write(target, spared, options) : { change, outcome: 'unchanged' };
}

/**
 * The change without the removal of endpoints that could not be added elsewhere; undefined if nothing is left of it. The
 * cache does not keep endpoints of derived slices, so the slice is read.
 */
async function spare(
  failed: readonly Change[],
  { client }: Pick<ApplyTarget, 'client'>,
  change: Change,
): Promise<Change | undefined> {
  const { namespace, name } = change;
  try {
    const observed: JsonObject = await client.get<RawObject>(RESOURCES.endpointSlices, { namespace, name });
    const spared = sparing(failed, change, observed);
    if (spared === change || spared.op !== 'patch') return spared;
    const after: JsonObject = { ...observed, ...spared.patch, metadata: observed.metadata };
    const hasEffect = observeSlice(ownSlice(after)).body !== observeSlice(ownSlice(observed)).body;
    return hasEffect ? spared : undefined;
  } catch {
    // It is planned again.
    return undefined;
  }
}

async function write(target: ApplyTarget, change: Change, options: ApplyOptions): Promise<WriteResult> {
  const { metrics, logger, recorder, clock } = options;
  const { op, why, resource, namespace, name } = change;
  const about = { object: `${resource}/${namespace}/${name}`, op, why };
  let result: Omit<WriteResult, 'change'>;
  try {
    await send(target, change, { maySend: options.mayWrite, ...(options.signal && { signal: options.signal }) });
    result = { outcome: 'applied' };
    logger.debug(about, 'written');
  } catch (err) {
    result = err instanceof NotSentError ? { outcome: 'denied' } : await resultOfError(target, change, err);
    if (result.outcome === 'failed') logger.warn({ ...about, err }, 'write failed');
    else logger.debug({ ...about, err }, 'write superseded');
    metrics.wrote(change, result.outcome);
    options.wrote?.(change, result);
    return { ...result, change };
  }
  metrics.wrote(change, result.outcome);
  for (const notice of change.notices ?? []) recorder?.record(notice);
  const latency = change.changedAt === undefined ? undefined : propagationMs(change.changedAt, clock.now());
  if (change.changedAt !== undefined) metrics.propagated(change.member, latency);
  options.wrote?.(change, { ...result, ...(latency !== undefined && { lagMs: latency }) });
  return { ...result, change };
}

/**
 * The outcome of a failed request. An object that differs from the planned version is read again, ahead of the watch,
 * so that the next plan starts from the current one.
 */
async function resultOfError(
  { client, cache }: ApplyTarget,
  change: Change,
  error: unknown,
): Promise<Omit<WriteResult, 'change'>> {
  if (!(error instanceof ApiError)) return { outcome: 'failed' };
  if (UNAVAILABLE.has(error.status)) return { outcome: 'failed', isUnavailable: true };
  // The namespace of this consumer is being deleted: nothing more can be created there.
  if (change.op === 'create' && isNamespaceTerminating(error)) return { outcome: 'applied' };
  if (REFUSALS.has(error.status)) return { outcome: 'failed', refusal: error.message };
  if (!isConflict(error) && !isAlreadyExists(error) && !isNotFound(error)) return { outcome: 'failed' };
  const { namespace, name } = change;
  const table = tableOf(cache, change);
  try {
    table.wrote(await client.get<RawObject>(RESOURCES[change.resource], { namespace, name }));
  } catch (reading) {
    if (!isAbsent(reading)) return { outcome: 'failed' };
    // A create returns 404 if its namespace does not exist, all other writes if the object does not.
    if (change.op === 'create') return { outcome: 'failed' };
    table.deleted(`${namespace}/${name}`, change.precondition.resourceVersion);
  }
  // If an object of another client has the name, an immediate retry would fail again.
  const isTaken = change.op === 'create' && table.get(`${namespace}/${name}`) === undefined;
  return isTaken ? { outcome: 'failed', refusal: error.message } : { outcome: 'stale' };
}

/** Sends one write and enters the returned object in the cache. */
async function send({ client, cache }: ApplyTarget, change: Change, options: RequestOptions): Promise<void> {
  const { namespace, name } = change;
  const resource = RESOURCES[change.resource];
  const table = tableOf(cache, change);
  switch (change.op) {
    case 'create':
      table.wrote(await client.create<RawObject>(resource, namespace, change.object, options));
      return;
    case 'patch': {
      const { uid, resourceVersion } = change.precondition;
      const patch = { ...change.patch, metadata: { ...asObject(change.patch.metadata), uid, resourceVersion } };
      const subresource = change.subresource && { subresource: change.subresource };
      table.wrote(
        await client.patch<RawObject>(resource, { namespace, name }, patch, {
          kind: 'merge',
          ...subresource,
          ...options,
        }),
      );
      return;
    }
    case 'delete': {
      const { precondition } = change;
      await client.delete(
        resource,
        { namespace, name },
        { ...precondition, propagationPolicy: 'Background', ...options },
      );
      table.deleted(`${namespace}/${name}`, precondition.resourceVersion);
    }
  }
}

function asObject(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function tableOf(cache: MemberCache, change: Change): Pick<Store<unknown>, 'get' | 'wrote' | 'deleted'> {
  switch (change.resource) {
    case 'services':
      return cache.services;
    case 'endpointSlices':
      return cache.slices;
    case 'serviceExports':
      return cache.exports;
    case 'serviceImports':
      return cache.imports;
  }
}
