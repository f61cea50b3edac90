/** An API server behind two fault proxies, and the workload controllers. */
import type { ClusterApi } from './apiserver/cluster-api.ts';
import type { Listening } from './apiserver/listener.ts';
import { LocalTransport } from './apiserver/local-transport.ts';
import type { ApiServer } from './apiserver/server.ts';
import type { StreamHandler } from './apiserver/streams/process-streams.ts';
import type { Cluster, ClusterAccess, ClusterFault } from './cluster.ts';
import type { FaultProxy } from './fault-proxy.ts';
import { kubeconfigOf } from './kubeconfig.ts';
import type { ClusterSettings } from './machinery/cluster-settings.ts';
import type { Transport } from './machinery/transport.ts';
import type { PodLogs, Workloads } from './workloads/index.ts';

/** Running parts, owned by the cluster. */
export interface ClusterParts {
  readonly settings: ClusterSettings;
  readonly token: string;
  /** PEM. */
  readonly ca: string;
  readonly server: ApiServer;
  readonly listening: Listening;
  /** Proxy for users. */
  readonly users: FaultProxy;
  /** Proxy for the program under test. */
  readonly link: FaultProxy;
  /** Absent if workloads are off. */
  readonly workloads: Workloads | undefined;
  /** Stops the controllers. */
  readonly stop: AbortController;
}

export class RunningCluster implements Cluster {
  readonly #parts: ClusterParts;
  #fault: ClusterFault = { partitioned: false, stopped: false, slowMs: 0 };

  constructor(parts: ClusterParts) {
    this.#parts = parts;
  }

  get settings(): ClusterSettings {
    return this.#parts.settings;
  }

  get name(): string {
    return this.settings.name;
  }

  get token(): string {
    return this.#parts.token;
  }

  get ca(): string {
    return this.#parts.ca;
  }

  get server(): string {
    return `https://127.0.0.1:${this.#parts.users.port}`;
  }

  get kubeconfig(): string {
    return kubeconfigOf([this]);
  }

  get link(): ClusterAccess {
    const { name, ca, token } = this;
    const link = { name, ca, token, server: `https://127.0.0.1:${this.#parts.link.port}` };
    return { ...link, kubeconfig: kubeconfigOf([link]) };
  }

  get api(): ClusterApi {
    return this.#parts.server.api;
  }

  get logs(): PodLogs | undefined {
    return this.#parts.workloads?.logs;
  }

  get fault(): ClusterFault {
    return this.#fault;
  }

  /** Aborts when {@link RunningCluster.close} is called. */
  get ended(): AbortSignal {
    return this.#parts.stop.signal;
  }

  /** Registers handlers of subresources that exchange streams with the client. */
  provideStreams(handlers: ReadonlyMap<`${string}/${string}/${string}`, StreamHandler>): void {
    for (const [subresource, handler] of handlers) this.#parts.server.provideStream(subresource, handler);
  }

  transport(): Transport {
    return new LocalTransport(this.#parts.server);
  }

  async idle(): Promise<void> {
    await this.#parts.workloads?.idle();
  }

  partition(): void {
    this.#fault = { ...this.#fault, partitioned: true };
    this.#parts.link.hang(true);
  }

  slow(ms: number): void {
    this.#fault = { ...this.#fault, slowMs: ms };
    this.#parts.link.delay(ms);
  }

  heal(): void {
    this.#fault = { ...this.#fault, partitioned: false, slowMs: 0 };
    this.#parts.link.hang(false);
    this.#parts.link.delay(0);
  }

  async stop(): Promise<void> {
    const { users, link } = this.#parts;
    this.#fault = { ...this.#fault, stopped: true };
    await Promise.all([users.shut(), link.shut()]);
  }

  async start(): Promise<void> {
    if (!this.#fault.stopped) return;
    const { users, link } = this.#parts;
    await Promise.all([users.open(), link.open()]);
    this.#fault = { ...this.#fault, stopped: false };
  }

  async close(): Promise<void> {
    const { stop, users, link, listening, server } = this.#parts;
    stop.abort();
    await Promise.all([users.close(), link.close()]);
    await listening.close();
    server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
