/** The objects that the sandbox's controllers read and write, as far as they do. Source: Kubernetes API reference, v1.34. */
import type { IPFamily, Json, JsonObject, StringMap } from '../../api/meta.ts';
import type { StoredObject } from '../apiserver/object.ts';

/** A condition of a workload or a pod; which of the times are there depends on the kind. */
export type StatusCondition = {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string | null;
  readonly lastUpdateTime?: string;
  readonly lastProbeTime?: string | null;
  readonly lastHeartbeatTime?: string;
  readonly observedGeneration?: number;
};

/** metav1.LabelSelector. */
export type LabelSelector = {
  readonly matchLabels?: StringMap;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
};

/** Where a key of a ConfigMap or Secret stands. */
export type KeyRef = { readonly name?: string; readonly key: string; readonly optional?: boolean };

/** EnvVar of a container. */
export type EnvVar = {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly configMapKeyRef?: KeyRef;
    readonly secretKeyRef?: KeyRef;
    readonly resourceFieldRef?: JsonObject;
  };
};

/** A probe, for the port that it asks. */
export type Probe = {
  readonly httpGet?: { readonly port: number | string };
  readonly tcpSocket?: { readonly port: number | string };
};

/** ContainerPort. */
export type ContainerPort = { readonly name?: string; readonly containerPort: number; readonly protocol?: string };

/** Container. */
export type Container = {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly ports?: readonly ContainerPort[];
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly {
    readonly prefix?: string;
    readonly configMapRef?: { readonly name?: string; readonly optional?: boolean };
    readonly secretRef?: { readonly name?: string; readonly optional?: boolean };
  }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly restartPolicy?: string;
};

/** Keys of a ConfigMap or Secret as files. */
export type FileSource = {
  readonly name?: string;
  readonly secretName?: string;
  readonly items?: readonly { readonly key: string; readonly path: string }[];
  readonly optional?: boolean;
};

/** Volume. */
export type Volume = {
  readonly name: string;
  readonly configMap?: FileSource;
  readonly secret?: FileSource;
  readonly projected?: {
    readonly sources?: readonly { readonly configMap?: FileSource; readonly secret?: FileSource }[];
  };
  readonly persistentVolumeClaim?: { readonly claimName: string };
};

/** PodSpec. */
export type PodSpec = {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly nodeName?: string;
  readonly nodeSelector?: StringMap;
  readonly hostname?: string;
  readonly subdomain?: string;
  readonly hostNetwork?: boolean;
  readonly dnsPolicy?: string;
  readonly dnsConfig?: {
    readonly searches?: readonly string[];
    readonly options?: readonly { readonly name?: string; readonly value?: string }[];
  };
  readonly volumes?: readonly Volume[];
  readonly readinessGates?: readonly { readonly conditionType: string }[];
  readonly terminationGracePeriodSeconds?: number;
};

/** ContainerStatus. */
export type ContainerStatus = {
  readonly name: string;
  readonly image: string;
  readonly imageID: string;
  readonly containerID?: string;
  readonly ready: boolean;
  readonly started?: boolean;
  readonly restartCount: number;
  readonly state: JsonObject;
  readonly lastState: JsonObject;
};

/** PodStatus. */
export type PodStatus = {
  readonly phase?: string;
  readonly conditions?: readonly StatusCondition[];
  readonly hostIP?: string;
  readonly hostIPs?: readonly { readonly ip: string }[];
  readonly podIP?: string;
  readonly podIPs?: readonly { readonly ip: string }[];
  readonly startTime?: string;
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
  readonly qosClass?: string;
};

/** v1 Pod. */
export type Pod = StoredObject & { readonly spec: PodSpec; readonly status?: PodStatus };

/** What pods are made from. */
export type PodTemplate = {
  readonly metadata?: { readonly labels?: StringMap; readonly annotations?: StringMap };
  readonly spec: PodSpec;
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

/** A port of a v1 Service, as it is stored. */
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

/** A port of an EndpointSlice, as it is stored. */
export type SlicePort = {
  readonly name?: string;
  readonly protocol?: string;
  readonly port?: number;
  readonly appProtocol?: string;
};

/** An endpoint of an EndpointSlice, as it is stored. */
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

/** discovery.k8s.io/v1 EndpointSlice; empty lists are null, as an API server shows them. */
export type Slice = StoredObject & {
  readonly addressType: string;
  readonly endpoints?: readonly SliceEndpoint[] | null;
  readonly ports?: readonly SlicePort[] | null;
};

/** v1 Node. */
export type Node = StoredObject & {
  readonly spec?: {
    readonly podCIDR?: string;
    readonly podCIDRs?: readonly string[];
    readonly unschedulable?: boolean;
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
export type Endpoints = StoredObject & { readonly subsets?: readonly JsonObject[] | null };

/** The resources that are used here, with what they hold. */
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
