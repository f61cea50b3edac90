/** A fake API server with one Lease, for tests with their own clock. */
import type { Lease } from '../../src/api/core.ts';
import type { JsonObject } from '../../src/api/json.ts';
import { ApiError } from '../../src/kube/client/api-errors.ts';
import type { KubeClient } from '../../src/kube/client/client.ts';
import type { LeaseHolder } from '../../src/kube/lease.ts';

function refused(status: number, reason: string): ApiError {
  const name = { cluster: 'test', verb: 'patch', resource: 'leases', object: 'ns/lease' };
  return new ApiError('CTM_API_STATUS', name, reason, { status, reason });
}

export interface Candidacy {
  readonly holder: LeaseHolder;
  /** `acquired` and `lost`, in order. */
  readonly transitions: string[];
  readonly stop: () => Promise<void>;
}

/** Runs a candidate. */
export function candidacy(holder: LeaseHolder): Candidacy {
  const transitions: string[] = [];
  const abort = new AbortController();
  const done = holder.run(abort.signal, {
    onAcquired: () => {
      transitions.push('acquired');
    },
    onLost: () => {
      transitions.push('lost');
    },
  });
  const stop = async () => {
    abort.abort(new Error('over'));
    await done;
  };
  return { holder, transitions, stop };
}

export class LeaseServer {
  lease: Lease | undefined;
  writes = 0;
  #version = 0;

  get(): Lease {
    if (!this.lease) throw refused(404, 'NotFound');
    return this.lease;
  }

  create(object: JsonObject): Lease {
    if (this.lease) throw refused(409, 'AlreadyExists');
    return this.#store(object);
  }

  patch(patch: JsonObject): Lease {
    const lease = this.get();
    const { resourceVersion, annotations } = patch.metadata as JsonObject;
    if (resourceVersion !== undefined && resourceVersion !== lease.metadata.resourceVersion)
      throw refused(409, 'Conflict');
    return this.#store({
      metadata: { annotations: { ...lease.metadata.annotations, ...(annotations as JsonObject | undefined) } },
      spec: { ...lease.spec, ...(patch.spec as JsonObject | undefined) },
    });
  }

  #store(object: JsonObject): Lease {
    this.writes++;
    const metadata = {
      ...(object.metadata as JsonObject),
      name: 'lease',
      uid: 'u',
      resourceVersion: `${++this.#version}`,
    };
    // The tests only store objects written by a LeaseHolder.
    this.lease = { ...object, metadata } as unknown as Lease;
    return this.lease;
  }
}

/** A candidate's connection to the server, which can be cut. */
export class LeaseLine {
  cut = false;
  /** The next request reaches the server, but its response is lost. */
  loseResponse = false;
  readonly #server: LeaseServer;

  constructor(server: LeaseServer) {
    this.#server = server;
  }

  /** Implements the methods that a LeaseHolder calls. */
  client(): KubeClient {
    const call = async (work: () => Lease, signal: AbortSignal | undefined): Promise<Lease> => {
      await Promise.resolve();
      if (this.cut) return await silence(signal);
      const response = structuredClone(work());
      if (!this.loseResponse) return response;
      this.loseResponse = false;
      return await silence(signal);
    };
    const used = {
      cluster: 'test',
      get: (_resource: unknown, _object: unknown, options?: { signal?: AbortSignal }) =>
        call(() => this.#server.get(), options?.signal),
      create: (_resource: unknown, _namespace: unknown, object: JsonObject, options?: { signal?: AbortSignal }) =>
        call(() => this.#server.create(object), options?.signal),
      patch: (_resource: unknown, _object: unknown, patch: JsonObject, options?: { signal?: AbortSignal }) =>
        call(() => this.#server.patch(patch), options?.signal),
    };
    return used as unknown as KubeClient;
  }
}

function silence(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
