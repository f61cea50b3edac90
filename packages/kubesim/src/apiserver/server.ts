/** An API server, independent of sockets. */

import type { ClusterSettings } from '../machinery/cluster-settings.ts';
import type { Clock, Logger, Random } from '../machinery/runtime.ts';
import { builtinResources } from '../resources/index.ts';
import { customResourceDefinitions } from '../schema/crd.ts';
import type { ClusterApi } from './cluster-api.ts';
import { CustomResources } from './custom-resources.ts';
import { Deleter } from './deleter.ts';
import { EventExpiry } from './event-expiry.ts';
import { GarbageCollector } from './garbage-collector.ts';
import { Handler } from './handler.ts';
import type { ApiRequest, ApiResponse } from './http.ts';
import { LocalApi } from './local-api.ts';
import { NamespaceController } from './namespace-controller.ts';
import { Patcher } from './patcher.ts';
import { Registry } from './registry.ts';
import { ScaleVerbs } from './scale-verbs.ts';
import type { ClusterState } from './state.ts';
import { Store } from './store.ts';
import type { RunProcess, StreamHandler } from './streams/process-streams.ts';
import { type SubresourceHandler, Verbs } from './verbs.ts';
import { Writer } from './writer.ts';

export interface ApiServerOptions {
  readonly settings: ClusterSettings;
  readonly clock: Clock;
  /** Source of UIDs, generated names and jitter. */
  readonly random: Random;
  readonly logger: Logger;
  /** Bearer token of the only user. */
  readonly token: string;
  /** Events kept per resource for resuming watches. Default: 1,000. */
  readonly history?: number;
}

export interface ApiServer {
  readonly api: ClusterApi;
  /** Handles one request; never rejects. */
  handle(request: ApiRequest): Promise<ApiResponse>;
  /** The process that an upgrade request starts, or the response that refuses the upgrade; never rejects. */
  upgrade(request: ApiRequest): Promise<RunProcess | ApiResponse>;
  /** Registers a handler for a subresource that exchanges streams, such as `/pods/exec`. */
  provideStream(subresource: `${string}/${string}/${string}`, handler: StreamHandler): void;
  /** Registers a handler for a subresource, such as `log` of `/pods`, and replaces an existing one. */
  provide(subresource: `${string}/${string}/${string}`, handler: SubresourceHandler): void;
  /**
   * Discards the history, so that earlier watches and continue tokens get 410; of a single resource (`/services`), if
   * specified.
   */
  compact(resource?: `${string}/${string}`): void;
  /** The latest resourceVersion. */
  version(): number;
  /** Ends all watches and stops the server's controllers. */
  close(): void;
}

/** Creates an API server. No work happens without a request. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const { settings, clock, random, logger } = options;
  const stop = new AbortController();
  const state: ClusterState = {
    settings,
    store: new Store(options.history),
    registry: new Registry([...builtinResources(settings), customResourceDefinitions]),
    clock,
    random,
  };
  const writer = new Writer(state);
  const deleter = new Deleter(state);
  const subresources = new Map<string, SubresourceHandler>();
  const streams = new Map<string, StreamHandler>();
  const api = new LocalApi(state, writer, deleter, stop.signal);
  const garbageCollector = new GarbageCollector({ state, deleter, logger });
  const onServed = () => garbageCollector.kindServed();
  const customResources = new CustomResources({ state, deleter, logger, onServed }, stop.signal);
  garbageCollector.start(stop.signal);
  new EventExpiry(state.store, clock).start(stop.signal);
  new NamespaceController({ state, deleter, logger }).start(stop.signal);
  customResources.start();
  const verbs = new Verbs({
    state,
    writer,
    deleter,
    patcher: new Patcher(state, writer),
    scale: new ScaleVerbs(state, writer),
    subresources,
    streams,
    served: (target) => customResources.served(target.definition),
  });
  const handler = new Handler({ state, verbs, token: options.token, logger });
  return {
    api,
    handle: (request) => handler.handle(request),
    upgrade: (request) => handler.upgrade(request),
    provideStream: (subresource, start) => {
      streams.set(subresource, start);
    },
    provide: (subresource, answer) => {
      subresources.set(subresource, answer);
    },
    compact: (resource) => state.store.compact(state.store.version, resource),
    version: () => state.store.version,
    close: () => stop.abort(new Error('the API server is closed')),
  };
}
