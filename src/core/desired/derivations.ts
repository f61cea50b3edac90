/** One source slice becomes one derived slice per consumer. */
import type { Endpoint, EndpointPort } from '../../api/endpoint-slice.ts';
import type { StringMap } from '../../api/meta.ts';
import { sliceBody, sliceLabels } from '../derived-slice.ts';
import type { Exporter } from '../merge/exports.ts';
import { type Port, portKey, portsOf } from '../merge/ports.ts';
import { derivedSliceName } from '../naming.ts';
import type { SourceSlice } from '../view.ts';
import { OwnAddresses } from './own-addresses.ts';

/** A derived slice without its labels and owner. */
export interface DerivedContent {
  readonly name: string;
  readonly addressType: 'IPv4' | 'IPv6';
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly EndpointPort[];
  /** {@link sliceBody} of the fields above. */
  readonly body: string;
  readonly ready: number;
  /** Time of the change in the source, as reported by its slice, RFC 3339. */
  readonly triggerTime: string | undefined;
}

/** A slice that the consumer should have. */
export interface DesiredSlice {
  readonly source: string;
  readonly content: DerivedContent;
  readonly labels: StringMap;
}

/** Everything in a consumer that the slices of an exporter depend on. */
export interface DeriveTarget {
  readonly namespace: string;
  /** Name of the ServiceImport. */
  readonly name: string;
  readonly derivedService: string;
  readonly headless: boolean;
  /** The ports that the derived Service should serve. */
  readonly ports: readonly Port[];
  /** The ports that it serves now. Slices have the names of both, so that a change of names is no gap. */
  readonly servedNow: readonly Port[];
  readonly trafficDistribution: string | undefined;
  /** Whether the consumer is the exporter itself, where node names are meaningful. */
  readonly local: boolean;
}

/** Shared by all slices of one exporter for a target. */
export interface DeriveContext {
  readonly member: string;
  readonly namespace: string;
  readonly derivedService: string;
  readonly headless: boolean;
  /** Traffic should stay in its zone, so kube-proxy needs to know the zone of each endpoint. */
  readonly zoneHints: boolean;
  readonly local: boolean;
  /** Ports in the consumer, by their name in the exporter. */
  readonly served: ReadonlyMap<string, Port>;
  /** Names that ports in the consumer still have in the derived Service, by the name that they should have. */
  readonly formerNames: ReadonlyMap<string, string>;
  /** Equal for contexts that result in the same slices. */
  readonly key: string;
}

/**
 * Ports that have another name in the derived Service than they should have. kube-proxy matches ports by name, so slices
 * have both until the Service is renamed. A name that another port should have cannot be kept.
 */
export function renamedPorts(ports: readonly Port[], servedNow: readonly Port[]): ReadonlyMap<string, string> {
  const taken = new Set(ports.map(({ name }) => name));
  const now = new Map(servedNow.map((port) => [portKey(port), port.name]));
  const renamed = ports.flatMap((port): [string, string][] => {
    const name = now.get(portKey(port));
    return name === undefined || taken.has(name) ? [] : [[port.name, name]];
  });
  return new Map(renamed);
}

export function deriveContext(
  { member, service }: Pick<Exporter, 'member' | 'service'>,
  { namespace, derivedService, headless, ports, servedNow, trafficDistribution, local }: DeriveTarget,
): DeriveContext {
  const wanted = new Map(ports.map((port) => [portKey(port), port]));
  const served = new Map<string, Port>();
  for (const port of portsOf(service.spec.ports)) {
    const target = wanted.get(portKey(port));
    if (target) served.set(port.name, target);
  }
  const zoneHints = trafficDistribution === 'PreferClose' || trafficDistribution === 'PreferSameZone';
  const formerNames = renamedPorts(ports, servedNow);
  const names = [...served].map(([name, target]) => [name, target.name, target.protocol]);
  const key = JSON.stringify([member, namespace, derivedService, headless, zoneHints, local, names, [...formerNames]]);
  return { member, namespace, derivedService, headless, zoneHints, local, served, formerNames, key };
}

/**
 * The slice's ports, with the names in the consumer. The number is the target port, which may differ between slices and
 * is copied unchanged. A port whose Service port is not served is omitted.
 */
