/**
 * What the fleet file allows a member's export of one name, as plain data. What a member's API server reports is input;
 * these are the decisions of the fleet's operator about it.
 */
import type { ExportReason } from '../api/multicluster.ts';

/** Keys that may be exported: exact ones, and prefixes that end in `*`. */
export type KeyAllowList = readonly string[];

/**
 * Which EndpointSlices are imported. `Managed`: those of the EndpointSlice controller, for Services with a selector.
 * `Any`: also those that users and other controllers create.
 */
export type SlicePolicy = 'Managed' | 'Any';

/** Why an export takes no part. */
export interface ExportRefusal {
  readonly reason: typeof ExportReason.NotAllowed | typeof ExportReason.LimitReached;
  readonly message: string;
}

export interface ExportPolicy {
  /** Absent: the export is allowed. */
  readonly refusal?: ExportRefusal;
  /** Whether the member can announce only addresses in networks that the fleet file declares for it. */
  readonly bounded: boolean;
  readonly slices: SlicePolicy;
  readonly labels: KeyAllowList;
  readonly annotations: KeyAllowList;
  /** Maximum bytes of exported labels and annotations. */
  readonly exportedBytes: number;
  /** Maximum number of endpoints of the export. */
  readonly endpoints: number;
}

/** Why an address may not be announced. */
export interface AddressRefusal {
  /** `other`: it belongs to another member. `unknown`: it is in no known network of the member. */
  readonly kind: 'invalid' | 'special' | 'service' | 'other' | 'unknown';
  /** The predicate of a message. */
  readonly reason: string;
}
