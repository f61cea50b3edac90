/**
 * The parts of a derived EndpointSlice that are compared: its body (address type, endpoints, ports) and its meta
 * (labels, owner). The body is kept as a fingerprint, so that the slices of a consumer take little memory. KEP-1645,
 * "Using EndpointSlice objects to track endpoints".
 */
import type { AddressType, Endpoint, EndpointPort, EndpointSlice } from '../api/endpoint-slice.ts';
import type { JsonObject } from '../api/json.ts';
import {
  HEADLESS,
  LAST_CHANGE_TRIGGER_TIME,
  MANAGER,
  MCS_SERVICE_NAME,
  SERVICE_NAME,
  SERVICE_PROXY_NAME,
  SLICE_MANAGED_BY,
  SOURCE_CLUSTER,
} from '../api/labels.ts';
import type { OwnerReference, StringMap } from '../api/meta.ts';
import { MCS_API_VERSION } from '../api/multicluster.ts';
import { fingerprint } from './fingerprint.ts';
import type { DerivedSlice } from './view.ts';

/** Labels that Catamaran manages: those that a derived slice should not have are removed. */
const OWN_LABELS = [SERVICE_NAME, MCS_SERVICE_NAME, SOURCE_CLUSTER, SLICE_MANAGED_BY, HEADLESS, SERVICE_PROXY_NAME];

/** Compared content of a slice. */
export interface SliceBody {
  readonly hash: string;
  /** Endpoints whose `conditions.ready` is not false: absent means ready (EndpointConditions, discovery/v1). */
  readonly ready: number;
}

/**
 * Fingerprint of the body of a slice, after applying the API server's defaults (an absent port name is empty, an absent
 * protocol is TCP). The order of endpoints and ports is significant, since the API server keeps it.
 */
export function sliceBody(
  addressType: AddressType,
  endpoints: readonly Endpoint[],
  ports: readonly EndpointPort[],
): SliceBody {
  const hash = fingerprint([
    addressType,
    endpoints.map(({ addresses, conditions, hostname, nodeName, zone, hints }) => [
      addresses,
      conditions?.ready,
      conditions?.serving,
      conditions?.terminating,
      hostname,
      nodeName,
      zone,
      hints?.forZones?.map(({ name }) => name),
    ]),
    ports.map(({ name, protocol, port, appProtocol }) => [name ?? '', protocol ?? 'TCP', port, appProtocol]),
  ]);
  return { hash, ready: endpoints.filter(({ conditions }) => conditions?.ready !== false).length };
}

/** The managed labels of a slice and the UIDs of its owning ServiceImports, as a text to compare. */
export function sliceMeta(labels: StringMap | undefined, ownerUids: readonly string[]): string {
  return JSON.stringify([...OWN_LABELS.map((label) => labels?.[label] ?? null), ...ownerUids]);
}

/** Whether only the derived Service uses a slice, and not the clusterset zone. */
function isBare(labels: StringMap | undefined): boolean {
  return labels?.[SLICE_MANAGED_BY] === MANAGER && labels[MCS_SERVICE_NAME] === undefined;
}

/** Reduces an observed derived slice to the fields that the planner compares. */
export function observeSlice(slice: EndpointSlice): DerivedSlice {
  const { name, uid, resourceVersion, labels, annotations, ownerReferences } = slice.metadata;
  const triggerTime = annotations?.[LAST_CHANGE_TRIGGER_TIME];
  const body = sliceBody(slice.addressType, slice.endpoints, slice.ports ?? []);
  return {
    name,
    uid: uid ?? '',
    resourceVersion: resourceVersion ?? '',
    source: labels?.[SOURCE_CLUSTER] ?? '',
    body: body.hash,
    meta: sliceMeta(labels, importUids(ownerReferences)),
    ready: body.ready,
    ...(isBare(labels) && { bareHostnames: slice.endpoints.flatMap(({ hostname }) => hostname ?? []) }),
    ...(triggerTime !== undefined && { triggerTime }),
  };
}

/** A reference in another version counts for nothing: the garbage collector cannot follow it once that is not served. */
function importUids(owners: readonly OwnerReference[] | undefined): readonly string[] {
  return (owners ?? [])
    .filter(({ kind, apiVersion }) => kind === 'ServiceImport' && apiVersion === MCS_API_VERSION)
    .map(({ uid }) => uid);
}

/** The labels of a derived slice, built from scratch: those of the source slice have no meaning in another cluster. */
export function sliceLabels(derivedService: string, name: string, source: string, headless: boolean): StringMap {
  return {
    [SERVICE_NAME]: derivedService,
    [MCS_SERVICE_NAME]: name,
    [SOURCE_CLUSTER]: source,
    [SLICE_MANAGED_BY]: MANAGER,
    ...(headless && { [HEADLESS]: '' }),
  };
}

/** A merge patch that also removes labels of Catamaran that should be absent. */
export function labelsPatch(labels: StringMap): JsonObject {
  return { ...Object.fromEntries(OWN_LABELS.map((label) => [label, null])), ...labels };
}
