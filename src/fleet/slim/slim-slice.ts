/**
 * Slim copies of EndpointSlices. The limits are those of the API server (pkg/apis/discovery/validation), and stricter
 * where a value would be refused elsewhere: in a derived slice, or by kube-proxy.
 */
import { PROTOCOLS } from '../../api/core.ts';
import type { Endpoint, EndpointConditions, EndpointPort, EndpointSlice } from '../../api/endpoint-slice.ts';
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts';
import { LAST_CHANGE_TRIGGER_TIME, SLICE_CONTROLLER, SLICE_MANAGED_BY } from '../../api/labels.ts';
import type { ObjectMeta, StringMap } from '../../api/meta.ts';
import { isLabelValue } from '../../core/merge/exported-keys.ts';
import { isDnsLabel } from '../../core/naming.ts';
import { Misfit } from '../../kube/watch/misfit.ts';
import { requireMetadata } from '../../kube/watch/object.ts';
import {
  type Draft,
  flag,
  integer,
  isSet,
  isTime,
  list,
  object,
  oneOf,
  optionalObject,
  text,
  textOf,
} from './fields.ts';
import { requireKind, slimMetadata } from './slim-metadata.ts';
import { appProtocol, MAX_PORT, portName } from './slim-service.ts';

const MAX_ENDPOINTS = 1_000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;
const MAX_ZONE_HINTS = 8;
/** Of a DNS name; addresses themselves are checked one by one, so that one of them does not discard the others. */
const MAX_ADDRESS = 253;
const MAX_NODE_NAME = 253;

const ADDRESS_TYPES = ['IPv4', 'IPv6', 'FQDN'] as const;

function address(value: Json): string {
  return text(value, '', MAX_ADDRESS);
}

function conditions(value: Json): EndpointConditions {
  const { ready, serving, terminating } = object(value, 'conditions');
  const slim: Draft<EndpointConditions> = {};
  if (isSet(ready)) slim.ready = flag(ready, 'conditions.ready');
  if (isSet(serving)) slim.serving = flag(serving, 'conditions.serving');
  if (isSet(terminating)) slim.terminating = flag(terminating, 'conditions.terminating');
  return slim;
}

/** A zone becomes a hint in other clusters, which has to be a label value. */
function zone(value: Json, field: string): string {
  return textOf(value, field, isLabelValue, 'a zone');
}

function endpoint(value: Json): Draft<Endpoint> {
  const from = object(value, '');
  const addresses = list(from.addresses, 'addresses', MAX_ADDRESSES, address);
  if (addresses.length === 0) throw new Misfit('addresses', 'has no item');
  const slim: Draft<Endpoint> = { addresses };
  if (isSet(from.conditions)) slim.conditions = conditions(from.conditions);
  if (isSet(from.hostname)) slim.hostname = textOf(from.hostname, 'hostname', isDnsLabel, 'a DNS label');
  if (isSet(from.nodeName)) slim.nodeName = text(from.nodeName, 'nodeName', MAX_NODE_NAME);
  if (isSet(from.zone)) slim.zone = zone(from.zone, 'zone');
  return slim;
}

function derivedEndpoint(value: Json): Endpoint {
  const slim = endpoint(value);
  const { hints } = object(value, '');
  if (!isSet(hints)) return slim;
  const { forZones } = optionalObject(hints, 'hints');
  if (!isSet(forZones)) return { ...slim, hints: {} };
  const zones = list(forZones, 'hints.forZones', MAX_ZONE_HINTS, (hint) => ({
    name: zone(object(hint, '').name ?? null, 'name'),
  }));
  return { ...slim, hints: { forZones: zones } };
}

function endpointPort(value: Json): EndpointPort {
  const from = object(value, '');
  const slim: Draft<EndpointPort> = {};
  if (isSet(from.name)) slim.name = portName(from.name, 'name');
  if (isSet(from.protocol)) slim.protocol = oneOf(from.protocol, 'protocol', PROTOCOLS);
  if (isSet(from.port)) slim.port = integer(from.port, 'port', 1, MAX_PORT);
  if (isSet(from.appProtocol)) slim.appProtocol = appProtocol(from.appProtocol, 'appProtocol');
  return slim;
}

/** kube-proxy matches ports by name. */
function requireDistinct(ports: readonly EndpointPort[]): void {
  if (ports.length < 2) return;
  const names = new Set<string>();
  for (const [index, { name = '' }] of ports.entries()) {
    if (names.has(name)) throw new Misfit(`ports[${index}].name`, 'is the name of another port');
    names.add(name);
  }
}

function slice(object: JsonObject, metadata: ObjectMeta, each: (value: Json) => Endpoint): EndpointSlice {
  requireKind(object, 'EndpointSlice');
  const ports = list(object.ports, 'ports', MAX_PORTS, endpointPort);
  requireDistinct(ports);
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata,
    addressType: oneOf(object.addressType, 'addressType', ADDRESS_TYPES),
    endpoints: list(object.endpoints, 'endpoints', MAX_ENDPOINTS, each),
    ports,
  };
}

/** The time of the change that the slice reports. Anything but a time is ignored: any client may set an annotation. */
function triggerTime(object: JsonObject): Pick<ObjectMeta, 'annotations'> {
  const { annotations } = requireMetadata(object);
  const time = isJsonObject(annotations) ? annotations[LAST_CHANGE_TRIGGER_TIME] : undefined;
  return typeof time === 'string' && isTime(time) ? { annotations: { [LAST_CHANGE_TRIGGER_TIME]: time } } : {};
}

/** The label of the EndpointSlice controller, shared by all copies. */
const OF_CONTROLLER: StringMap = { [SLICE_MANAGED_BY]: SLICE_CONTROLLER };

/**
 * A slice of a member's own endpoints, without targetRefs and hints. The only label is that of the EndpointSlice
 * controller, the only annotation the trigger time.
 */
export function slimSlice(object: JsonObject): EndpointSlice {
  const { labels, ownerReferences: _, ...metadata } = slimMetadata(object);
  const managed = labels?.[SLICE_MANAGED_BY] === SLICE_CONTROLLER;
  return slice(object, { ...metadata, ...(managed && { labels: OF_CONTROLLER }), ...triggerTime(object) }, endpoint);
}

/** A derived slice with every field that Catamaran sets, to be compared and dropped. */
export function ownSlice(object: JsonObject): EndpointSlice {
  return slice(object, { ...slimMetadata(object), ...triggerTime(object) }, derivedEndpoint);
}
