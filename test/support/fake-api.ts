/** A minimal fake API server, for tests of outages and recovery. */
import type { JsonObject } from '../../src/api/json.ts';
import type { Resource } from '../../src/api/resources.ts';
import { ApiError } from '../../src/kube/client/api-errors.ts';
import type { KubeClient, ListPage, WatchEvent, WatchOptions } from '../../src/kube/client/client.ts';

/** An API server whose objects never change, and which can be taken down. */
export class FakeApi {
  /** Resources of all watch requests, in order. */
  readonly watched: string[] = [];
  readonly open = new Set<string>();
  /** Errors of watch requests, by resource. */
  readonly refusals = new Map<string, ApiError>();
  /** The initial state, by resource. */
  readonly objects = new Map<string, readonly JsonObject[]>();
  /** The minor version of Kubernetes 1. */
  minor = '34';
  /** UID of the namespace kube-system, which identifies the cluster. */
  uid: string;
  /** UID of the other namespaces. Default: that of kube-system. */
  witness: string | undefined;
  /** Delays the responses to GET requests for objects. */
  delay: () => Promise<void> = async () => {};
  #away = new AbortController();

  constructor(uid = 'kube-system') {
    this.uid = uid;
  }

  up(): void {
    this.#away = new AbortController();
  }

  down(): void {
    this.#away.abort(this.error('CTM_API_UNREACHABLE', 0));
  }

  error(code: 'CTM_API_UNREACHABLE' | 'CTM_API_STATUS', status: number, retryAfterMs?: number): ApiError {
    const request = { cluster: 'cluster1', verb: 'watch', resource: 'things', object: '' };
    return new ApiError(code, request, 'not now', { status, retryAfterMs });
  }

  /** Implements only the methods that are used to follow a cluster. */
  client(): KubeClient {
    const client: Partial<KubeClient> = {
      cluster: 'cluster1',
      raw: async () => {
        this.#away.signal.throwIfAborted();
        return { minor: this.minor };
      },
      get: async (_, { name }) => {
        await this.delay();
        this.#away.signal.throwIfAborted();
        return { metadata: { uid: name === 'kube-system' ? this.uid : (this.witness ?? this.uid) } } as never;
      },
      list: async ({ plural }) => ({ items: this.#items(plural), resourceVersion: '1' }),
      pages: (resource) => this.#pages(resource),
      watch: (resource, options) => this.#watch(resource, options),
      close: async () => {},
    };
    return client as KubeClient; // no other method is called
  }

  #items(plural: string): never[] {
    this.#away.signal.throwIfAborted();
    return [...(this.objects.get(plural) ?? [])] as never[]; // the tests set objects of the resource
  }

  async *#pages({ plural }: Resource): AsyncIterable<ListPage> {
    yield { items: this.#items(plural), resourceVersion: '1', bytes: 100 };
  }

  async *#watch({ plural }: Resource, { signal, onOpen, sendInitialEvents }: WatchOptions): AsyncIterable<WatchEvent> {
    this.watched.push(plural);
    const away = this.#away.signal;
    away.throwIfAborted();
    const refusal = this.refusals.get(plural);
    if (refusal) throw refusal;
    onOpen?.();
    for (const object of sendInitialEvents ? (this.objects.get(plural) ?? []) : [])
      yield { type: 'ADDED', object, bytes: 100 };
    const annotations: Record<string, string> = sendInitialEvents ? { 'k8s.io/initial-events-end': 'true' } : {};
    yield { type: 'BOOKMARK', object: { metadata: { resourceVersion: '1', annotations } }, bytes: 100 };
    this.open.add(plural);
    try {
      await new Promise((_, reject) => {
        for (const end of [away, signal]) end?.addEventListener('abort', () => reject(end.reason));
      });
    } finally {
      this.open.delete(plural);
    }
  }
}