function derivePorts(slice: SourceSlice, { served, formerNames }: DeriveContext): readonly EndpointPort[] {
  return slice.ports.flatMap(({ name, protocol, port, appProtocol }) => {
    const target = served.get(name ?? '');
    if (!target || target.protocol !== (protocol ?? 'TCP')) return [];
    const former = formerNames.get(target.name);
    return [target.name, ...(former === undefined ? [] : [former])].map((name) => ({
      name,
      protocol: target.protocol,
      ...(port !== undefined && { port }),
      ...(appProtocol !== undefined && { appProtocol }),
    }));
  });
}

function deriveEndpoints({ endpoints }: SourceSlice, context: DeriveContext): readonly Endpoint[] {
  const hints = context.zoneHints && endpoints.every(({ zone }) => zone !== undefined);
  return endpoints.map(({ addresses, conditions, hostname, nodeName, zone }) => ({
    addresses,
    ...(conditions && { conditions }),
    ...(hostname !== undefined && { hostname }),
    ...(context.local && nodeName !== undefined && { nodeName }),
    ...(zone !== undefined && { zone }),
    ...(hints && zone !== undefined && { hints: { forZones: [{ name: zone }] } }),
  }));
}

/**
 * The derived slice; undefined for an FQDN slice, or one without any served port (headless Services need no port).
 */
export function deriveSlice(slice: SourceSlice, context: DeriveContext): DerivedContent | undefined {
  const { name, addressType, triggerTime } = slice;
  if (addressType === 'FQDN') return undefined;
  const { member, namespace, derivedService } = context;
  const ports = derivePorts(slice, context);
  if (ports.length === 0 && !context.headless) return undefined;
  const endpoints = deriveEndpoints(slice, context);
  const { hash, ready } = sliceBody(addressType, endpoints, ports);
  return {
    name: derivedSliceName(derivedService, member, namespace, name, addressType),
    addressType,
    endpoints,
    ports,
    body: hash,
    ready,
    triggerTime,
  };
}

/** Contexts memoized per slice. A fleet has few: local or not, and one per prefix and set of ports. */
const CONTEXTS_KEPT = 8;

/**
 * Memoizes derived slices. A change of one source slice costs one derivation, and consumers with the same ports and the
 * same name share the result.
 */
export class Derivations {
  readonly ownAddresses = new OwnAddresses();
  /** By source slice. */
  readonly #bySlice = new WeakMap<SourceSlice, Map<string, DerivedContent | undefined>>();
  /** By exporter and ports of one merge. */
  readonly #byExporter = new WeakMap<Exporter, WeakMap<readonly Port[], Map<string, readonly DesiredSlice[]>>>();

  /** The slices of an exporter that a consumer should have, in all address families. */
  slicesOf(exporter: Exporter, target: DeriveTarget): readonly DesiredSlice[] {
    const { derivedService, headless, ports, servedNow, trafficDistribution, local } = target;
    const byTarget = this.#targetsOf(exporter, ports);
    const renamed = JSON.stringify([...renamedPorts(ports, servedNow)]);
    const key = `${derivedService} ${headless} ${local} ${trafficDistribution} ${renamed}`;
    const known = byTarget.get(key);
    if (known) return known;
    const context = deriveContext(exporter, target);
    const labels = sliceLabels(derivedService, target.name, exporter.member, headless);
    const slices = exporter.slices.flatMap((slice) => {
      const content = this.of(slice, context);
      return content ? [{ source: exporter.member, content, labels }] : [];
    });
    byTarget.set(key, slices);
    return slices;
  }

  /** Memoized {@link deriveSlice}. */
  of(slice: SourceSlice, context: DeriveContext): DerivedContent | undefined {
    let byContext = this.#bySlice.get(slice);
    if (!byContext || byContext.size > CONTEXTS_KEPT) {
      byContext = new Map();
      this.#bySlice.set(slice, byContext);
    }
    if (!byContext.has(context.key)) byContext.set(context.key, deriveSlice(slice, context));
    return byContext.get(context.key);
  }

  #targetsOf(exporter: Exporter, ports: readonly Port[]): Map<string, readonly DesiredSlice[]> {
    let byPorts = this.#byExporter.get(exporter);
    if (!byPorts) {
      byPorts = new WeakMap();
      this.#byExporter.set(exporter, byPorts);
    }
    let byTarget = byPorts.get(ports);
    if (!byTarget) {
      byTarget = new Map();
      byPorts.set(ports, byTarget);
    }
    return byTarget;
  }
}
