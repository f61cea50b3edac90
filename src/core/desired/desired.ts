/** The desired state of one namespace/name in one consumer. */
import type { Service } from '../../api/core.ts';
import type { Exporter } from '../merge/exports.ts';
import { yieldedBy } from '../merge/hostnames.ts';
import type { Clusterset } from '../merge/merge.ts';
import { portsOf } from '../merge/ports.ts';
import { derivedServiceName } from '../naming.ts';
import { importOfService } from '../ownership.ts';
import type { ConsumerView } from '../view.ts';
import { Derivations, type DesiredSlice } from './derivations.ts';
import { splitHostnames } from './hostname-split.ts';
import { type DesiredImport, desiredImport } from './import.ts';
import { leftOutNote } from './own-addresses.ts';
import type { ServiceShape } from './service-shape.ts';

export interface Desired {
  readonly clusterset: Clusterset;
  /** Name of the derived Service. */
  readonly derivedService: string;
  /** The Service of that name, if it is managed by Catamaran. */
  readonly own: Service | undefined;
  /** `absent`: there should be none. `undecided`: too little is known to change the existing one. */
  readonly import: DesiredImport | 'absent' | 'undecided';
  readonly slices: readonly DesiredSlice[];
  /** Names of observed slices that stay unchanged, although no known source has them. */
  readonly kept: ReadonlySet<string>;
}

function slicesOf(
  exporter: Exporter,
  { member, namespace, name }: ConsumerView,
  { derivedService, own }: Pick<Desired, 'derivedService' | 'own'>,
  { headless, ports, traffic, families }: ServiceShape,
  derivations: Derivations,
): readonly DesiredSlice[] {
  const { trafficDistribution } = traffic;
  const local = exporter.member === member;
  const slices = derivations.slicesOf(exporter, {
    namespace,
    name,
    derivedService,
    headless,
    ports,
    servedNow: headless || !own ? [] : portsOf(own.spec.ports),
    trafficDistribution,
    local,
  });
  return slices.filter(({ content }) => families.includes(content.addressType));
}

/** The slices of an exporter without bare hostnames that belong to another member. */
function withoutShared(
  slices: readonly DesiredSlice[],
  { member }: Exporter,
  { merged, frozen }: Clusterset,
  { derivedSlices }: ConsumerView,
): readonly DesiredSlice[] {
  const hostnames = yieldedBy(member, merged?.hostnames ?? new Map());
  if (hostnames.size === 0 && !frozen) return slices;
  const observed = frozen ? { observed: new Map(derivedSlices.map((slice) => [slice.name, slice])) } : {};
  return slices.flatMap((slice) => splitHostnames(slice, { hostnames, ...observed }));
}

type Holdings = Pick<Desired, 'slices' | 'kept'>;

/**
 * Desired slices, and observed ones to keep. Nothing of an unknown source is removed. Slices of a source whose
 * endpoints have expired are removed, unless they have the consumer's last ready endpoints: a silent member may still
 * serve.
 */
function holdingsOf(
  { expired, unknown }: Clusterset,
  { derivedSlices }: ConsumerView,
  all: readonly DesiredSlice[],
): Holdings {
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

function holdings(decided: Omit<Desired, keyof Holdings>, consumer: ConsumerView, derivations: Derivations): Holdings {
  const { clusterset, import: imported } = decided;
  // A refusal is knowledge, so it removes the slices of unknown sources, too.
  if (imported === 'absent' || consumer.importRefusal !== undefined) return { slices: [], kept: new Set() };
  if (imported === 'undecided') return { slices: [], kept: new Set(consumer.derivedSlices.map(({ name }) => name)) };
  const { serving } = imported;
  if (serving === 'nothing') return holdingsOf(clusterset, consumer, []);
  const slices = clusterset.exports.valid.flatMap((exporter) => {
    const allowed = derivations.ownAddresses.without(exporter, consumer);
    const derived = slicesOf(allowed, consumer, decided, serving.shape, derivations);
    return serving.shape.headless ? withoutShared(derived, exporter, clusterset, consumer) : derived;
  });
  return holdingsOf(clusterset, consumer, slices);
}

/** Adds what the consumer misses because an address is its own. */
function withNotes(
  imported: Desired['import'],
  { exports }: Clusterset,
  consumer: ConsumerView,
  { ownAddresses }: Derivations,
): Desired['import'] {
  if (typeof imported === 'string' || imported.serving === 'nothing') return imported;
  const notes = exports.valid.flatMap((each) => leftOutNote(each, ownAddresses.without(each, consumer)) ?? []);
  return notes.length > 0 ? { ...imported, notes: [...imported.notes, ...notes] } : imported;
}

/**
 * The desired state of a consumer; undefined while nothing can be changed: missing objects of an unknown consumer
 * cannot be determined, and nothing can be created in a terminating namespace.
 */
export function desired(
  clusterset: Clusterset,
  consumer: ConsumerView,
  derivations: Derivations = new Derivations(),
): Desired | undefined {
  if (clusterset.unknown.has(consumer.member) || consumer.namespacePhase !== 'Active') return undefined;
  const { name, derivedPrefix, derivedService: observed } = consumer;
  const own = observed && importOfService(observed.metadata) === name ? observed : undefined;
  const derivedService = derivedServiceName(derivedPrefix, name);
  const planned = desiredImport({ clusterset, consumer, derivedService, own });
  const imported = withNotes(planned, clusterset, consumer, derivations);
  const decided = { clusterset, derivedService, own, import: imported };
  return { ...decided, ...holdings(decided, consumer, derivations) };
}
