/** Sources as the merge reads them. */

import { rangeMap, rangeSet } from '../../../src/api/range-map.ts';
import type { AddressPolicy } from '../../../src/core/addresses/address-policy.ts';
import { deriveContext } from '../../../src/core/desired/derivations.ts';
import type { ExportPolicy } from '../../../src/core/export-policy.ts';
import { classifyExports } from '../../../src/core/merge/exports.ts';
import type { ConsumerView, KnownSource, SourceView } from '../../../src/core/view.ts';
import { anExport, aService, DERIVED, NAME, NAMESPACE } from './objects.ts';

/** The policy of a member that declares these CIDRs; without any, every address that no one else declares is accepted. */
export function addressPolicy(cidrs: readonly string[], others: Partial<AddressPolicy> = {}): AddressPolicy {
  return {
    member: 'cluster1',
    fleet: { endpoints: rangeMap<string>([]), services: rangeMap<string>([]) },
    reported: { endpoints: rangeSet([]), services: rangeSet([]) },
    declared: rangeSet(cidrs),
    any: cidrs.length === 0,
    ...others,
  };
}

/** Accepts every ordinary address. */
export const ANY = addressPolicy([]);

/** Allows everything that can be allowed. */
export const ALLOW_ALL: ExportPolicy = {
  bounded: false,
  slices: 'Any',
  labels: ['*'],
  annotations: ['*'],
  exportedBytes: 1_000_000,
  endpoints: 1_000_000,
};

/** A known member that exports. */
export function aSource(more: Partial<KnownSource> = {}): KnownSource {
  return {
    member: 'cluster1',
    standing: 'current',
    policy: ALLOW_ALL,
    slices: [],
    export: anExport(),
    service: aService(),
    ...more,
  };
}

/** The context of all slices of a source for one consumer. */
export function contextOf(source: SourceView, consumer = 'cluster2', headless = false) {
  const [exporter] = classifyExports([source]).valid;
  if (!exporter) throw new Error('the export is not valid');
  const ports = [{ name: 'http', protocol: 'TCP' as const, port: 80 }];
  return deriveContext(exporter, {
    namespace: NAMESPACE,
    name: NAME,
    derivedService: DERIVED,
    headless,
    trafficDistribution: undefined,
    local: exporter.member === consumer,
    ports,
    servedNow: [],
  });
}

/** A consumer in mode Automatic that holds nothing yet. */
export function aConsumer(more: Partial<ConsumerView> = {}): ConsumerView {
  return {
    member: 'cluster2',
    namespace: NAMESPACE,
    name: NAME,
    namespacePhase: 'Active',
    importMode: 'Automatic',
    derivedPrefix: 'amcs-',
    ipFamilies: ['IPv4'],
    derivedSlices: [],
    foreignSlices: [],
    ...more,
  };
}
