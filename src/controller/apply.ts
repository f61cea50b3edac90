/** Applies a plan to one member: each change on the version it was planned for, by the holder of the member's Lease. */
import type { Json, JsonObject } from '../api/json.ts';
import { isJsonObject } from '../api/json.ts';
import { LAST_CHANGE_TRIGGER_TIME } from '../api/labels.ts';
import { RESOURCES } from '../api/resources.ts';
import { type Change, STAGES } from '../core/change.ts';
import type { Member } from '../fleet/member.ts';
import type { MemberCache } from '../fleet/member-cache.ts';
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
}

export interface ApplyTarget {
  readonly client: KubeClient;
  readonly cache: MemberCache;
}

/** Statuses that change only with the object, a quota, a webhook or a permission. */
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 422]);

/** Outcomes of single writes; the first that occurs is the outcome of the stage. */
const GRAVEST = ['denied', 'failed', 'stale'] as const satisfies readonly Outcome[];

/**
 * Applies the changes, stage by stage. A stage with a failed write ends the plan: removals must not overtake additions.
 * Writes in flight are finished. Never rejects.
 */
export async function apply(member: Member, changes: readonly Change[], options: ApplyOptions): Promise<Result> {
  const { client, cache } = member;
  if (!client) return { outcome: 'denied' };
  for (const stage of STAGES) {
    const group = changes.filter((change) => change.stage === stage);
    const results = await Promise.all(group.map((change) => write({ client, cache }, change, options)));
    for (const outcome of GRAVEST) {
      const found = results.filter((result) => result.outcome === outcome);
      if (found.length > 0) return found.find(({ refusal }) => refusal !== undefined) ?? { outcome };
    }
  }
  return { outcome: 'applied' };
}

async function write(target: ApplyTarget, change: Change, options: ApplyOptions): Promise<Result> {
  const { metrics, logger, recorder, clock } = options;
  const { op, why, resource, namespace, name } = change;
  const about = { object: `${resource}/${namespace}/${name}`, op, why };
  let result: Result;
  try {
    await send(target, change, { maySend: options.mayWrite, ...(options.signal && { signal: options.signal }) });
    result = { outcome: 'applied' };
    logger.debug(about, 'written');
  } catch (err) {
    result = err instanceof NotSentError ? { outcome: 'denied' } : await resultOfError(target, change, err);
    if (result.outcome === 'failed') logger.warn({ ...about, err }, 'write failed');
    else logger.debug({ ...about, err }, 'write superseded');
    metrics.wrote(change, result.outcome);
    return result;
  }
  metrics.wrote(change, result.outcome);
  for (const notice of change.notices ?? []) recorder?.record(notice);
  observePropagation(change, clock.now(), metrics);
  return result;
}

/**
 * The outcome of a failed request. An object that differs from the planned version is read again, ahead of the watch,
 * so that the next plan starts from the current one.
 */
async function resultOfError({ client, cache }: ApplyTarget, change: Change, error: unknown): Promise<Result> {
  if (!(error instanceof ApiError)) return { outcome: 'failed' };
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

/** Time from the change in the source to the write in the consumer, if the slice has the time of the change. */
function observePropagation(change: Change, now: number, metrics: ApplyOptions['metrics']): void {
  if (change.resource !== 'endpointSlices' || change.op === 'delete') return;
  const metadata = asObject((change.op === 'create' ? change.object : change.patch).metadata);
  const trigger = asObject(metadata.annotations)[LAST_CHANGE_TRIGGER_TIME];
  const at = typeof trigger === 'string' ? Date.parse(trigger) : Number.NaN;
  if (!Number.isNaN(at)) metrics.propagated(change.member, now - at);
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
