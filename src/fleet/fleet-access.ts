/** Applies the rules of the fleet file to the members. */
import { isDeepStrictEqual } from 'node:util';
import { type ServiceKey, splitKey } from '../api/meta.ts';
import { ExportReason } from '../api/multicluster.ts';
import { rangeMap } from '../api/range-map.ts';
import { endpointNetworks, type FleetConfig, isBounded, type MemberConfig } from '../config/fleet-config.ts';
import { namespaceRules } from '../config/namespace-rules.ts';
import type { FleetNetworks } from '../core/addresses/address-policy.ts';
import type { ExportPolicy, ExportRefusal } from '../core/export-policy.ts';
import type { ImportMode } from '../core/view.ts';
import type { QuotaLimits } from './export-quota.ts';

/** A member whose exports are counted. */
export interface CountedMember {
  readonly config: MemberConfig;
  readonly cache: { exceededLimit(key: ServiceKey): keyof QuotaLimits | undefined };
}

export interface FleetAccess {
  readonly networks: FleetNetworks;
  importMode(member: MemberConfig, namespace: string): ImportMode;
  importRefusal(member: string, namespace: string): string | undefined;
  exportPolicy(member: CountedMember, key: ServiceKey): ExportPolicy;
  /** Whether the file denies the export, whatever the member reports. */
  deniesExport(member: string, key: ServiceKey): boolean;
}

function networksOf(members: readonly MemberConfig[], read: (member: MemberConfig) => readonly string[]) {
  return rangeMap(members.flatMap((member) => read(member).map((cidr) => [cidr, member.name] as const)));
}

/** The rules of a configuration. `before` is reused if it has the same networks, which makes a comparison cheap. */
export function fleetAccess(config: FleetConfig, before?: FleetNetworks): FleetAccess {
  const rules = namespaceRules(config);
  const { limits, exportedLabels: labels, exportedAnnotations: annotations } = config;
  const refusalOf = (
    { config: { name: member }, cache }: CountedMember,
    key: ServiceKey,
  ): ExportRefusal | undefined => {
    const { namespace, name } = splitKey(key);
    const message = rules.exportRefusal(member, namespace, name);
    if (message !== undefined) return { reason: ExportReason.NotAllowed, message };
    const limit = cache.exceededLimit(key);
    if (limit === undefined) return undefined;
    const where = limit === 'exportsPerNamespace' ? ` from namespace "${namespace}"` : '';
    const text = `Member "${member}" already exports ${limits[limit]} Services${where}, the limit set by spec.limits.${limit} of the fleet file`;
    return { reason: ExportReason.LimitReached, message: text };
  };
  const networks: FleetNetworks = {
    endpoints: networksOf(config.members, endpointNetworks),
    services: networksOf(config.members, ({ serviceCIDRs }) => serviceCIDRs),
  };
  return {
    networks: before && isDeepStrictEqual(before, networks) ? before : networks,
    importMode: rules.importMode,
    importRefusal: rules.importRefusal,
    exportPolicy: (member, key) => {
      const refusal = refusalOf(member, key);
      return {
        ...(refusal && { refusal }),
        bounded: isBounded(member.config),
        slices: rules.slices(member.config, splitKey(key).namespace),
        labels,
        annotations,
        exportedBytes: limits.exportedBytes,
        endpoints: limits.endpointsPerExport,
      };
    },
    deniesExport: (member, key) => {
      const { namespace, name } = splitKey(key);
      return rules.exportRefusal(member, namespace, name) !== undefined;
    },
  };
}
