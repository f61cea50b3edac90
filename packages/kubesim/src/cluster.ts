/** One cluster of a sandbox: an API server behind two gates, and the controllers of its workloads. */
import type { Certificates } from './apiserver/certificates.ts';
import type { ClusterApi } from './apiserver/cluster.ts';
import { type Listening, listen } from './apiserver/listener.ts';
import { type ApiServer, createApiServer } from './apiserver/server.ts';
import { Gate } from './fault-proxy.ts';
import { LocalTransport } from './local-transport.ts';
import type { JsonObject } from './machinery/json.ts';
import type { ClusterSettings } from './machinery/resource.ts';
import type { Clock, Logger, Random } from './machinery/runtime.ts';
import type { Transport } from './machinery/transport.ts';
import { builtinResources } from './resources/index.ts';
import { startWorkloads, type Workloads } from './workloads/index.ts';

/** What a cluster is made of. */
export interface EmbeddedOptions {
  readonly settings: ClusterSettings;
  readonly token: string;
  /** Of its API server. */
  readonly certificates: Certificates;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** CustomResourceDefinitions that are there from the start. */
  readonly crds?: readonly JsonObject[];
}

/** What is wrong with a cluster, because somebody said so. */
export interface ClusterFault {
  /** Nothing passes between the controller and the API server. */
  readonly partitioned: boolean;
  /** Nobody reaches the API server. */
  readonly stopped: boolean;
  /** Milliseconds by which the API server's answers to the controller are late. */
  readonly slowMs: number;
}

/** Ports below those that systems take for outgoing connections: nobody gets one by chance while a server is stopped. */
const PORTS = { first: 20_000, last: 32_000 } as const;
const PORT_TRIES = 20;

/** A cluster; it runs from {@link EmbeddedCluster.open} to {@link EmbeddedCluster.close}. */
export class EmbeddedCluster {
  readonly settings: ClusterSettings;
  /** Bearer token of its one user. */
  readonly token: string;
  readonly #options: EmbeddedOptions;
  readonly #server: ApiServer;
  readonly #stop = new AbortController();
  #workloads: Workloads | undefined;
  #listening: Listening | undefined;
  #users: Gate | undefined;
  #link: Gate | undefined;
  #fault: ClusterFault = { partitioned: false, stopped: false, slowMs: 0 };

  constructor(options: EmbeddedOptions) {
    const { settings, token, clock, random, logger } = options;
    this.#options = options;
    this.settings = settings;
    this.token = token;
    this.#server = createApiServer({
      settings,
      token,
      clock,
      random,
      logger: logger.child({ cluster: settings.name }),
      definitions: builtinResources(settings),
    });
  }

  get name(): string {
    return this.settings.name;
  }

  /** Its API, as its own controllers have it. */
  get api(): ClusterApi {
    return this.#server.api;
  }

  /** Its controllers; there from {@link EmbeddedCluster.open} on. */
  get workloads(): Workloads {
    if (!this.#workloads) throw new Error(`${this.name} is not open`);
    return this.#workloads;
  }

  /** PEM of the authority that signed its certificate. */
  get ca(): string {
    return this.#options.certificates.ca;
  }

  /** URL of the API server for users. */
  get server(): string {
    return `https://127.0.0.1:${this.#users?.port ?? 0}`;
  }

  /** The same for the controller, over a link that can be cut. */
  get link(): string {
    return `https://127.0.0.1:${this.#link?.port ?? 0}`;
  }

  get fault(): ClusterFault {
    return this.#fault;
  }

  /** A way to the API server within this process, that no fault is in. */
  transport(): Transport {
    return new LocalTransport(this.#server);
  }

  /** Starts everything. Rejects where no port can be had. */
  async open(): Promise<void> {
    const { certificates, clock, random, logger } = this.#options;
    this.#workloads = startWorkloads({ api: this.api, clock, logger, rootCertificate: this.ca }, this.#stop.signal);
    for (const [name, handler] of this.#workloads.subresources) this.#server.provide(name, handler);
    for (const crd of this.#options.crds ?? []) {
      this.api.create('apiextensions.k8s.io/customresourcedefinitions', crd);
    }
    this.#listening = await listen({ server: this.#server, tls: certificates, port: 0, logger });
    const gate = async (): Promise<Gate> => {
      const opened = new Gate({ target: this.#listening?.port ?? 0, clock });
      await openSomewhere(opened, random);
      return opened;
    };
    [this.#users, this.#link] = await Promise.all([gate(), gate()]);
  }

  /** Cuts the link between the controller and the API server. */
  partition(): void {
    this.#fault = { ...this.#fault, partitioned: true };
    this.#link?.hang(true);
  }

  /** Delays what the API server answers to the controller. */
  slow(ms: number): void {
    this.#fault = { ...this.#fault, slowMs: ms };
    this.#link?.delay(ms);
  }

  /** Ends both. */
  heal(): void {
    this.#fault = { ...this.#fault, partitioned: false, slowMs: 0 };
    this.#link?.hang(false);
    this.#link?.delay(0);
  }

  /** Stops the API server for everybody outside. What runs in the cluster goes on. */
  async stop(): Promise<void> {
    this.#fault = { ...this.#fault, stopped: true };
    await Promise.all([this.#users?.shut(), this.#link?.shut()]);
  }

  /** Starts it again, on the same ports; rejects as node:net does where somebody took them. */
  async start(): Promise<void> {
    if (!this.#fault.stopped) return;
    await Promise.all([this.#users?.open(), this.#link?.open()]);
    this.#fault = { ...this.#fault, stopped: false };
  }

  /** Ends everything. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#users?.close(), this.#link?.close()]);
    await this.#listening?.close();
    this.#server.close();
  }
}

async function openSomewhere(gate: Gate, random: Random): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await gate.open(PORTS.first + Math.floor(random() * (PORTS.last - PORTS.first)));
      return;
    } catch (error) {
      if (tries === PORT_TRIES) throw error;
    }
  }
}
