/**
 * The objects read and written by the controllers, limited to the fields in use. Source: Kubernetes API reference,
 * v1.34.
 */
import type { Json, JsonObject, StringMap } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import type { IPFamily } from '../machinery/well-known.ts';
import type { Pod, PodTemplate, StatusCondition } from './pod-kinds.ts';

export type {
  Container,
  ContainerStatus,
  EnvVar,
  FileSource,
  KeyRef,
  NodeRequirement,
  NodeSelectorTerm,
  Pod,
  PodSpec,
  PodStatus,
  PodTemplate,
  Probe,
  StatusCondition,
  Toleration,
  Volume,
} from './pod-kinds.ts';

/** metav1.LabelSelector. */
export type LabelSelector = {
  readonly matchLabels?: StringMap;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
};

/** apps/v1 ReplicaSet. */
export type ReplicaSet = StoredObject & {
  readonly spec: {
    readonly replicas?: number;
    readonly minReadySeconds?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
  };
  readonly status?: {
    readonly replicas?: number;
    readonly fullyLabeledReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly observedGeneration?: number;
    readonly conditions?: readonly StatusCondition[];
  };
};

/** DeploymentSpec. */
export type DeploymentSpec = {
  readonly replicas?: number;
  readonly paused?: boolean;
  readonly minReadySeconds?: number;
  readonly progressDeadlineSeconds?: number;
  readonly revisionHistoryLimit?: number;
  readonly selector: LabelSelector;
  readonly template: PodTemplate;
  readonly strategy?: {
    readonly type?: string;
    readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string } | null;
  };
};

/** DeploymentStatus. */
export type DeploymentStatus = {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly unavailableReplicas?: number;
  readonly collisionCount?: number;
  readonly conditions?: readonly StatusCondition[];
};

/** apps/v1 Deployment. */
export type Deployment = StoredObject & { readonly spec: DeploymentSpec; readonly status?: DeploymentStatus };

/** v1 PersistentVolumeClaim, as a template or stored. */
export type ClaimTemplate = {
  readonly metadata?: { readonly name?: string; readonly labels?: StringMap; readonly annotations?: StringMap };
  readonly spec?: JsonObject;
};

/** StatefulSetStatus. */
export type StatefulSetStatus = {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly currentReplicas?: number;
  readonly updatedReplicas?: number;
  readonly currentRevision?: string;
  readonly updateRevision?: string;
  readonly collisionCount?: number;
};

/** apps/v1 StatefulSet. */
export type StatefulSet = StoredObject & {
  readonly spec: {
    readonly replicas?: number;
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly serviceName?: string;
    readonly podManagementPolicy?: string;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly volumeClaimTemplates?: readonly ClaimTemplate[];
    readonly ordinals?: { readonly start?: number };
    readonly updateStrategy?: {
      readonly type?: string;
      readonly rollingUpdate?: { readonly partition?: number } | null;
    };
  };
  readonly status?: StatefulSetStatus;
};

/** apps/v1 ControllerRevision. */
export type ControllerRevision = StoredObject & { readonly revision: number; readonly data?: Json };

/** A port of a stored v1 Service. */
export type StoredServicePort = {
  readonly name?: string;
  readonly protocol?: string;
  readonly appProtocol?: string;
  readonly port: number;
  readonly targetPort?: number | string;
  readonly nodePort?: number;
};

/** v1 Service. */
export type Service = StoredObject & {
  readonly spec: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly externalIPs?: readonly string[];
    readonly externalName?: string;
    readonly ports?: readonly StoredServicePort[];
    readonly selector?: StringMap;
    readonly sessionAffinity?: string;
    readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } };
    readonly ipFamilies?: readonly IPFamily[];
    readonly internalTrafficPolicy?: string;
    readonly trafficDistribution?: string;
    readonly publishNotReadyAddresses?: boolean;
  };
  readonly status?: JsonObject;
};

/** A port of a stored EndpointSlice. */
export type SlicePort = {
  readonly name?: string;
  readonly protocol?: string;
  readonly port?: number;
  readonly appProtocol?: string;
};

/** An endpoint of a stored EndpointSlice. */
export type SliceEndpoint = {
  readonly addresses: readonly string[];
  readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly zone?: string;
  readonly hints?: {
    readonly forZones?: readonly { readonly name: string }[];
    readonly forNodes?: readonly { readonly name: string }[];
  };
  readonly targetRef?: {
    readonly kind?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly uid?: string;
  };
};

/** discovery.k8s.io/v1 EndpointSlice; empty lists are null, as returned by the API server. */
export type Slice = StoredObject & {
  readonly addressType: string;
  readonly endpoints?: readonly SliceEndpoint[] | null;
  readonly ports?: readonly SlicePort[] | null;
};

/** Taint. */
export type Taint = { readonly key: string; readonly value?: string; readonly effect: string };

/** v1 Node. */
export type Node = StoredObject & {
  readonly spec?: {
    readonly podCIDR?: string;
    readonly podCIDRs?: readonly string[];
    readonly unschedulable?: boolean;
    readonly taints?: readonly Taint[];
  };
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly conditions?: readonly StatusCondition[];
  };
};

/** v1 ConfigMap and Secret. */
export type ConfigMap = StoredObject & { readonly data?: StringMap; readonly binaryData?: StringMap };
export type Secret = StoredObject & { readonly data?: StringMap };

/** v1 PersistentVolumeClaim. */
export type Claim = StoredObject & {
  readonly spec?: {
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly accessModes?: readonly string[];
    readonly resources?: { readonly requests?: StringMap };
  };
  readonly status?: { readonly phase?: string };
};

/** v1 Namespace. */
export type Namespace = StoredObject & { readonly status?: { readonly phase?: string } };

/** v1 Endpoints. */
export type EndpointsAddress = {
  readonly ip: string;
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly targetRef?: NonNullable<SliceEndpoint['targetRef']>;
};

/** Addresses of v1 Endpoints that share ports. */
export type EndpointsSubset = {
  readonly addresses?: readonly EndpointsAddress[];
  readonly notReadyAddresses?: readonly EndpointsAddress[];
  readonly ports?: readonly SlicePort[];
};

/** v1 Endpoints. */
export type Endpoints = StoredObject & { readonly subsets?: readonly EndpointsSubset[] | null };

/** The resources used by the controllers, with the type of their objects. */
export type Kinds = {
  '/configmaps': ConfigMap;
  '/endpoints': Endpoints;
  '/namespaces': Namespace;
  '/nodes': Node;
  '/persistentvolumeclaims': Claim;
  '/pods': Pod;
  '/secrets': Secret;
  '/services': Service;
  'apps/controllerrevisions': ControllerRevision;
  'apps/deployments': Deployment;
  'apps/replicasets': ReplicaSet;
  'apps/statefulsets': StatefulSet;
  'discovery.k8s.io/endpointslices': Slice;
};
