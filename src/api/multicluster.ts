/**
 * multicluster.x-k8s.io: ServiceExport and ServiceImport, with the condition types and reasons
 * of the v1beta1 types (kubernetes-sigs/mcs-api v0.5.2). KEP-1645, "Exporting Services" and "Importing Services".
 */
import type { SessionAffinityConfig } from './core.ts';
import type { Condition, IPFamily, KubeObject, StringMap } from './meta.ts';

export const MCS_GROUP = 'multicluster.x-k8s.io';

/** The version that Catamaran reads, writes and stores. v1alpha1 is also served. */
export const MCS_VERSION = 'v1beta1';

export const MCS_API_VERSION = `${MCS_GROUP}/${MCS_VERSION}` as const;

/** Exports the Service of the same namespace and name. */
export interface ServiceExport extends KubeObject {
  readonly apiVersion: typeof MCS_API_VERSION;
  readonly kind: 'ServiceExport';
  readonly spec?: { readonly exportedLabels?: StringMap; readonly exportedAnnotations?: StringMap };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export type ServiceImportType = 'ClusterSetIP' | 'Headless';

/** A port of an import. `protocol` is a string without validation in the CRD. */
export interface ServiceImportPort {
  readonly name?: string;
  readonly protocol?: string;
  readonly appProtocol?: string;
  readonly port: number;
}

/** ServiceImport.spec. `ips` and `ipFamilies` are in the same order. The CRD does not validate most texts. */
export interface ServiceImportSpec {
  readonly type: ServiceImportType;
  readonly ports: readonly ServiceImportPort[];
  readonly ips?: readonly string[];
  readonly ipFamilies?: readonly IPFamily[];
  readonly sessionAffinity?: string;
  readonly sessionAffinityConfig?: SessionAffinityConfig;
  readonly internalTrafficPolicy?: string;
  readonly trafficDistribution?: string;
}

export interface ServiceImportStatus {
  readonly endpointSliceObjects?: 'Present' | 'Absent';
  readonly clusters?: readonly { readonly cluster: string }[];
  readonly conditions?: readonly Condition[];
}

/** A Service of the clusterset, as consumed by one member. */
export interface ServiceImport extends KubeObject {
  readonly apiVersion: typeof MCS_API_VERSION;
  readonly kind: 'ServiceImport';
  readonly spec: ServiceImportSpec;
  readonly status?: ServiceImportStatus;
}

/**
 * Condition types of a ServiceExport. The last three are specific to Catamaran, and present only while an endpoint is left
 * out, a hostname is shared with another member, or another implementation sets the first three.
 */
export const ExportCondition = {
  Valid: 'Valid',
  Ready: 'Ready',
  Conflict: 'Conflict',
  EndpointsAccepted: 'catamaran.dev/EndpointsAccepted',
  HostnamesUnique: 'catamaran.dev/HostnamesUnique',
  Exported: 'catamaran.dev/Exported',
} as const;

/** Reasons of a ServiceExport's conditions (v1beta1), and those of `EndpointsAccepted`. */
export const ExportReason = {
  Valid: 'Valid',
  NoService: 'NoService',
  InvalidServiceType: 'InvalidServiceType',
  InvalidService: 'InvalidService',
  Exported: 'Exported',
  Pending: 'Pending',
  Failed: 'Failed',
  NoConflicts: 'NoConflicts',
  PortConflict: 'PortConflict',
  TypeConflict: 'TypeConflict',
  SessionAffinityConflict: 'SessionAffinityConflict',
  SessionAffinityConfigConflict: 'SessionAffinityConfigConflict',
  InternalTrafficPolicyConflict: 'InternalTrafficPolicyConflict',
  TrafficDistributionConflict: 'TrafficDistributionConflict',
  LabelsConflict: 'LabelsConflict',
  AnnotationsConflict: 'AnnotationsConflict',
  IPFamilyConflict: 'IPFamilyConflict',
  AddressRefused: 'AddressRefused',
  InvalidObject: 'InvalidObject',
  NotAllowed: 'NotAllowed',
  LimitReached: 'LimitReached',
  HostnameCollision: 'HostnameCollision',
} as const;
export type ExportReason = (typeof ExportReason)[keyof typeof ExportReason];

/**
 * Condition types of a ServiceImport. The last three are specific to Catamaran, and present only while a source is
 * unreachable, nothing can be reached, or another implementation manages the import.
 */
export const ImportCondition = {
  Ready: 'Ready',
  SourcesReachable: 'catamaran.dev/SourcesReachable',
  EndpointsAvailable: 'catamaran.dev/EndpointsAvailable',
  Managed: 'catamaran.dev/Managed',
} as const;

/**
 * Reasons of a ServiceImport's conditions: three of v1beta1, then those of Catamaran, for problems that users must fix.
 */
export const ImportReason = {
  Ready: 'Ready',
  Pending: 'Pending',
  IPFamilyNotSupported: 'IPFamilyNotSupported',
  NotExported: 'NotExported',
  PortNotExported: 'PortNotExported',
  InvalidPort: 'InvalidPort',
  InvalidField: 'InvalidField',
  TypeMismatch: 'TypeMismatch',
  NameConflict: 'NameConflict',
  ForeignEndpoints: 'ForeignEndpoints',
  Rejected: 'Rejected',
  MemberUnreachable: 'MemberUnreachable',
  NotAllowed: 'NotAllowed',
  Terminating: 'Terminating',
  NoEndpoints: 'NoEndpoints',
  NoneReady: 'NoneReady',
  AddressesRefused: 'AddressesRefused',
  LocalPolicyOnly: 'LocalPolicyOnly',
  ManagedByOther: 'ManagedByOther',
} as const;
export type ImportReason = (typeof ImportReason)[keyof typeof ImportReason];
