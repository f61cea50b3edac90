/**
 * The desired ServiceImport of a consumer: its origin, what it serves, and problems that prevent it from serving more.
 */
import type { Service } from '../../api/core.ts';
import type { IPFamily } from '../../api/meta.ts';
import { ImportCondition, ImportReason, type ServiceImport } from '../../api/multicluster.ts';
import { isAutomatic, type OtherImplementation, otherImplementation } from '../import-manager.ts';
import { importTypeOf } from '../merge/exports.ts';
import { areFilledIn, intersection, keepingPrimary, preferred } from '../merge/families.ts';
import type { Clusterset, Merged } from '../merge/merge.ts';
import { keepingNames, type Port, portKey, portsOf, showPort, showPorts, withAppProtocols } from '../merge/ports.ts';
import { DEFAULT_AFFINITY_SECONDS, type Traffic, trafficOf } from '../merge/traffic.ts';
import { listed, quoted } from '../message.ts';
import type { ConsumerView } from '../view.ts';
import { type Problem, type Request, readRequest } from './request.ts';
import { type ServiceShape, shapeOf } from './service-shape.ts';

/** The shape that the derived Service should have (`write`), or has and keeps; or nothing. */
export type Serving = { readonly shape: ServiceShape; readonly write: boolean } | 'nothing';

export interface DesiredImport {
  /** `user`: everything except spec.ips, spec.ipFamilies and the status belongs to the user. */
  readonly origin: 'automatic' | 'user';
  /** The content of an automatic import; undefined if the observed spec and metadata stay. */
  readonly content: Merged | undefined;
  readonly serving: Serving;
  /** Problems to fix, the most severe first. */
  readonly problems: readonly Problem[];
  /** Differences from the request that are not problems. */
  readonly notes: readonly string[];
  /** Whether the Ready condition stays, because its cause cannot be judged now. */
  readonly readyStays: boolean;
  /** Another implementation that manages the import, so that neither its spec nor what that client reports is written. */
  readonly other?: OtherImplementation;
}

/** Reasons that depend on the exports. */
const OF_EXPORTS: ReadonlySet<string> = new Set([
  ImportReason.NotExported,
  ImportReason.PortNotExported,
  ImportReason.TypeMismatch,
  ImportReason.IPFamilyNotSupported,
  ImportReason.InvalidPort,
]);

export interface ImportContext {
  readonly clusterset: Clusterset;
  readonly consumer: ConsumerView;
  /** Name of the derived Service. */
  readonly derivedService: string;
  /** The Service of that name, if it is managed by Catamaran. */
  readonly own: Service | undefined;
}

/** The requested families, as far as possible. The address of a Service stays if it can (KEP-1645, "ClusterSetIP"). */
function families(
  { consumer, clusterset, own }: ImportContext,
  requested: readonly IPFamily[] | undefined,
): readonly IPFamily[] {
  const { merged, frozen } = clusterset;
  const { ipFamilies } = consumer;
  if (frozen && own?.spec.ipFamilies?.length) return own.spec.ipFamilies;
  const fixed = frozen && requested !== undefined && requested.length > 0;
  const possible = merged && !fixed ? intersection(ipFamilies, merged.families) : ipFamilies;
  return preferred(requested, keepingPrimary(own, possible));
}

/**
 * The families requested by a user. Families filled in by Catamaran follow the exports, unless these cannot be judged.
 */
function requestedFamilies(
  { frozen }: Pick<Clusterset, 'frozen'>,
  imported: ServiceImport,
): readonly IPFamily[] | undefined {
  return frozen || !areFilledIn(imported) ? imported.spec.ipFamilies : undefined;
}

/** The requested values, or those of the exports if none is requested. */
function traffic(request: Request, fallback: Traffic, headless: boolean): Traffic {
  const { sessionAffinity = fallback.sessionAffinity } = request;
  const inherited = request.sessionAffinity === undefined ? fallback.affinitySeconds : undefined;
  const internalTrafficPolicy = request.internalTrafficPolicy ?? fallback.internalTrafficPolicy;
  const trafficDistribution = request.trafficDistribution ?? fallback.trafficDistribution;
  const sticky = sessionAffinity === 'ClientIP' && !headless;
  return {
    sessionAffinity: sticky ? 'ClientIP' : 'None',
    ...(sticky && { affinitySeconds: request.affinitySeconds ?? inherited ?? DEFAULT_AFFINITY_SECONDS }),
    ...(internalTrafficPolicy !== undefined && { internalTrafficPolicy }),
    ...(trafficDistribution !== undefined && { trafficDistribution }),
  };
}

/** Omits, with a note, values that the consumer's API server does not support. */
function supported(shape: ServiceShape, consumer: ConsumerView): { shape: ServiceShape; notes: readonly string[] } {
  const { trafficDistribution, ...rest } = shape.traffic;
  if (trafficDistribution === undefined || consumer.trafficDistributions?.includes(trafficDistribution) !== false) {
    return { shape, notes: [] };
  }
  const note = `trafficDistribution ${quoted(trafficDistribution)} is left out: this cluster does not support it`;
  return { shape: { ...shape, traffic: rest }, notes: [note] };
}

