/** A Kubernetes API server in the memory of this process, with the controllers that make its workloads run. */

export type { Changed, ClusterApi, Listener } from './apiserver/cluster-api.ts';
export type { Cluster, ClusterAccess, ClusterFault } from './cluster.ts';
export { MAX_CLUSTERS } from './cluster-settings.ts';
export { kubeconfigOf } from './kubeconfig.ts';
export type { Json, JsonObject } from './machinery/json.ts';
export { ListenError } from './machinery/listen-error.ts';
export type { ObjectKey, StoredObject } from './machinery/object.ts';
export type { ClusterSettings, ResourceName } from './machinery/resource.ts';
export type { Clock, Logger, Random } from './machinery/runtime.ts';
export { StatusError } from './machinery/status.ts';
export type { Transport, TransportRequest, TransportResponse } from './machinery/transport.ts';
export { ManualClock, settle } from './manual-clock.ts';
export type {
  ClusterSetZone,
  DnsAnswer,
  DnsRecord,
  HttpResult,
  Network,
  Question,
  RecordType,
  RequestFrom,
  Zone,
} from './network/index.ts';
export { type ClusterOptions, type ClustersOptions, OptionError, type WorkloadOptions } from './options.ts';
export { startCluster } from './start-cluster.ts';
export { type Clusters, startClusters } from './start-clusters.ts';
