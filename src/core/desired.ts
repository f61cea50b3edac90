/** What one consumer should hold of one namespace/name, given all that is known of it. */
import type { Service } from '../api/core.ts';
import type { StringMap } from '../api/meta.ts';
import { type DerivedContent, deriveContext, deriveSlice } from './derive-slice.ts';
import { isOurs, type ServiceShape } from './derived-service.ts';
import { sliceLabels } from './derived-slice.ts';
import { type DesiredExport, desiredExport } from './export-status.ts';
import type { Exporter } from './exports.ts';
import { type DesiredImport, desiredImport } from './import.ts';
import { derivedServiceName } from './naming.ts';
import { type Knowledge, survey } from './source-state.ts';
import type { ServiceView } from './view.ts';

/** A slice that the consumer should hold. */
export interface DesiredSlice {
  readonly source: string;
  readonly content: DerivedContent;
  readonly labels: StringMap;
}

/** What one consumer should hold of one name. */
export interface Desired {
  readonly knowledge: Knowledge;
  /** Name of the derived Service. */
  readonly derivedService: string;
  /** `absent`: none should be there. `held`: too little is known to touch what is there. */
  readonly import: DesiredImport | 'absent' | 'held';
  /** Slices that should be there as said. */
  readonly slices: readonly DesiredSlice[];
  /** Names of observed slices that stay as they are, though no known source gives them. */
  readonly kept: ReadonlySet<string>;
  /** Status of the consumer's own export; undefined where it exports nothing. */
  readonly export: DesiredExport | undefined;
}

/** The derived Service that the consumer has, unless somebody else made it. */
export function ownService({ consumer, name }: ServiceView): Service | undefined {
  const { derivedService, import: imported } = consumer;
  return derivedService && isOurs(derivedService, name, imported?.metadata.uid) ? derivedService : undefined;
}

function slicesOf(view: ServiceView, derivedService: string, exporter: Exporter, shape: ServiceShape): DesiredSlice[] {
  const context = deriveContext({
    exporter,
    namespace: view.namespace,
    derivedService,
    headless: shape.headless,
    trafficDistribution: shape.traffic.trafficDistribution,
    consumer: view.consumer.member,
    ports: shape.ports,
  });
  const labels = sliceLabels(derivedService, view.name, exporter.member, shape.headless);
  return exporter.slices.flatMap((slice) => {
    const content = deriveSlice(slice, context);
    return content && shape.families.includes(content.addressType)
      ? [{ source: exporter.member, content, labels }]
      : [];
  });
}

type Holdings = Pick<Desired, 'slices' | 'kept'>;

/**
 * Slices to have and to keep. Nothing of an unknown source is taken away. Slices of a source whose endpoints have
 * expired go, unless they hold the last ready endpoints that the consumer has: a silent member may well still serve.
 */
function holdingsOf(view: ServiceView, all: readonly DesiredSlice[]): Holdings {
  const { derivedSlices } = view.consumer;
  const expired = new Set(view.sources.filter((source) => source.expired).map(({ member }) => member));
  const unknown = new Set(view.sources.filter(({ known }) => !known).map(({ member }) => member));
  const orphans = derivedSlices.filter(({ source }) => unknown.has(source));
  const live = all.filter(({ source }) => !expired.has(source));
  const kept = orphans.filter(({ source }) => !expired.has(source));
  const served = live.some(({ content }) => content.ready > 0) || kept.some(({ ready }) => ready > 0);
  const isLast = !served && derivedSlices.some(({ ready }) => ready > 0);
  const stays = (source: string, ready: number) => !expired.has(source) || (isLast && ready > 0);
  return {
    slices: all.filter(({ source, content }) => stays(source, content.ready)),
    kept: new Set(orphans.filter(({ source, ready }) => stays(source, ready)).map(({ name }) => name)),
  };
}

function untouched({ consumer }: ServiceView): Holdings {
  return { slices: [], kept: new Set(consumer.derivedSlices.map(({ name }) => name)) };
}

function holdings(
  view: ServiceView,
  { derivedService, knowledge, import: imported }: Omit<Desired, keyof Holdings>,
): Holdings {
  if (imported === 'absent') return { slices: [], kept: new Set() };
  if (imported === 'held') return untouched(view);
  const { serving } = imported;
  if (serving === 'nothing') return holdingsOf(view, []);
  const slices = knowledge.exports.valid.flatMap((exporter) => slicesOf(view, derivedService, exporter, serving.shape));
  return holdingsOf(view, slices);
}

/** Says what the consumer of a view should hold. The same view in any order gives the same answer. */
export function desired(view: ServiceView): Desired {
  const knowledge = survey(view);
  const { consumer, name, sources } = view;
  const base = { knowledge, derivedService: derivedServiceName(consumer.derivedPrefix, name) };
  const known = sources.every((source) => source.known || source.member !== consumer.member);
  // Of a consumer that is not known nothing can be missed; in a namespace that is going nothing can be made.
  if (!known || consumer.namespace !== 'Active')
    return { ...base, ...untouched(view), import: 'held', export: undefined };
  const decided = {
    ...base,
    import: desiredImport(view, knowledge, base.derivedService, ownService(view)),
    export: desiredExport(consumer.member, knowledge),
  };
  return { ...decided, ...holdings(view, decided) };
}
