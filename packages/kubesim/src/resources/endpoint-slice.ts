/** discovery.k8s.io/v1 EndpointSlices. */

import { column, printer, shortList } from '../machinery/columns.ts';
import {
  duplicate,
  type FieldError,
  IMMUTABLE,
  invalid,
  invalidFor,
  required,
  tooMany,
} from '../machinery/field-error.ts';
import { label1123, labelValue, qualifiedName, subdomain1123 } from '../machinery/formats.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import { labelErrors } from '../machinery/labels.ts';
import type { StoredObject } from '../machinery/object.ts';
import { maybeNumber, objectOf, objectsOf, sameValue, textOf, textsOf, withEach, without } from '../machinery/read.ts';
import { endpointAddress, familyOf, looseAddress, strictAddress } from './addresses.ts';
import { oneOf, protocolErrors } from './choices.ts';
import { define } from './define.ts';
import { sliceWarnings } from './warnings.ts';

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'] as const;
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;
const MAX_HINTS = 8;
const MAX_TOPOLOGY = 16;

function sliceErrors(slice: StoredObject, old: StoredObject | undefined): readonly FieldError[] {
  const type = textOf(slice.addressType);
  const endpoints = endpointErrors(objectsOf(slice.endpoints), type);
  // Invalid values accepted by older servers are tolerated if unchanged.
  const tolerated = old !== undefined && endpoints.length > 0 && sameValue(slice.endpoints, old.endpoints);
  return [
    ...oneOf('addressType', slice.addressType, ADDRESS_TYPES),
    ...portErrors(objectsOf(slice.ports)),
    ...(tolerated ? [] : endpoints),
    ...(old && textOf(old.addressType) !== type ? [invalid('addressType', type, IMMUTABLE)] : []),
  ];
}

function portErrors(ports: readonly JsonObject[]): readonly FieldError[] {
  if (ports.length > MAX_PORTS) return [tooMany('ports', ports.length, MAX_PORTS)];
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const path = `ports[${i}]`;
    const name = textOf(port.name);
    const errors: FieldError[] = [];
    if (name !== '') errors.push(...invalidFor(`${path}.name`, name, label1123(name)));
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    errors.push(...protocolErrors(`${path}.protocol`, port.protocol));
    const { appProtocol } = port;
    if (typeof appProtocol === 'string') {
      errors.push(...invalidFor(`${path}.appProtocol`, appProtocol, qualifiedName(appProtocol)));
    }
    return errors;
  });
}

function endpointErrors(endpoints: readonly JsonObject[], type: string): readonly FieldError[] {
  if (endpoints.length > MAX_ENDPOINTS) return [tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)];
  const errors: FieldError[] = [];
  for (const [i, endpoint] of endpoints.entries()) {
    const path = `endpoints[${i}]`;
    const addresses = textsOf(endpoint.addresses);
    if (addresses.length === 0) errors.push(required(`${path}.addresses`, 'must contain at least 1 address'));
    else if (addresses.length > MAX_ADDRESSES) {
      errors.push(tooMany(`${path}.addresses`, addresses.length, MAX_ADDRESSES));
    }
    for (const [j, address] of addresses.entries()) {
      errors.push(...addressErrors(`${path}.addresses`, j, address, type));
    }
    const { nodeName, hostname, deprecatedTopology, hints } = endpoint;
    if (typeof nodeName === 'string') errors.push(...invalidFor(`${path}.nodeName`, nodeName, subdomain1123(nodeName)));
    if (deprecatedTopology !== undefined) {
      const topology = objectOf(deprecatedTopology);
      const size = Object.keys(topology).length;
      if (size > MAX_TOPOLOGY) errors.push(tooMany(`${path}.deprecatedTopology`, size, MAX_TOPOLOGY));
      errors.push(...labelErrors(`${path}.deprecatedTopology`, topology));
    }
    if (typeof hostname === 'string') errors.push(...invalidFor(`${path}.hostname`, hostname, label1123(hostname)));
    if (hints !== undefined) errors.push(...hintErrors(`${path}.hints`, objectOf(hints)));
  }
  return errors;
}

