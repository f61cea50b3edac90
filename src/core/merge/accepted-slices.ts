/**
 * Which of a member's EndpointSlices are imported. A user who may create slices could otherwise send traffic of every
 * cluster to any address that the member may announce, such as its nodes (compare CVE-2021-25740). For a Service with a
 * selector, the EndpointSlice controller owns all slices with its label and repairs or deletes forged ones; for other
 * Services it does nothing, so that the label proves nothing there.
 */
import type { Service } from '../../api/core.ts';
import { ExportReason } from '../../api/multicluster.ts';
import type { ExportPolicy } from '../export-policy.ts';
import type { SourceSlice } from '../view.ts';

/** A slice that takes no part, and why, as the predicate of a message. */
export interface RefusedSlice {
  readonly slice: string;
  readonly reason: typeof ExportReason.NotAllowed | typeof ExportReason.LimitReached;
  readonly problem: string;
}

export interface AcceptedSlices {
  readonly slices: readonly SourceSlice[];
  readonly refusedSlices: readonly RefusedSlice[];
}

function hasSelector({ spec: { selector } }: Service): boolean {
  return selector !== undefined && Object.keys(selector).length > 0;
}

/** Why a slice is not allowed; undefined if it is. */
function problemOf(slice: SourceSlice, service: Service, { slices }: ExportPolicy): string | undefined {
  if (slices === 'Any') return undefined;
  if (!hasSelector(service)) return 'belongs to a Service without a selector, and slices: Any is not set';
  return slice.managed ? undefined : 'is not managed by the EndpointSlice controller, and slices: Any is not set';
}

/** Endpoint slices that an export may have in any case: the EndpointSlice controller fills each with 100 endpoints. */
const SLICES = 1_000;

/** How many slices an export may have that may have this many endpoints. */
export function mostSlices(endpoints: number): number {
  return Math.max(SLICES, Math.ceil(endpoints / 10));
}

/** The slices that take part. Beyond the maximum number of endpoints or slices, those that came last are left out. */
export function acceptSlices(slices: readonly SourceSlice[], service: Service, policy: ExportPolicy): AcceptedSlices {
  const accepted: SourceSlice[] = [];
  const refusedSlices: RefusedSlice[] = [];
  const most = mostSlices(policy.endpoints);
  let endpoints = 0;
  for (const slice of slices) {
    const problem = problemOf(slice, service, policy);
    if (problem !== undefined) {
      refusedSlices.push({ slice: slice.name, reason: ExportReason.NotAllowed, problem });
    } else if (endpoints + slice.endpoints.length > policy.endpoints || accepted.length >= most) {
      const limit = `exceeds the ${accepted.length < most ? `${policy.endpoints} endpoints` : `${most} slices`} that an export may have`;
      refusedSlices.push({ slice: slice.name, reason: ExportReason.LimitReached, problem: limit });
    } else {
      endpoints += slice.endpoints.length;
      accepted.push(slice);
    }
  }
  // Slices that are all accepted keep their identity, which memos depend on.
  return refusedSlices.length > 0 ? { slices: accepted, refusedSlices } : { slices, refusedSlices };
}
