/** One source slice gives one derived slice for a consumer: what travels, and what means nothing abroad. */
import type { Endpoint, EndpointPort, EndpointSlice } from '../api/endpoint-slice.ts';
import { LAST_CHANGE_TRIGGER_TIME } from '../api/labels.ts';
import { refusal } from './addresses.ts';
import { sliceBody } from './derived-slice.ts';
import type { Exporter } from './exports.ts';
import { derivedSliceName } from './naming.ts';
import { type Port, portKey, portsOf } from './ports.ts';
import type { AddressPolicy } from './view.ts';

/** A derived slice but for its labels and owner. */
export interface DerivedContent {
  readonly name: string;
  readonly addressType: 'IPv4' | 'IPv6';
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly EndpointPort[];
  /** {@link sliceBody} of the above. */
  readonly body: string;
  readonly ready: number;
  /** When the change happened that the source slice tells of, RFC 3339. */
  readonly triggerTime: string | undefined;
}

/** An endpoint that was set aside. */
export interface Refusal {
  readonly slice: string;
  readonly address: string;
  readonly reason: string;
}

/** What all slices of one exporter have in common for one consumer. */
export interface DeriveContext {
  readonly exporter: Exporter;
  readonly namespace: string;
  readonly derivedService: string;
  readonly headless: boolean;
  /** Traffic should stay in its zone, so kube-proxy needs to know the zone of each endpoint. */
  readonly zoneHints: boolean;
  /** The consumer is the exporter itself: its node names mean something there. */
  readonly local: boolean;
  /** By the name that a port has in the exporter: the port that it is in the consumer. */
  readonly served: ReadonlyMap<string, Port>;
  /** Tells contexts apart that would give different slices. */
  readonly key: string;
}

/** Works out what the slices of an exporter have in common for a consumer that serves `ports`. */
export function deriveContext(parts: {
  readonly exporter: Exporter;
  readonly namespace: string;
  readonly derivedService: string;
  readonly headless: boolean;
  readonly trafficDistribution: string | undefined;
  readonly consumer: string;
  readonly ports: readonly Port[];
}): DeriveContext {
  const { exporter, namespace, derivedService, headless, consumer } = parts;
  const wanted = new Map(parts.ports.map((port) => [portKey(port), port]));
  const served = new Map<string, Port>();
  for (const port of portsOf(exporter.service.spec.ports)) {
    const target = wanted.get(portKey(port));
    if (target) served.set(port.name, target);
  }
  const zoneHints = parts.trafficDistribution === 'PreferClose' || parts.trafficDistribution === 'PreferSameZone';
  const local = exporter.member === consumer;
  const renamed = [...served].map(([name, target]) => [name, target.name, target.protocol]);
  const { cidrs } = exporter.source.addresses;
  const key = JSON.stringify([exporter.member, namespace, derivedService, headless, zoneHints, local, renamed, cidrs]);
  return { exporter, namespace, derivedService, headless, zoneHints, local, served, key };
}

/** Endpoints of a slice that may travel, and those that were set aside. */
interface Inspection {
  readonly policy: string;
  readonly accepted: readonly Endpoint[];
  readonly refused: readonly Refusal[];
}

const inspections = new WeakMap<EndpointSlice, Inspection>();

function inspectNow(slice: EndpointSlice, policy: AddressPolicy): Inspection {
  const refused: Refusal[] = [];
  const accepted = slice.endpoints.filter(({ addresses }) => {
    for (const address of addresses) {
      const reason = refusal(address, slice.addressType, policy);
      if (reason === undefined) continue;
      refused.push({ slice: slice.metadata.name, address, reason });
      return false;
    }
    return true;
  });
  return { policy: policy.cidrs.join(), accepted, refused };
}

/** Sets aside each endpoint with an address that may not be announced. Remembered for as long as the slice lives. */
export function inspect(slice: EndpointSlice, policy: AddressPolicy): Inspection {
  const known = inspections.get(slice);
  if (known?.policy === policy.cidrs.join()) return known;
  const inspection = inspectNow(slice, policy);
  inspections.set(slice, inspection);
  return inspection;
}

/**
 * The slice's ports as the consumer knows them. The number is the target port, which may differ between slices, and
 * travels untouched; a port whose Service port is not the one that is served is left out.
 */
function derivePorts(slice: EndpointSlice, served: ReadonlyMap<string, Port>): readonly EndpointPort[] {
  return (slice.ports ?? []).flatMap(({ name, protocol, port, appProtocol }) => {
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

function deriveEndpoints(accepted: readonly Endpoint[], context: DeriveContext): readonly Endpoint[] {
  const hints = context.zoneHints && accepted.every(({ zone }) => zone !== undefined);
  return accepted.map(({ addresses, conditions, hostname, nodeName, zone }) => ({
    addresses,
    ...(conditions && { conditions }),
    ...(hostname !== undefined && { hostname }),
    ...(context.local && nodeName !== undefined && { nodeName }),
    ...(zone !== undefined && { zone }),
    ...(hints && zone !== undefined && { hints: { forZones: [{ name: zone }] } }),
  }));
}

function deriveNow(slice: EndpointSlice, context: DeriveContext): DerivedContent | undefined {
  const { addressType, metadata } = slice;
  if (addressType === 'FQDN') return undefined;
  const { exporter, namespace, derivedService } = context;
  const ports = derivePorts(slice, context.served);
  if (ports.length === 0 && !context.headless) return undefined;
  const endpoints = deriveEndpoints(inspect(slice, exporter.source.addresses).accepted, context);
  const { hash, ready } = sliceBody(addressType, endpoints, ports);
  return {
    name: derivedSliceName(derivedService, exporter.member, namespace, metadata.name, addressType),
    addressType,
    endpoints,
    ports,
    body: hash,
    ready,
    triggerTime: metadata.annotations?.[LAST_CHANGE_TRIGGER_TIME],
  };
}

/** Contexts remembered for a slice; a fleet has few: local or not, and one for each prefix and set of ports. */
const CONTEXTS_KEPT = 8;

const derived = new WeakMap<EndpointSlice, Map<string, DerivedContent | undefined>>();

/**
 * The derived slice; undefined where there is nothing to write: an FQDN slice, or one without any port that is served
 * (a headless one needs no port). Remembered by the identity of the source slice, so that a change of one slice costs
 * the derivation of one.
 */
export function deriveSlice(slice: EndpointSlice, context: DeriveContext): DerivedContent | undefined {
  let byContext = derived.get(slice);
  if (!byContext || byContext.size > CONTEXTS_KEPT) {
    byContext = new Map();
    derived.set(slice, byContext);
  }
  if (!byContext.has(context.key)) byContext.set(context.key, deriveNow(slice, context));
  return byContext.get(context.key);
}
