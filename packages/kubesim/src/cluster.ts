/** A cluster as its users see it. */
import type { ClusterApi } from './apiserver/cluster-api.ts';
import type { ClusterSettings } from './machinery/cluster-settings.ts';
import type { Transport } from './machinery/transport.ts';

/** A way to an API server. */
export interface ClusterAccess {
  readonly name: string;
  /** URL on loopback, as in `https://127.0.0.1:23456`. */
  readonly server: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly ca: string;
  /** Bearer token of the cluster's one user, who may do everything. */
  readonly token: string;
  /** Text of a kubeconfig that needs no other file. */
  readonly kubeconfig: string;
}

/** Faults that are in effect. */
export interface ClusterFault {
  /** Nothing passes through {@link Cluster.link}. */
  readonly partitioned: boolean;
  /** Connections to the API server are refused. */
  readonly stopped: boolean;
  /** Delay of the API server's answers through {@link Cluster.link}, in milliseconds. */
  readonly slowMs: number;
}

/** A running cluster. It ends with `await using`, {@link Cluster.close}, or the signal that it was started with. */
export interface Cluster extends ClusterAccess, AsyncDisposable {
  /** The same API server over a connection that `partition` and `slow` affect: for the program under test. */
  readonly link: ClusterAccess;
  /** Names and address ranges. */
  readonly settings: ClusterSettings;
  /** The objects, without HTTP and without faults: for setting up a test and for its assertions. */
  readonly api: ClusterApi;
  readonly fault: ClusterFault;

  /** Connects a client within this process; no fault affects it. */
  transport(): Transport;
  /** Resolves when the workload controllers have nothing to do, or only wait for time to pass. */
  idle(): Promise<void>;

  /** Cuts the link: connections stay open and nothing arrives. */
  partition(): void;
  /** Delays what the API server sends over the link. */
  slow(ms: number): void;
  /** Ends `partition` and `slow`. */
  heal(): void;
  /** Resets all connections to the API server and refuses new ones. Workload controllers keep running. */
  stop(): Promise<void>;
  /** Listens again, on the same ports. Rejects with node:net's error if another process has taken one. */
  start(): Promise<void>;

  close(): Promise<void>;
}
