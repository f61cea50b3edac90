/** Core v1 objects, reduced to the fields that multi-cluster Services need. */
import type { IPFamily, KubeObject, ObjectMeta } from './meta.ts';

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** In the order of messages. */
export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const satisfies readonly Protocol[];

/** A port of a Service. `protocol` absent means TCP. */
export interface ServicePort {
  readonly name?: string;
  readonly protocol?: Protocol;
  readonly appProtocol?: string;
  readonly port: number;
  readonly targetPort?: number | string;
}

export type SessionAffinity = 'None' | 'ClientIP';

/** `timeoutSeconds` is 1 to 86,400 s; default: 10,800 s. */
export interface SessionAffinityConfig {
  readonly clientIP?: { readonly timeoutSeconds?: number };
}

/** Default: Cluster. */
export type InternalTrafficPolicy = 'Cluster' | 'Local';

export type ServiceType = 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';

/** Service.spec. `clusterIP` is `None` for a headless Service. */
export interface ServiceSpec {
  readonly type?: ServiceType;
  readonly clusterIP?: string;
  readonly clusterIPs?: readonly string[];
  readonly ports?: readonly ServicePort[];
  readonly selector?: Readonly<Record<string, string>>;
  readonly sessionAffinity?: SessionAffinity;
  readonly sessionAffinityConfig?: SessionAffinityConfig;
  readonly ipFamilies?: readonly IPFamily[];
  readonly ipFamilyPolicy?: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';
  readonly internalTrafficPolicy?: InternalTrafficPolicy;
  readonly trafficDistribution?: string;
  readonly publishNotReadyAddresses?: boolean;
  /** Names of the {@link EXPOSING_FIELDS} that are set. */
  readonly exposing?: readonly string[];
}

/** Fields of a Service that make it reachable from outside its cluster, or redirect it. */
export const EXPOSING_FIELDS = [
  'externalIPs',
  'externalName',
  'externalTrafficPolicy',
  'healthCheckNodePort',
  'allocateLoadBalancerNodePorts',
  'loadBalancerIP',
  'loadBalancerClass',
  'loadBalancerSourceRanges',
] as const;

export interface Service extends KubeObject {
  readonly apiVersion: 'v1';
  readonly kind: 'Service';
  readonly spec: ServiceSpec;
}

/** A reference to the object that an Event is about. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
}

/** coordination.k8s.io/v1 Lease; times are RFC 3339 with microseconds. */
export interface Lease {
  readonly apiVersion: 'coordination.k8s.io/v1';
  readonly kind: 'Lease';
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}
