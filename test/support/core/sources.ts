/** Sources as the merge reads them. */

import { deriveContext } from '../../../src/core/desired/derivations.ts';
import { addressPolicy } from '../../../src/core/merge/addresses.ts';
import { classifyExports } from '../../../src/core/merge/exports.ts';
import type { ConsumerView, KnownSource, SourceView } from '../../../src/core/view.ts';
import { anExport, aService, DERIVED, NAME, NAMESPACE } from './objects.ts';

/** Accepts every unicast address. */
export const ANY = addressPolicy([]);

/** A known member that exports. */
export function aSource(more: Partial<KnownSource> = {}): KnownSource {
  return { member: 'cluster1', standing: 'current', slices: [], export: anExport(), service: aService(), ...more };
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
