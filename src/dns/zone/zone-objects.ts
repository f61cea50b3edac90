/**
 * Of ServiceImports and imported EndpointSlices, what DNS answers from. Addresses, host names and ports are kept as one
 * string each, and taken apart when a name is first asked for: it takes a fraction of the memory of lists and objects.
 */
import ipaddr from 'ipaddr.js';
import type { Json, JsonObject } from '../../api/json.ts';
import { asText, isJsonObject } from '../../api/json.ts';
import { MCS_SERVICE_NAME, SOURCE_CLUSTER } from '../../api/labels.ts';
import type { ServiceKey } from '../../api/meta.ts';
import { serviceKey } from '../../api/meta.ts';
import { labelOf, objectName } from '../../kube/watch/object.ts';
import { MAX_LABEL } from '../wire/name.ts';

/** IPv4 or IPv6. */
export type Family = 4 | 6;

/** Bytes of an address. */
export function addressBytes(family: Family): number {
  return family === 4 ? 4 : 16;
}

/** A port with a name: one without has no SRV record (KEP-1645, DNS specification, 2.3.2 and 2.4.2). */
export interface NamedPort {
  readonly name: string;
  /** tcp, udp or sctp. */
  readonly protocol: string;
  readonly port: number;
}

/** A ServiceImport as DNS sees it. */
export interface ZoneImport {
  readonly key: ServiceKey;
  readonly headless: boolean;
  /** For {@link unpackPorts}. */
  readonly ports: string;
  /** Addresses one behind the other. */
  readonly v4: string;
  readonly v6: string;
}

/** The ready endpoints of an imported EndpointSlice. */
export interface ZoneSlice {
  readonly key: ServiceKey;
  /** Source cluster; empty where it cannot be a label, and then its endpoints have no names of their own. */
  readonly cluster: string;
  readonly family: Family;
  /** Addresses one behind the other. */
  readonly addresses: string;
  /** Host name of each address, empty where it has none, with a space in between; empty where none has one. */
  readonly hosts: string;
  /** For {@link unpackPorts}. */
  readonly ports: string;
}

/** Whether a text is a label of a host's name, in lower case (RFC 1123). */
export function isHostLabel(text: string): boolean {
  return text.length <= MAX_LABEL && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** An address as bytes; undefined for anything else, such as an address of the other family. */
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

/** Text of an address (RFC 5952). */
export function addressText(address: string): string {
  return ipaddr.fromByteArray([...Buffer.from(address, 'latin1')]).toString();
}

/**
 * Ports with a name that fits behind the underscore of an SRV name. A port's protocol is TCP where absent; a port of a
 * slice without number means every port, which no SRV record can say.
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
  return whole(ports.join(' '));
}

/** Ports of a slim copy. */
export function unpackPorts(packed: string): NamedPort[] {
  const words = packed === '' ? [] : packed.split(' ');
  const ports: NamedPort[] = [];
  for (let i = 0; i + 2 < words.length; i += 3)
    ports.push({ name: words[i] ?? '', protocol: words[i + 1] ?? '', port: Number(words[i + 2]) });
  return ports;
}

/** The same text in one piece. One that was put together piece by piece, or cut out of another, keeps those alive. */
function whole(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** The import; undefined where its name is not one label, which no question can name. */
export function zoneImportOf(object: JsonObject): ZoneImport | undefined {
  const key = objectName(object);
  const slash = key.indexOf('/');
  const [namespace, name] = [key.slice(0, slash), key.slice(slash + 1)];
  if (!isHostLabel(name) || !isHostLabel(namespace)) return undefined;
  const spec = isJsonObject(object.spec) ? object.spec : {};
  // A record is in a set once (RFC 2181, section 5).
  const addresses = (family: Family) => [...new Set(list(spec.ips).map((ip) => addressOf(ip, family) ?? ''))].join('');
  const headless = spec.type === 'Headless';
  return {
    key: serviceKey(namespace, name),
    headless,
    ports: packPorts(spec.ports),
    v4: headless ? '' : whole(addresses(4)),
    v6: headless ? '' : whole(addresses(6)),
  };
}

/**
 * The ready endpoints of a slice; `ready` absent means ready (EndpointConditions, discovery/v1). Undefined where the
 * slice is not of an import, or holds no addresses.
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
    addresses: whole(addresses),
    hosts: hosts.some((host) => host !== '') ? whole(hosts.join(' ')) : '',
    ports: packPorts(object.ports),
  };
}