/** Serves a new or changed shape; without a common family nothing can be served. */
function serve(
  ctx: ImportContext,
  shape: ServiceShape,
  problems: readonly Problem[],
): Pick<DesiredImport, 'serving' | 'problems' | 'notes'> {
  if (shape.families.length === 0) {
    const exported = listed(ctx.clusterset.merged?.families ?? []);
    const message = `The exports use ${exported}, and this cluster has ${listed(ctx.consumer.ipFamilies)}`;
    return {
      serving: 'nothing',
      problems: [{ reason: ImportReason.IPFamilyNotSupported, message }, ...problems],
      notes: [],
    };
  }
  const { shape: possible, notes } = supported(shape, ctx.consumer);
  return { serving: { shape: possible, write: true }, problems, notes };
}

/**
 * The ports of an import whose names its derived Service has, too. Other names were set by another client. Empty if the
 * exports have the same names, which is almost always, and costs less than to read the import.
 */
function servedPorts({ own, consumer }: ImportContext, exported: readonly Port[]): readonly Port[] {
  const imported = consumer.import;
  if (!own || !imported) return [];
  const names = new Map(portsOf(own.spec.ports).map((port) => [portKey(port), port.name]));
  if (exported.every((port) => (names.get(portKey(port)) ?? port.name) === port.name)) return [];
  return readRequest(imported.spec).ports.filter((port) => names.get(portKey(port)) === port.name);
}

/** An automatic import, from the exports. */
function automatic(ctx: ImportContext, exported: Merged): DesiredImport {
  const ports = keepingNames(exported.ports, servedPorts(ctx, exported.ports));
  // Consumers with the same names share one object.
  const merged = ports === exported.ports ? exported : { ...exported, ports };
  const shape: ServiceShape = {
    headless: merged.type === 'Headless',
    ports,
    families: families(ctx, undefined),
    traffic: merged.traffic,
  };
  return { origin: 'automatic', content: merged, readyStays: false, ...serve(ctx, shape, []) };
}

/** An automatic import while the exports cannot be judged: served as observed, and not changed. */
function frozenAutomatic(ctx: ImportContext, observed: ServiceImport): DesiredImport {
  const fixed = { origin: 'automatic' as const, content: undefined, readyStays: readyStays(ctx, observed) };
  const stopped = stillStopped(ctx, observed);
  if (stopped) return { ...fixed, serving: stopped, problems: [], notes: [] };
  const shape = requested(ctx, readRequest(observed.spec), observed, { sessionAffinity: 'None' });
  return { ...fixed, ...serve(ctx, shape, []) };
}

/** What an import that was not served because of the exports serves while these cannot be judged. */
function stillStopped(ctx: ImportContext, observed: ServiceImport): Serving | undefined {
  const reason = lastReason(ctx, observed);
  if (reason === ImportReason.IPFamilyNotSupported) return 'nothing';
  return reason === ImportReason.TypeMismatch ? unchanged(ctx) : undefined;
}

function requested(ctx: ImportContext, request: Request, imported: ServiceImport, fallback: Traffic): ServiceShape {
  const headless = imported.spec.type === 'Headless';
  return {
    headless,
    ports: request.ports,
    families: families(ctx, requestedFamilies(ctx.clusterset, imported)),
    traffic: traffic(request, fallback, headless),
  };
}

/** An invalid request changes nothing: an existing derived Service stays, and its endpoints stay current. */
function unchanged({ own }: ImportContext): Serving {
  return own ? { shape: shapeOf(own), write: false } : 'nothing';
}

function portsNotExported(request: Request, merged: Merged): readonly Problem[] {
  const offered = new Map(merged.offered.map((port) => [portKey(port), port]));
  const missing = request.ports.filter((port) => !offered.has(portKey(port)));
  if (missing.length === 0) return [];
  const exported = showPorts([...offered.values()]);
  const message = `No cluster exports ${missing.map(showPort).join(', ')}; exported: ${exported}`;
  return [{ reason: ImportReason.PortNotExported, message }];
}

function notExported({ consumer: { namespace, name }, clusterset }: ImportContext): Problem {
  const invalid = clusterset.exports.invalid.map(
    ({ member, message }) => `. The export of ${quoted(member)} is not valid: ${message}`,
  );
  const hint = invalid.length > 0 ? '' : '; create a ServiceExport of that name in a cluster that has the Service';
  const message = `No cluster exports ${quoted(`${namespace}/${name}`)}${hint}${invalid.toSorted().join('')}`;
  return { reason: ImportReason.NotExported, message };
}

/** While the exports cannot be judged: the reason why this spec was not served when they could. */
function lastReason({ clusterset }: ImportContext, { metadata, status }: ServiceImport): string | undefined {
  const ready = status?.conditions?.find(({ type }) => type === ImportCondition.Ready);
  const current = ready?.status === 'False' && ready.observedGeneration === metadata.generation;
  return clusterset.frozen && current ? ready.reason : undefined;
}

