/** What one consumer should hold of one namespace/name, given all that is known of it. */
import type { Service } from '../api/core.ts';
import type { StringMap } from '../api/meta.ts';
import { type DeriveContext, type DerivedContent, deriveContext, deriveSlice } from './derive.ts';
import type { Exporter } from './exports.ts';
import { type DesiredExport, desiredExport } from './exportstatus.ts';
import { type DesiredImport, desiredImport } from './import.ts';
import { type Knowledge, survey } from './knowledge.ts';
import { derivedServiceName } from './naming.ts';
import { isOurs, type ServiceShape } from './service.ts';
import { sliceLabels } from './slices.ts';
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
  const context: DeriveContext = deriveContext({
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

/**
 * Slices to have and to keep. Those of a source whose endpoints have expired go, unless they hold the last ready
 * endpoints that the consumer has: a member whose API is silent may well still serve.
 */
function desiredSlices(
  view: ServiceView,
  derivedService: string,
  exporters: readonly Exporter[],
  shape: ServiceShape | undefined,
): Pick<Desired, 'slices' | 'kept'> {
  const { derivedSlices } = view.consumer;
  const unknown = new Map(view.sources.filter(({ known }) => !known).map((source) => [source.member, source]));
  const orphaned = derivedSlices.filter(({ source }) => unknown.has(source));
  const [expiredKept, kept] = split(orphaned, ({ source }) => unknown.get(source)?.expired === true);
  const all = shape ? exporters.flatMap((exporter) => slicesOf(view, derivedService, exporter, shape)) : [];
  const expiredMembers = new Set(view.sources.filter(({ expired }) => expired).map(({ member }) => member));
  const [expired, live] = split(all, ({ source }) => expiredMembers.has(source));
  const readyElsewhere = [...kept, ...live.map(({ content }) => content)].some(({ ready }) => ready > 0);
  const last = !readyElsewhere && derivedSlices.some(({ ready }) => ready > 0);
  return {
    slices: last ? [...live, ...expired.filter(({ content }) => content.ready > 0)] : live,
    kept: new Set([...kept, ...(last ? expiredKept.filter(({ ready }) => ready > 0) : [])].map(({ name }) => name)),
  };
}

function split<T>(items: readonly T[], belongs: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}

/** Says what the consumer of a view should hold. The same view in any order gives the same answer. */
export function desired(view: ServiceView): Desired {
  const knowledge = survey(view);
  const { consumer, name } = view;
  const derivedService = derivedServiceName(consumer.derivedPrefix, name);
  const base = { knowledge, derivedService };
  const consumerKnown = view.sources.every((source) => source.known || source.member !== consumer.member);
  // A consumer that is not known, or whose namespace is not there or going, is left alone.
  if (!consumerKnown || consumer.namespace !== 'Active') {
    return { ...base, import: 'held', slices: [], kept: namesOf(consumer), export: undefined };
  }
  const own = ownService(view);
  const imported = desiredImport(view, knowledge, derivedService, own);
  const exported = desiredExport(consumer.member, knowledge);
  if (imported === 'held') return { ...base, import: imported, slices: [], kept: namesOf(consumer), export: exported };
  if (imported === 'absent') return { ...base, import: imported, slices: [], kept: new Set(), export: exported };
  if (imported.serving === 'as-is') {
    return { ...base, import: imported, slices: [], kept: namesOf(consumer), export: exported };
  }
  const shape = imported.serving === 'nothing' ? undefined : imported.serving.shape;
  const slices = desiredSlices(view, derivedService, knowledge.exports.valid, shape);
  return { ...base, import: imported, ...slices, export: exported };
}

function namesOf({ derivedSlices }: ServiceView['consumer']): ReadonlySet<string> {
  return new Set(derivedSlices.map(({ name }) => name));
}
