/**
 * What the engine is given: all that is known of one namespace/name, as plain data.
 * The fleet builds it from its caches; tests write it by hand.
 */
import type { Service } from '../api/core.ts';
import type { EndpointSlice } from '../api/endpoint-slice.ts';
import type { IPFamily } from '../api/meta.ts';
import type { ServiceExport, ServiceImport } from '../api/multicluster.ts';

/** Who creates ServiceImports: Catamaran in every member that has the namespace, or the user. */
export type ImportMode = 'Automatic' | 'Manual';

/** CIDRs that a member may announce addresses from; empty means that none were declared and any unicast address will do. */
export interface AddressPolicy {
  readonly cidrs: readonly string[];
}

/** One member as a source of endpoints. */
export interface SourceView {
  readonly member: string;
  /**
   * Whether this member's own LISTs have succeeded since the process started. Where false, the fields below are
   * empty and mean nothing: unknown is not empty.
   */
  readonly known: boolean;
  /** False once the member's API has not answered for longer than the configured time. Its last known data stays. */
  readonly reachable: boolean;
  /** True once the configured expiry of an unreachable member's endpoints has passed. Never true by default. */
  readonly expired: boolean;
  readonly addresses: AddressPolicy;
  readonly export?: ServiceExport;
  readonly service?: Service;
  /**
   * Slices that the member's own controllers made for the Service: labelled for it, and carrying neither the
   * source-cluster label nor our managed-by (nothing imported is exported again). Objects are immutable and replaced
   * when they change, so their identity can key a memo.
   */
  readonly slices: readonly EndpointSlice[];
}

/**
 * What a consumer holds of ours, reduced to what the planner compares: `body` is `sliceBody(...).hash` of the
 * observed addressType, endpoints and ports; `meta` is `sliceMeta(...)` of the observed labels and owner.
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

/** One member as a consumer: the objects that the plan is compared with. */
export interface ConsumerView {
  readonly member: string;
  readonly importMode: ImportMode;
  /** Prefix of derived Services, `amcs-` unless configured. */
  readonly derivedPrefix: string;
  /** Families of the member's Service network, its primary one first; never empty. */
  readonly ipFamilies: readonly IPFamily[];
  /** Values of `trafficDistribution` that the member's API server takes; absent means all. */
  readonly trafficDistributions?: readonly string[];
  readonly namespace: 'Active' | 'Terminating' | 'Absent';
  readonly import?: ServiceImport;
  /** The Service of the derived name, whoever made it. */
  readonly derivedService?: Service;
  readonly derivedSlices: readonly DerivedSlice[];
  /** Services that we derived for this name under another name, from before `derivedPrefix` changed. */
  readonly outdatedServices?: readonly Service[];
  /** What the API server said of our last writes for this name, where it will not take them. */
  readonly refusal?: string;
  /** Names of slices labelled for the derived Service that are not ours: a user's, or mirrored from an Endpoints object. */
  readonly foreignSlices: readonly string[];
}

/** All that is known of one namespace/name, from the place of one consumer. */
export interface ServiceView {
  readonly namespace: string;
  readonly name: string;
  /** Every member of the fleet, the consumer included, in any order. */
  readonly sources: readonly SourceView[];
  readonly consumer: ConsumerView;
  /**
   * Members named in `status.clusters` of any member's import of this name, or in the source-cluster label of any
   * member's derived slices: who took part when somebody last looked.
   */
  readonly lastSources: readonly string[];
}
