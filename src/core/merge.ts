/** What all exports of one name give together. KEP-1645, "Constraints and Conflict Resolution". */
import type { InternalTrafficPolicy, Service, SessionAffinity } from '../api/core.ts';
import type { IPFamily } from '../api/meta.ts';
import type { ServiceImportType } from '../api/multicluster.ts';
import { type Conflict, conflictOf, DEFAULT_AFFINITY_SECONDS } from './conflicts.ts';
import { type Admitted, admitAnnotations, admitLabels } from './exported-keys.ts';
import { type Exporter, importTypeOf } from './exports.ts';
import { commonFamilies, familiesOf } from './families.ts';
import { type Port, portsOf, unionOfPorts } from './ports.ts';

/** How connections are spread over endpoints: the single-valued fields of a Service that travel. */
export interface Traffic {
  readonly sessionAffinity: SessionAffinity;
  /** Seconds; there only with ClientIP. */
  readonly affinitySeconds?: number;
  readonly internalTrafficPolicy?: InternalTrafficPolicy;
  readonly trafficDistribution?: string;
}

/** The merge of at least one valid export. */
export interface Merged {
  /** Members that export, by name. */
  readonly members: readonly string[];
  readonly oldest: string;
  readonly type: ServiceImportType;
  readonly ports: readonly Port[];
  /** Every (protocol, port) that some member offers, the losers of a conflict included. */
  readonly offered: readonly Port[];
  /** Families that the exporters have in common; what the consumer has is not yet taken into account. */
  readonly families: readonly IPFamily[];
  readonly traffic: Traffic;
  readonly labels: Admitted;
  readonly annotations: Admitted;
  readonly conflict: Conflict | undefined;
}

/** The fields of a Service that say how connections are spread. Headless Services have no affinity. */
export function trafficOf(service: Service): Traffic {
  const { sessionAffinity, sessionAffinityConfig, internalTrafficPolicy, trafficDistribution } = service.spec;
  const sticky = sessionAffinity === 'ClientIP' && importTypeOf(service) === 'ClusterSetIP';
  return {
    sessionAffinity: sticky ? 'ClientIP' : 'None',
    ...(sticky && {
      affinitySeconds: sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS,
    }),
    ...(internalTrafficPolicy !== undefined && { internalTrafficPolicy }),
    ...(trafficDistribution !== undefined && { trafficDistribution }),
  };
}

function mergeAll(oldest: Exporter, exporters: readonly Exporter[]): Merged {
  const ports = exporters.map(({ service }) => portsOf(service.spec.ports));
  return {
    members: exporters.map(({ member }) => member).toSorted(),
    oldest: oldest.member,
    type: importTypeOf(oldest.service),
    ports: unionOfPorts(ports),
    offered: ports.flat(),
    families: commonFamilies(exporters.map(({ service }) => familiesOf(service))),
    traffic: trafficOf(oldest.service),
    labels: admitLabels(oldest.export.spec?.exportedLabels),
    annotations: admitAnnotations(oldest.export.spec?.exportedAnnotations),
    conflict: conflictOf(exporters),
  };
}

const memo = new WeakMap<Exporter['export'], { readonly inputs: readonly unknown[]; readonly merged: Merged }>();

/**
 * Merges valid exports that come in order of precedence; undefined where there are none. The last result is kept as
 * long as the very same objects come again: the members of a large fleet ask one after the other.
 */
export function merge(exporters: readonly Exporter[]): Merged | undefined {
  const oldest = exporters[0];
  if (!oldest) return undefined;
  const inputs = exporters.flatMap((exporter) => [exporter.member, exporter.export, exporter.service]);
  const last = memo.get(oldest.export);
  if (last?.inputs.length === inputs.length && last.inputs.every((input, index) => input === inputs[index])) {
    return last.merged;
  }
  const merged = mergeAll(oldest, exporters);
  memo.set(oldest.export, { inputs, merged });
  return merged;
}
