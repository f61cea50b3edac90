/** An in-memory Kubernetes API server, with the controllers that run its workloads. */

export type { Changed, ClusterApi, Listener } from './apiserver/cluster-api.ts';
export type { Cluster, ClusterAccess, ClusterFault } from './cluster.ts';
export { MAX_CLUSTERS } from './cluster-ranges.ts';
export { kubeconfigOf } from './kubeconfig.ts';
export type { ClusterSettings } from './machinery/cluster-settings.ts';
export type { Json, JsonObject } from './machinery/json.ts';
export { ListenError } from './machinery/listen-error.ts';
export type { ObjectKey, StoredObject } from './machinery/object.ts';
export type { ResourceName } from './machinery/resource-name.ts';
export type { Clock, Logger, Random } from './machinery/runtime.ts';
export { StatusError } from './machinery/status.ts';
export type { Transport, TransportRequest, TransportResponse } from './machinery/transport.ts';
export { ManualClock } from './manual-clock.ts';
export type { ClusterSetZone, DnsAnswer, DnsRecord, Question, RecordType, Zone } from './network/dns.ts';
export type { HttpResult, Network, RequestFrom } from './network/network.ts';
export { type ClusterOptions, type ClustersOptions, OptionError, type WorkloadOptions } from './options.ts';
export { startCluster } from './start-cluster.ts';
export { type Clusters, startClusters } from './start-clusters.ts';
