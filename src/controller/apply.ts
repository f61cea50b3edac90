/** Applies a plan to one member: each change on the version it was planned for, by the holder of the member's Lease. */

import type { Json, JsonObject } from '../api/json.ts';
import { isJsonObject } from '../api/json.ts';
import { LAST_CHANGE_TRIGGER_TIME } from '../api/labels.ts';
import { RESOURCES } from '../api/resources.ts';
import { type Change, STAGES } from '../core/change.ts';
import type { Member } from '../fleet/member.ts';
import {
  ApiError,
  isAbsent,
  isAlreadyExists,
  isConflict,
  isNamespaceTerminating,
  isNotFound,
  NotSentError,
} from '../kube/client/api-errors.ts';
import type { KubeClient, RawObject } from '../kube/client/client.ts';
import type { EventRecorder } from '../kube/events.ts';
import type { Store } from '../kube/watch/store.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from './metrics.ts';

/**
 * What became of a plan. `stale`: an object had changed meanwhile, and the watch will tell. `denied`: the Lease was lost,
 * and whoever holds it now does the work.
 */
export interface WriteResult {
  readonly outcome: 'applied' | 'stale' | 'denied' | 'failed';
  /** What the API server said of a write that it will not take, however often it is sent. */
  readonly refusal?: string;
}

/** What a writer is made of. `mayWrite` is asked whenever a write is about to be sent, or sent once more. */
export interface WriterOptions {
  readonly mayWrite: (member: Member) => boolean;
  readonly recorder: (member: Member) => EventRecorder | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

interface Written {
  readonly result: 'ok' | 'stale' | 'denied' | 'failed';
  readonly refusal?: string;
}

/** Answers that mend only when the object, a quota, a webhook or our permissions change. */
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 422]);

/** Writes plans; holds no state. */
export class Writer {
  readonly #options: WriterOptions;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /**
   * Applies the changes, stage by stage. A stage that did not succeed whole ends the plan: what is taken away must not
   * overtake what is added. Writes in flight are finished; nothing is thrown.
   */
  async apply(member: Member, changes: readonly Change[]): Promise<WriteResult> {
    for (const stage of STAGES) {
      const group = changes.filter((change) => change.stage === stage);
      if (group.length === 0) continue;
      const written = await Promise.all(group.map((change) => this.#write(member, change)));
      for (const outcome of ['denied', 'failed', 'stale'] as const) {
        const found = written.filter(({ result }) => result === outcome);
        if (found.length === 0) continue;
        const refusal = found.find((each) => each.refusal !== undefined)?.refusal;
        return { outcome, ...(refusal !== undefined && { refusal }) };
      }
    }
    return { outcome: 'applied' };
  }

  async #write(member: Member, change: Change): Promise<Written> {
    const { client } = member;
    const { metrics, logger } = this.#options;
    const { op, why, resource, namespace, name } = change;
    const written = await this.#attempt(client, member, change);
    metrics.wrote(change, written.result);
    const about = { member: member.name, object: `${resource}/${namespace}/${name}`, op, why };
    if (written.result === 'failed') logger.warn({ ...about, err: written.error }, 'write failed');
    else logger.debug({ ...about, err: written.error }, written.result === 'ok' ? 'written' : 'write was overtaken');
    return written;
  }

  async #attempt(
    client: KubeClient | undefined,
    member: Member,
    change: Change,
  ): Promise<Written & { readonly error?: unknown }> {
    if (!client) return { result: 'denied' };
    try {
      await this.#send(client, member, change);
    } catch (error) {
      if (error instanceof NotSentError) return { result: 'denied' };
      return { ...(await this.#settle(client, member, change, error)), error };
    }
    for (const notice of change.notices ?? []) this.#options.recorder(member)?.record(notice);
    this.#observePropagation(change);
    return { result: 'ok' };
  }

  /**
   * What a failure means. An object that is not as planned is read again, ahead of the watch, so that the next plan is
   * made for what is there.
   */
  async #settle(client: KubeClient, member: Member, change: Change, error: unknown): Promise<Written> {
    if (!(error instanceof ApiError)) return { result: 'failed' };
    // The namespace of this consumer is going: nothing more is to be made there.
    if (change.op === 'create' && isNamespaceTerminating(error)) return { result: 'ok' };
    if (REFUSALS.has(error.status)) return { result: 'failed', refusal: error.message };
    if (!isConflict(error) && !isAlreadyExists(error) && !isNotFound(error)) return { result: 'failed' };
    const { namespace, name } = change;
    const table = tableOf(member, change);
    try {
      table.wrote(await client.get<RawObject>(RESOURCES[change.resource], { namespace, name }));
    } catch (reading) {
      if (!isAbsent(reading)) return { result: 'failed' };
      // A create may be answered 404 when its namespace has gone; else the object that was planned for has.
      if (change.op === 'create') return { result: 'failed' };
      table.deleted(`${namespace}/${name}`, change.precondition.resourceVersion);
    }
    // A name that is taken by an object that is none of ours stays taken: no use in trying at once.
    const taken = change.op === 'create' && table.get(`${namespace}/${name}`) === undefined;
    return taken ? { result: 'failed', refusal: error.message } : { result: 'stale' };
  }

  async #send(client: KubeClient, member: Member, change: Change): Promise<void> {
    const { namespace, name } = change;
    const resource = RESOURCES[change.resource];
    const table = tableOf(member, change);
    const maySend = () => this.#options.mayWrite(member);
    switch (change.op) {
      case 'create': {
        table.wrote(await client.create<RawObject>(resource, namespace, change.object, { maySend }));
        return;
      }
      case 'patch': {
        const { uid, resourceVersion } = change.precondition;
        const metadata = { ...asObject(change.patch.metadata), uid, resourceVersion };
        const options = {
          kind: 'merge' as const,
          ...(change.subresource && { subresource: change.subresource }),
          maySend,
        };
        const patch = { ...change.patch, metadata };
        table.wrote(await client.patch<RawObject>(resource, { namespace, name }, patch, options));
        return;
      }
      case 'delete': {
        const { precondition } = change;
        await client.delete(
          resource,
          { namespace, name },
          { ...precondition, propagationPolicy: 'Background', maySend },
        );
        table.deleted(`${namespace}/${name}`, precondition.resourceVersion);
      }
    }
  }

  /** From the change in the source's cluster to the write in the consumer's, where the slice tells when it was. */
  #observePropagation(change: Change): void {
    if (change.resource !== 'endpointSlices' || change.op === 'delete') return;
    const metadata = asObject((change.op === 'create' ? change.object : change.patch).metadata);
    const trigger = asObject(metadata.annotations)[LAST_CHANGE_TRIGGER_TIME];
    const at = typeof trigger === 'string' ? Date.parse(trigger) : Number.NaN;
    if (!Number.isNaN(at)) this.#options.metrics.propagated(change.member, this.#options.clock.now() - at);
  }
}

function asObject(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function tableOf(member: Member, change: Change): Pick<Store<unknown>, 'get' | 'wrote' | 'deleted'> {
  const { cache } = member;
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
