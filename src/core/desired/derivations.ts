/** One source slice becomes one derived slice per consumer. */
import type { Endpoint, EndpointPort } from '../../api/endpoint-slice.ts';
import { sliceBody } from '../derived-slice.ts';
import type { Exporter } from '../merge/exports.ts';
import { type Port, portKey, portsOf } from '../merge/ports.ts';
import { derivedSliceName } from '../naming.ts';
import type { SourceSlice } from '../view.ts';

/** A derived slice without its labels and owner. */
export interface DerivedContent {
  readonly name: string;
  readonly addressType: 'IPv4' | 'IPv6';
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly EndpointPort[];
  /** {@link sliceBody} of the above. */
  readonly body: string;
  readonly ready: number;
  /** When the change happened that the source slice reports, RFC 3339. */
  readonly triggerTime: string | undefined;
}

/** What all slices of one exporter have in common for one consumer. */
export interface DeriveContext {
  readonly member: string;
  readonly namespace: string;
  readonly derivedService: string;
  readonly headless: boolean;
  /** Traffic should stay in its zone, so kube-proxy needs to know the zone of each endpoint. */
  readonly zoneHints: boolean;
  /** The consumer is the exporter itself: its node names mean something there. */
  readonly local: boolean;
  /** The port in the consumer, by the name that it has in the exporter. */
  readonly served: ReadonlyMap<string, Port>;
  /** Equal for contexts that give the same slices. */
  readonly key: string;
}

/** The context of an exporter's slices for a consumer that serves `ports`. */
export function deriveContext(parts: {
  readonly exporter: Pick<Exporter, 'member' | 'service'>;
  readonly namespace: string;
  readonly derivedService: string;
  readonly headless: boolean;
  readonly trafficDistribution: string | undefined;
  readonly consumer: string;
  readonly ports: readonly Port[];
}): DeriveContext {
  const { exporter, namespace, derivedService, headless, consumer } = parts;
  const { member } = exporter;
  const wanted = new Map(parts.ports.map((port) => [portKey(port), port]));
  const served = new Map<string, Port>();
  for (const port of portsOf(exporter.service.spec.ports)) {
    const target = wanted.get(portKey(port));
    if (target) served.set(port.name, target);
  }
  const zoneHints = parts.trafficDistribution === 'PreferClose' || parts.trafficDistribution === 'PreferSameZone';
  const local = member === consumer;
  const renamed = [...served].map(([name, target]) => [name, target.name, target.protocol]);
  const key = JSON.stringify([member, namespace, derivedService, headless, zoneHints, local, renamed]);
  return { member, namespace, derivedService, headless, zoneHints, local, served, key };
}

/**
 * The slice's ports under the names of the consumer. The number is the target port, which may differ between slices, and
 * is copied unchanged; a port whose Service port is not served is left out.
 */
function derivePorts(slice: SourceSlice, served: ReadonlyMap<string, Port>): readonly EndpointPort[] {
  return slice.ports.flatMap(({ name, protocol, port, appProtocol }) => {
    const target = served.get(name ?? '');
    if (!target || target.protocol !== (protocol ?? 'TCP')) return [];
    return [
      {
        name: target.name,
        protocol: target.protocol,
        ...(port !== undefined && { port }),
        ...(appProtocol !== undefined && { appProtocol }),
      },
    ];
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
 * The derived slice; undefined if there is nothing to write: an FQDN slice, or one without any port that is served
 * (a headless one needs no port).
 */
export function deriveSlice(slice: SourceSlice, context: DeriveContext): DerivedContent | undefined {
  const { name, addressType, triggerTime } = slice;
  if (addressType === 'FQDN') return undefined;
  const { member, namespace, derivedService } = context;
  const ports = derivePorts(slice, context.served);
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

/** Contexts remembered per slice; a fleet has few: local or not, and one for each prefix and set of ports. */
const CONTEXTS_KEPT = 8;

/**
 * Derived slices by source slice, for as long as the source slice lives: a change of one slice costs the derivation of
 * one, and the consumers of a fleet share it.
 */
export class Derivations {
  readonly #bySlice = new WeakMap<SourceSlice, Map<string, DerivedContent | undefined>>();

  /** The same as {@link deriveSlice}. */
  of(slice: SourceSlice, context: DeriveContext): DerivedContent | undefined {
    let byContext = this.#bySlice.get(slice);
    if (!byContext || byContext.size > CONTEXTS_KEPT) {
      byContext = new Map();
      this.#bySlice.set(slice, byContext);
    }
    if (!byContext.has(context.key)) byContext.set(context.key, deriveSlice(slice, context));
    return byContext.get(context.key);
  }
}
