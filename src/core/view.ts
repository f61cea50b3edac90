/**
 * The input of the engine: all that is known of one namespace/name, as plain data.
 * The fleet builds it from its caches; tests write it by hand.
 */
import type { Service } from '../api/core.ts';
import type { AddressType, Endpoint, EndpointPort } from '../api/endpoint-slice.ts';
import type { IPFamily } from '../api/meta.ts';
import type { ServiceExport, ServiceImport } from '../api/multicluster.ts';

/** Who creates ServiceImports: Catamaran in every member that has the namespace, or the user. */
export type ImportMode = 'Automatic' | 'Manual';

/** An address that may not be announced, and why. */
export interface RefusedAddress {
  readonly address: string;
  readonly reason: string;
}

/** An EndpointSlice of a Service's own endpoints whose addresses have been checked. */
export interface SourceSlice {
  readonly name: string;
  readonly addressType: AddressType;
  /** Endpoints whose addresses may all be announced. */
  readonly endpoints: readonly Endpoint[];
  /** For each endpoint left out, its first address that is refused. */
  readonly refused: readonly RefusedAddress[];
  readonly ports: readonly EndpointPort[];
  /** When the change happened that the slice reports, RFC 3339. */
  readonly triggerTime: string | undefined;
}

/** A member whose own LISTs have succeeded since the process started. */
export interface KnownSource {
  readonly member: string;
  /**
   * `unreachable`: its API server has not answered for longer than the configured time, and its last data stays.
   * `expired`: for longer than the configured expiry of endpoints; there is none by default.
   */
  readonly standing: 'current' | 'unreachable' | 'expired';
  readonly export?: ServiceExport;
  readonly service?: Service;
  /** Slices of the Service's own endpoints. Immutable: a changed slice is another object, so that identity can key a memo. */
  readonly slices: readonly SourceSlice[];
}

/** A member of which nothing is known, or not yet. Unknown is not empty. */
export interface UnknownSource {
  readonly member: string;
  readonly standing: 'unknown';
  /** Whether it has been silent for longer than the configured expiry of endpoints. */
  readonly expired: boolean;
}

/** One member as a source of endpoints. */
export type SourceView = KnownSource | UnknownSource;

/**
 * What a consumer holds of a derived EndpointSlice, reduced to what the planner compares: `body` is
 * `sliceBody(...).hash` of the observed addressType, endpoints and ports; `meta` is `sliceMeta(...)` of the observed
 * labels and owner.
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
}

/** One member as a consumer of one namespace/name: the objects that the plan is compared with. */
export interface ConsumerView {
  readonly member: string;
  readonly namespace: string;
  readonly name: string;
  readonly namespacePhase: 'Active' | 'Terminating' | 'Absent';
  readonly importMode: ImportMode;
  /** Prefix of derived Services (default: `amcs-`). */
  readonly derivedPrefix: string;
  /** Families of the member's Service network, its primary one first; never empty. */
  readonly ipFamilies: readonly IPFamily[];
  /** Values of `trafficDistribution` that the member's API server accepts; absent means all. */
  readonly trafficDistributions?: readonly string[];
  readonly import?: ServiceImport;
  /** The Service of the derived name, whether or not it is managed by Catamaran. */
  readonly derivedService?: Service;
  readonly derivedSlices: readonly DerivedSlice[];
  /** Services derived for this import under another prefix, from before `derivedPrefix` changed. */
  readonly outdatedServices?: readonly Service[];
  /** The API server's answer to the last writes for this name, if it refuses them. */
  readonly refusal?: string;
  /** Names of slices labelled for the derived Service by others: a user, or the mirror of an Endpoints object. */
  readonly foreignSlices: readonly string[];
}
