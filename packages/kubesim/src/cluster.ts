/** The public interface of a cluster. */
import type { ClusterApi } from './apiserver/cluster-api.ts';
import type { ClusterSettings } from './machinery/cluster-settings.ts';
import type { Transport } from './machinery/transport.ts';

/** How to connect to an API server. */
export interface ClusterAccess {
  readonly name: string;
  /** Loopback URL, such as `https://127.0.0.1:23456`. */
  readonly server: string;
  /** PEM of the certificate authority that signed the server's certificate. */
  readonly ca: string;
  /** Bearer token of the cluster's only user, who has full access. */
  readonly token: string;
  /** Self-contained kubeconfig. */
  readonly kubeconfig: string;
}

/** Faults in effect. */
export interface ClusterFault {
  /** Nothing passes through {@link Cluster.link}. */
  readonly partitioned: boolean;
  /** Connections to the API server are refused. */
  readonly stopped: boolean;
  /** Delay of the API server's responses through {@link Cluster.link}, in milliseconds. */
  readonly slowMs: number;
}

/** A running cluster. It ends with `await using`, {@link Cluster.close}, or the abort signal passed at start. */
export interface Cluster extends ClusterAccess, AsyncDisposable {
  /** The same API server over a connection that `partition` and `slow` affect. For the program under test. */
  readonly link: ClusterAccess;
  /** Names and address ranges. */
  readonly settings: ClusterSettings;
  /** Direct access to the objects, without HTTP and unaffected by faults. For test setup and assertions. */
  readonly api: ClusterApi;
  readonly fault: ClusterFault;

  /** Connects a client within this process, unaffected by faults. */
  transport(): Transport;
  /** Resolves when the workload controllers have nothing to do, or are only waiting for time to pass. */
  idle(): Promise<void>;

  /** Cuts the link: connections stay open, but no data arrives. */
  partition(): void;
  /** Delays what the API server sends over the link. */
  slow(ms: number): void;
  /** Ends `partition` and `slow`. */
  heal(): void;
  /** Resets all connections to the API server and refuses new ones. Workload controllers keep running. */
  stop(): Promise<void>;
  /** Listens again on the same ports. Rejects with the error of node:net if a port is in use. */
  start(): Promise<void>;

  close(): Promise<void>;
}
