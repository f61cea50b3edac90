/** Core v1 objects, reduced to the fields that multi-cluster Services need. */
import type { IPFamily, KubeObject, ObjectMeta } from './meta.ts';

/** Layer-4 protocols of Service ports. */
export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** Every value of {@link Protocol}, in the order in which messages list them. */
export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const satisfies readonly Protocol[];

/** A port of a Service. `protocol` absent means TCP. */
export interface ServicePort {
  readonly name?: string;
  readonly protocol?: Protocol;
  readonly appProtocol?: string;
  readonly port: number;
  readonly targetPort?: number | string;
}

/** Session affinity of a Service. */
export type SessionAffinity = 'None' | 'ClientIP';

/** `timeoutSeconds` is 1 to 86,400 s; 10,800 s where absent. */
export interface SessionAffinityConfig {
  readonly clientIP?: { readonly timeoutSeconds?: number };
}

/** Where traffic from inside a cluster may go. Absent means Cluster. */
export type InternalTrafficPolicy = 'Cluster' | 'Local';

/** How a Service is exposed. */
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
}

/** v1 Service. */
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
