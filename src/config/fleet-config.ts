/** The configuration of a fleet after validation, with defaults; durations are in milliseconds. */
import type { KeyAllowList, SlicePolicy } from '../core/export-policy.ts';
import type { ImportMode } from '../core/view.ts';
import type { MemberAccess } from './access.ts';

/** Settings of a namespace of one member. `name` is a namespace, or a prefix that ends in `*`. */
export interface NamespaceOverride {
  readonly name: string;
  readonly importMode: ImportMode;
}

/** Settings of a namespace in all members. Read them with `namespaceRules`, which also has the built-in rules. */
export interface NamespaceSettings {
  readonly name: string;
  readonly importMode?: ImportMode;
  /** Members that may import, or `*`. */
  readonly importers?: readonly string[];
  /** Members that may export, or `*`. */
  readonly exporters?: readonly string[];
  /** Default: that of the member. */
  readonly slices?: SlicePolicy;
}

/** Which addresses of a member are imported: those in known networks, or all that belong to no other member. */
export type AddressAcceptance = 'Known' | 'Any';

/** Limits of what a member can export. */
export interface ExportLimits {
  readonly exportsPerMember: number;
  readonly exportsPerNamespace: number;
  readonly endpointsPerExport: number;
  /** Bytes of exported labels and annotations. */
  readonly exportedBytes: number;
  /** Bytes of the objects of a member that are kept in memory. */
  readonly memberBytes: number;
}

/** One cluster of the fleet. */
export interface MemberConfig {
  /** The cluster id: one RFC 1123 label. */
  readonly name: string;
  readonly access: MemberAccess;
  /** UID of the namespace kube-system that the cluster must have. Default: any. */
  readonly clusterId?: string;
  readonly podCIDRs: readonly string[];
  readonly serviceCIDRs: readonly string[];
  readonly nodeCIDRs: readonly string[];
  readonly extraCIDRs: readonly string[];
  readonly addresses: AddressAcceptance;
  readonly slices: SlicePolicy;
  /** Default: that of the fleet. */
  readonly importMode?: ImportMode;
  /** Default: that of the fleet. */
  readonly derivedPrefix: string;
  readonly namespaces: readonly NamespaceOverride[];
}

/** What members are described by: one format of Secrets, or ClusterProfiles. */
export const INVENTORY_FORMATS = [
  'Catamaran',
  'ClusterAPI',
  'ArgoCD',
  'MulticlusterRuntime',
  'ClusterProfile',
] as const;

export type InventoryFormat = (typeof INVENTORY_FORMATS)[number];

/** Where members come from besides the file. */
export interface InventoryConfig {
  readonly format: InventoryFormat;
  /** Default: that of the controller. */
  readonly namespace?: string;
  readonly matchLabels: Readonly<Record<string, string>>;
  /** Of the cluster that has the objects. Default: that of the controller. */
  readonly access?: MemberAccess;
}

/** Settings of the Lease that the writer of a member holds. */
export interface LeaseConfig {
  readonly namespace: string;
  readonly name: string;
  /** A multiple of 1,000. */
  readonly durationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** When an edit of the file is held back. */
export interface GuardConfig {
  /** Share of what is served, in percent, that an edit may remove. */
  readonly percent: number;
  /** Number of endpoints, exports or imports that an edit may remove regardless of their share. */
  readonly minimum: number;
  /** The token of the edit that the file confirms. */
  readonly confirm?: string;
  /** Identifies the content of the file and of its inventories, apart from `confirm`. */
  readonly token: string;
  /** Members whose removal needs no confirmation, since a user has asked for it by name. */
  readonly departing?: readonly string[];
}

/** Plain data, so that two configurations can be compared. */
export interface FleetConfig {
  readonly name?: string;
  /** Without a trailing dot. */
  readonly clustersetDomain: string;
  readonly importMode: ImportMode;
  readonly derivedPrefix: string;
  readonly unreachableAfterMs: number;
  /** Absent: never. */
  readonly endpointExpiryMs?: number;
  readonly lease: LeaseConfig;
  readonly namespaces: readonly NamespaceSettings[];
  readonly exportedLabels: KeyAllowList;
  readonly exportedAnnotations: KeyAllowList;
  readonly limits: ExportLimits;
  readonly guard: GuardConfig;
  readonly inventories: readonly InventoryConfig[];
  /** In the order of the file, then those of the inventories. */
  readonly members: readonly MemberConfig[];
}

/** Networks in which a member is declared to have endpoints. */
export function endpointNetworks({ podCIDRs, nodeCIDRs, extraCIDRs }: MemberConfig): readonly string[] {
  return [...podCIDRs, ...nodeCIDRs, ...extraCIDRs];
}

/** Whether a member can announce only addresses in networks that are declared for it. */
export function isBounded(member: MemberConfig): boolean {
  return member.addresses === 'Known' && endpointNetworks(member).length > 0;
}
