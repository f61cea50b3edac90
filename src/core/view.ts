/**
 * The input of the engine: everything known of one namespace/name, as plain data. The fleet builds it from its caches;
 * tests construct it directly.
 */
import type { Service } from '../api/core.ts';
import type { AddressType, Endpoint, EndpointPort } from '../api/endpoint-slice.ts';
import type { IPFamily } from '../api/meta.ts';
import type { ServiceExport, ServiceImport } from '../api/multicluster.ts';
import type { RangeSet } from '../api/range-map.ts';
import type { AddressRefusal, ExportPolicy } from './export-policy.ts';

/** Who creates ServiceImports: Catamaran in every member that has the namespace, or the user. */
export type ImportMode = 'Automatic' | 'Manual';

/** An address that may not be announced, and why. */
export interface RefusedAddress extends AddressRefusal {
  readonly address: string;
}

/** An EndpointSlice of a Service's own endpoints, with checked addresses. */
export interface SourceSlice {
  readonly name: string;
  readonly addressType: AddressType;
  /** Endpoints of which all addresses may be announced. */
  readonly endpoints: readonly Endpoint[];
  /** The first refused address of each omitted endpoint. */
  readonly refused: readonly RefusedAddress[];
  readonly ports: readonly EndpointPort[];
  /** Whether it carries the label of the EndpointSlice controller. */
  readonly managed: boolean;
  /** Time of the change that the slice reports, RFC 3339. */
  readonly triggerTime: string | undefined;
}

/** An object of a member that does not fit the schema of its resource, so that its content is unknown. */
export interface SetAside {
  readonly resource: 'services' | 'endpointSlices';
  readonly name: string;
  /** Path of the first field that does not fit. */
  readonly field: string;
  readonly problem: string;
}

/** A member whose own LISTs have succeeded since the process started. */
export interface KnownSource {
  readonly member: string;
  /**
   * `unreachable`: its API server has not responded for longer than the configured time; its last data stays.
   * `expired`: not for longer than the configured expiry of endpoints (default: never).
   */
  readonly standing: 'current' | 'unreachable' | 'expired';
  /**
   * Whether it has not responded for so short a time that only those consumers report it of which it has the only ready
   * endpoints. Default: false.
   */
  readonly brief?: boolean;
  /** What the fleet file allows the export. */
  readonly policy: ExportPolicy;
  readonly export?: ServiceExport;
  readonly service?: Service;
  /**
   * Slices of the Service's own endpoints. Immutable: a changed slice is a new object, so that identity can key a memo.
   */
  readonly slices: readonly SourceSlice[];
  /** Objects of this name that do not fit their schema. Absent: none. */
  readonly setAside?: readonly SetAside[];
}

/** A member of which nothing is known (yet). Unknown is not empty. */
export interface UnknownSource {
  readonly member: string;
  readonly standing: 'unknown';
  /** Whether it has not responded for longer than the configured expiry of endpoints. */
  readonly expired: boolean;
  /** As for a known source. */
  readonly brief?: boolean;
}

/** One member as a source of endpoints. */
export type SourceView = KnownSource | UnknownSource;

/**
 * An observed derived EndpointSlice, reduced to the fields that the planner compares: `body` is `sliceBody(...).hash`
 * of the observed addressType, endpoints and ports; `meta` is `sliceMeta(...)` of the observed labels and owner.
 */
export interface DerivedSlice {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Value of the source-cluster label. */
  readonly source: string;
  readonly body: string;
  readonly meta: string;
  /** Endpoints that are ready (`conditions.ready` not false). */
  readonly ready: number;
  /** Hostnames in a slice that only the derived Service uses, because it left others to another member. */
  readonly bareHostnames?: readonly string[];
  /** Time of the change in the source that was written last, RFC 3339. */
  readonly triggerTime?: string;
}

/** One member as a consumer of one namespace/name, with its observed objects. */
export interface ConsumerView {
  readonly member: string;
  readonly namespace: string;
  readonly name: string;
  readonly namespacePhase: 'Active' | 'Terminating' | 'Absent';
  readonly importMode: ImportMode;
  /** Why the fleet file does not allow the member to import from the namespace; absent if it does. */
  readonly importRefusal?: string;
  /** Prefix of derived Services (default: `amcs-`). */
  readonly derivedPrefix: string;
  /**
   * Networks that the member reports as its own: pods, nodes, Services and API servers. Present only if a member of the
   * fleet may announce addresses outside declared networks.
   */
  readonly ownNetworks?: RangeSet;
  /** Families of the member's Service network, the primary one first; never empty. */
  readonly ipFamilies: readonly IPFamily[];
  /** Values of `trafficDistribution` that the member's API server accepts; absent means all. */
  readonly trafficDistributions?: readonly string[];
  readonly import?: ServiceImport;
  /** The Service of the derived name, whether or not it is managed by Catamaran. */
  readonly derivedService?: Service;
  /** Cluster IPs of the last derived Service of that name, if it was deleted recently. */
  readonly lastAddresses?: readonly string[];
  readonly derivedSlices: readonly DerivedSlice[];
  /** Services derived for this import under another prefix, from before `derivedPrefix` changed. */
  readonly outdatedServices?: readonly Service[];
  /** The API server's message if it refuses writes for this name. */
  readonly refusal?: string;
  /**
   * Names of slices that other clients labelled for the derived Service: users, or the mirroring of an Endpoints
   * object.
   */
  readonly foreignSlices: readonly string[];
  /** Whether the import or the derived Service does not fit its schema, so that nothing can be planned from them. */
  readonly unreadable?: boolean;
}