function readyStays(ctx: ImportContext, imported: ServiceImport): boolean {
  return OF_EXPORTS.has(lastReason(ctx, imported) ?? '');
}

/** Why the requested type cannot be served; undefined if it can. */
function typeMismatch({ clusterset, own }: ImportContext, imported: ServiceImport): Problem | undefined {
  const { merged, frozen } = clusterset;
  const { type } = imported.spec;
  const actual = frozen ? own && importTypeOf(own) : merged?.type;
  if (actual === undefined || actual === type) return undefined;
  const message = `spec.type is ${quoted(type)}, but the Service is exported as ${quoted(actual)}`;
  return { reason: ImportReason.TypeMismatch, message };
}

function byUser(ctx: ImportContext, imported: ServiceImport): DesiredImport {
  const { clusterset, own } = ctx;
  const { merged, frozen } = clusterset;
  const request = readRequest(imported.spec);
  const fixed = { origin: 'user' as const, content: undefined, notes: [], readyStays: readyStays(ctx, imported) };
  const stopped = stillStopped(ctx, imported);
  if (stopped) return { ...fixed, serving: stopped, problems: [] };
  const mismatch = typeMismatch(ctx, imported);
  if (mismatch) return { ...fixed, serving: unchanged(ctx), problems: [mismatch, ...request.problems] };
  const isEmpty =
    request.ports.length === 0 && request.problems.some(({ reason }) => reason === ImportReason.InvalidPort);
  if (isEmpty) return { ...fixed, serving: unchanged(ctx), problems: request.problems };
  const fallback = (frozen && own && trafficOf(own)) || merged?.traffic || { sessionAffinity: 'None' };
  const offered = frozen && own ? portsOf(own.spec.ports) : (merged?.offered ?? []);
  const ports = withAppProtocols(request.ports, offered);
  const shape = requested(ctx, { ...request, ports }, imported, fallback);
  const missing = merged ? portsNotExported(request, merged) : [notExported(ctx)];
  return { ...fixed, ...serve(ctx, shape, [...request.problems, ...(frozen ? [] : missing)]) };
}

/** Adds obstacles in the consumer itself: a Service or slices of another client. */
function withObstacles({ consumer, derivedService, own }: ImportContext, wanted: DesiredImport): DesiredImport {
  if (consumer.derivedService && !own) {
    const message = `Service ${quoted(derivedService)} already exists and is not managed by Catamaran; rename or delete it`;
    const problem = { reason: ImportReason.NameConflict, message };
    return { ...wanted, serving: 'nothing', problems: [problem, ...wanted.problems], readyStays: false };
  }
  if (consumer.refusal !== undefined) {
    const problem = {
      reason: ImportReason.Rejected,
      message: `The API server refuses a derived object: ${consumer.refusal}`,
    };
    return { ...wanted, problems: [problem, ...wanted.problems] };
  }
  if (consumer.foreignSlices.length === 0) return wanted;
  const message =
    `EndpointSlices of Service ${quoted(derivedService)} that are not managed by Catamaran receive part of its connections: ` +
    `${listed(consumer.foreignSlices.toSorted())}. Delete them, or the Endpoints object that they mirror`;
  return { ...wanted, problems: [...wanted.problems, { reason: ImportReason.ForeignEndpoints, message }] };
}

/** A user's import that the fleet file does not allow serves nothing. */
function notAllowed(message: string): DesiredImport {
  const problems = [{ reason: ImportReason.NotAllowed, message }];
  return { origin: 'user', content: undefined, serving: 'nothing', problems, notes: [], readyStays: false };
}

/**
 * An import that another implementation manages is left alone. Nothing is derived for it; what was derived before may
 * be in use, so it stays, and its endpoints stay current.
 */
function ofOther(ctx: ImportContext, other: OtherImplementation): DesiredImport {
  return {
    origin: 'user',
    content: undefined,
    serving: unchanged(ctx),
    problems: [],
    notes: [],
    readyStays: true,
    other,
  };
}

/** Decides what the consumer's import should be. */
export function desiredImport(ctx: ImportContext): DesiredImport | 'absent' | 'undecided' {
  const { import: observed, importMode, importRefusal } = ctx.consumer;
  const { merged, frozen } = ctx.clusterset;
  const going = observed?.metadata.deletionTimestamp !== undefined;
  const other = observed && !going ? otherImplementation(observed) : undefined;
  if (other) return ofOther(ctx, other);
  const ofUser = observed && !going && !isAutomatic(observed);
  if (importRefusal !== undefined) return ofUser ? notAllowed(importRefusal) : 'absent';
  if (ofUser) return withObstacles(ctx, byUser(ctx, observed));
  if (importMode === 'Manual') return 'absent';
  if (observed && !going && frozen) return withObstacles(ctx, frozenAutomatic(ctx, observed));
  // Without an existing import, creating one from the known exports removes nothing.
  if (merged && !going) return withObstacles(ctx, automatic(ctx, merged));
  return frozen ? 'undecided' : 'absent';
}
