/** The configuration of a fleet after validation, with defaults; durations are in milliseconds. */
import type { ImportMode } from '../core/view.ts';
import type { MemberAccess } from './access.ts';

/** Settings of one namespace. */
export interface NamespaceOverride {
  readonly name: string;
  readonly importMode: ImportMode;
}

/** One cluster of the fleet. */
export interface MemberConfig {
  /** The cluster id: one RFC 1123 label. */
  readonly name: string;
  readonly access: MemberAccess;
  readonly podCIDRs: readonly string[];
  readonly serviceCIDRs: readonly string[];
  readonly nodeCIDRs: readonly string[];
  readonly extraCIDRs: readonly string[];
  /** Default: that of the fleet. Use {@link importMode}, which also considers namespaces. */
  readonly importMode?: ImportMode;
  /** Default: that of the fleet. */
  readonly derivedPrefix: string;
  readonly namespaces: readonly NamespaceOverride[];
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
  readonly namespaces: readonly NamespaceOverride[];
  /** At least one, in the order of the file. */
  readonly members: readonly MemberConfig[];
}

/**
 * Who creates ServiceImports in a namespace of a member, given the member's configuration. The most specific setting
 * applies: the member's namespace, the fleet's namespace, the member, the fleet. The namespace precedes the member
 * because a namespace means the same in every cluster of a clusterset (KEP-1645, "namespace sameness"), so its owner
 * decides for all of them.
 */
export function importMode(config: FleetConfig, member: MemberConfig | undefined, namespace: string): ImportMode {
  const named = (override: NamespaceOverride) => override.name === namespace;
  return (
    member?.namespaces.find(named)?.importMode ??
    config.namespaces.find(named)?.importMode ??
    member?.importMode ??
    config.importMode
  );
}