function addressErrors(path: string, index: number, address: string, type: string): readonly FieldError[] {
  const own = `${path}[${index}]`;
  if (type === 'FQDN') return domainErrors(own, address);
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  const malformed = type === 'IPv4' ? looseAddress(own, address) : strictAddress(own, address);
  if (malformed.length > 0) return malformed;
  return [
    ...(familyOf(address) === type ? [] : [invalid(path, address, `must be an ${type} address`)]),
    ...endpointAddress(own, address),
  ];
}

function domainErrors(path: string, given: string): readonly FieldError[] {
  if (given === '') return [required(path)];
  const name = given.replace(/\.$/, '');
  const malformed = subdomain1123(name);
  if (malformed.length > 0) return [invalid(path, name, malformed.join(','))];
  const labels = name.split('.');
  if (labels.length < 2) {
    return [invalid(path, name, 'should be a domain with at least two segments separated by dots')];
  }
  const wrong = labels.find((label) => label1123(label).length > 0);
  return wrong === undefined ? [] : [invalid(path, wrong, label1123(wrong).join(','))];
}

function hintErrors(path: string, hints: JsonObject): readonly FieldError[] {
  const named = (field: string, problems: (name: string) => readonly string[]): readonly FieldError[] => {
    const list = objectsOf(hints[field]).map((one) => textOf(one.name));
    if (list.length > MAX_HINTS) return [tooMany(`${path}.${field}`, list.length, MAX_HINTS)];
    return list.flatMap((name, i) => {
      const own = `${path}.${field}[${i}].name`;
      return [...(list.indexOf(name) < i ? [duplicate(own, name)] : []), ...invalidFor(own, name, problems(name))];
    });
  };
  const zones = named('forZones', labelValue);
  return zones.some((error) => error.type === 'TooMany') ? zones : [...zones, ...named('forNodes', subdomain1123)];
}

function portDefaults(port: JsonObject): JsonObject {
  const { name, protocol } = port;
  if (typeof name === 'string' && typeof protocol === 'string') return port;
  return { ...port, name: name ?? '', protocol: protocol ?? 'TCP' };
}

function portText(port: JsonObject): Json {
  const number = maybeNumber(port.port);
  return number === undefined ? (port.name ?? '*') : number;
}

/** The field exists in v1 only for reading objects stored as v1beta1. */
function withoutTopology(slice: StoredObject): StoredObject {
  if (!Array.isArray(slice.endpoints)) return slice;
  return { ...slice, endpoints: objectsOf(slice.endpoints).map((one) => without(one, 'deprecatedTopology')) };
}

export const endpointSlices = define({
  group: 'discovery.k8s.io',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
  generation: true,
  printer: printer(
    [
      column('AddressType', 'Family of the addresses.'),
      column('Ports', 'Ports of all endpoints.'),
      column('Endpoints', 'Addresses of the endpoints.'),
    ],
    (slice) => [
      textOf(slice.addressType),
      shortList(objectsOf(slice.ports).map((port) => `${portText(port)}`)),
      shortList(objectsOf(slice.endpoints).flatMap((endpoint) => textsOf(endpoint.addresses))),
    ],
  ),
  strategy: {
    defaults: (slice) => withEach(slice, 'ports', portDefaults),
    prepareCreate: withoutTopology,
    prepareUpdate(given, old) {
      const slice = withoutTopology(given);
      const same =
        ['addressType', 'endpoints', 'ports'].every((field) => sameValue(given[field], old[field])) &&
        sameValue(given.metadata.labels, old.metadata.labels);
      if (same) return slice;
      return { ...slice, metadata: { ...slice.metadata, generation: (old.metadata.generation ?? 0) + 1 } };
    },
    validateCreate: (slice) => sliceErrors(slice, undefined),
    validateUpdate: sliceErrors,
    warnings: sliceWarnings,
  },
});
