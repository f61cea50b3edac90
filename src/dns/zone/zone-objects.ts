/**
 * Slim copies of ServiceImports and imported EndpointSlices. Addresses, host names and ports are packed into strings
 * and unpacked on the first query for a name, which takes a fraction of the memory of arrays and objects.
 */
import ipaddr from 'ipaddr.js';
import type { Json, JsonObject } from '../../api/json.ts';
import { asText, isJsonObject, metadataOf } from '../../api/json.ts';
import { MCS_SERVICE_NAME, SOURCE_CLUSTER } from '../../api/labels.ts';
import type { ServiceKey } from '../../api/meta.ts';
import { serviceKey } from '../../api/meta.ts';
import { labelOf, objectName } from '../../kube/watch/object.ts';
import { MAX_LABEL } from '../wire/name.ts';

export type Family = 4 | 6;

export function addressBytes(family: Family): number {
  return family === 4 ? 4 : 16;
}

/** Unnamed ports have no SRV record (KEP-1645, DNS specification, 2.3.2 and 2.4.2). */
export interface NamedPort {
  readonly name: string;
  /** `tcp`, `udp` or `sctp`. */
  readonly protocol: string;
  readonly port: number;
}

export interface ZoneImport {
  readonly key: ServiceKey;
  readonly headless: boolean;
  /** Packed, see {@link unpackPorts}. */
  readonly ports: string;
  /** Concatenated addresses, one character per byte. */
  readonly v4: string;
  readonly v6: string;
}

/** The ready endpoints of an imported EndpointSlice. */
export interface ZoneSlice {
  readonly key: ServiceKey;
  /** Source cluster; empty if it is not a valid label, in which case its endpoints have no names. */
  readonly cluster: string;
  readonly family: Family;
  /** Concatenated addresses, one character per byte. */
  readonly addresses: string;
  /** Space-separated host names by address, empty for addresses without one; empty if no address has one. */
  readonly hosts: string;
  /** Packed, see {@link unpackPorts}. */
  readonly ports: string;
}

/** Whether a text is a lower-case host name label (RFC 1123). */
export function isHostLabel(text: string): boolean {
  return text.length <= MAX_LABEL && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** Encodes an address, one character per byte; undefined if it is not an address of the family. */
export function addressOf(text: Json | undefined, family: Family): string | undefined {
  if (typeof text !== 'string') return undefined;
  if (family === 4) {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
    const bytes = match?.slice(1).map(Number);
    return bytes?.every((byte) => byte <= 255) ? String.fromCharCode(...bytes) : undefined;
  }
  if (!ipaddr.IPv6.isValid(text)) return undefined;
  return String.fromCharCode(...ipaddr.IPv6.parse(text).toByteArray());
}

function isBeingDeleted(object: JsonObject): boolean {
  return asText(metadataOf(object)?.deletionTimestamp) !== undefined;
}

/** Formats an encoded address (RFC 5952). */
export function addressText(address: string): string {
  return ipaddr.fromByteArray([...Buffer.from(address, 'latin1')]).toString();
}

/**
 * Packs the ports that can have an SRV record: named, with room for the underscore in the label, and with a number. An
 * EndpointSlice port without a number means all ports. The protocol defaults to TCP.
 */
function packPorts(value: Json | undefined): string {
  const ports = list(value).flatMap((each) => {
    if (!isJsonObject(each)) return [];
    const name = asText(each.name)?.toLowerCase() ?? '';
    const protocol = (asText(each.protocol) ?? 'TCP').toLowerCase();
    const port = each.port;
    if (!isHostLabel(name) || name.length === MAX_LABEL || !/^(tcp|udp|sctp)$/.test(protocol)) return [];
    return typeof port === 'number' && port > 0 && port <= 65_535 ? [`${name} ${protocol} ${port}`] : [];
  });
  return flat(ports.join(' '));
}

export function unpackPorts(packed: string): NamedPort[] {
  const words = packed === '' ? [] : packed.split(' ');
  const ports: NamedPort[] = [];
  for (let i = 0; i + 2 < words.length; i += 3)
    ports.push({ name: words[i] ?? '', protocol: words[i + 1] ?? '', port: Number(words[i + 2]) });
  return ports;
}

/** Copies a string. Concatenated and sliced strings keep the strings that they were made from alive. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/**
 * Undefined if the name is not a single label, since no query can name it, or if the import is being deleted: its
 * addresses may already belong to another Service.
 */
export function zoneImportOf(object: JsonObject): ZoneImport | undefined {
  const key = objectName(object);
  const slash = key.indexOf('/');
  const [namespace, name] = [key.slice(0, slash), key.slice(slash + 1)];
  if (!isHostLabel(name) || !isHostLabel(namespace) || isBeingDeleted(object)) return undefined;
  const spec = isJsonObject(object.spec) ? object.spec : {};
  // A record set has no duplicates (RFC 2181, section 5).
  const addresses = (family: Family) => [...new Set(list(spec.ips).map((ip) => addressOf(ip, family) ?? ''))].join('');
  const headless = spec.type === 'Headless';
  return {
    key: serviceKey(namespace, name),
    headless,
    ports: packPorts(spec.ports),
    v4: headless ? '' : flat(addresses(4)),
    v6: headless ? '' : flat(addresses(6)),
  };
}

/**
 * Keeps the ready endpoints; an absent `ready` means ready (EndpointConditions, discovery/v1). Undefined if the slice
 * does not belong to an import or its address type is not IPv4 or IPv6.
 */
export function zoneSliceOf(object: JsonObject): ZoneSlice | undefined {
  const service = labelOf(object, MCS_SERVICE_NAME);
  const { addressType } = object;
  if (service === undefined || (addressType !== 'IPv4' && addressType !== 'IPv6')) return undefined;
  const family = addressType === 'IPv4' ? 4 : 6;
  const namespace = objectName(object).split('/', 1)[0] ?? '';
  const cluster = labelOf(object, SOURCE_CLUSTER)?.toLowerCase() ?? '';
  let addresses = '';
  const hosts: string[] = [];
  for (const endpoint of list(object.endpoints)) {
    if (!isJsonObject(endpoint)) continue;
    if (isJsonObject(endpoint.conditions) && endpoint.conditions.ready === false) continue;
    const host = asText(endpoint.hostname)?.toLowerCase() ?? '';
    for (const text of list(endpoint.addresses)) {
      const address = addressOf(text, family);
      if (address === undefined) continue;
      addresses += address;
      hosts.push(isHostLabel(host) ? host : '');
    }
  }
  return {
    key: serviceKey(namespace, service),
    cluster: isHostLabel(cluster) ? cluster : '',
    family,
    addresses: flat(addresses),
    hosts: hosts.some((host) => host !== '') ? flat(hosts.join(' ')) : '',
    ports: packPorts(object.ports),
  };
}
