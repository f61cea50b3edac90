/**
 * Which endpoint stands in which slice: slices that are there are kept, as few as can be are written.
 * Source: Kubernetes documentation, "EndpointSlices", Distribution of EndpointSlices.
 */
import type { Slice, SliceEndpoint } from '../kinds.ts';
import { sameJson } from '../template.ts';

/** Endpoints that a slice holds at most. */
export const MOST = 100;

/** What becomes of the slices that have the same ports. */
export interface Distribution {
  readonly create: readonly (readonly SliceEndpoint[])[];
  readonly update: readonly { readonly slice: Slice; readonly endpoints: readonly SliceEndpoint[] }[];
  readonly remove: readonly Slice[];
}

/** What tells endpoints apart: their pod and addresses, whatever else changes. */
function identity({ addresses, targetRef }: SliceEndpoint): string {
  return `${targetRef?.uid ?? ''} ${addresses.join()}`;
}

interface Changed {
  readonly slice: Slice;
  readonly endpoints: SliceEndpoint[];
}

/** Distributes endpoints over the slices that are there, and new ones. */
export function distribute(slices: readonly Slice[], wanted: readonly SliceEndpoint[]): Distribution {
  const left = new Map(wanted.map((endpoint) => [identity(endpoint), endpoint]));
  const changed: Changed[] = [];
  const same: Slice[] = [];
  const remove: Slice[] = [];
  for (const slice of slices) {
    const before = slice.endpoints ?? [];
    const endpoints = before.flatMap((endpoint) => {
      const now = left.get(identity(endpoint));
      left.delete(identity(endpoint));
      return now ? [now] : [];
    });
    if (endpoints.length === 0) remove.push(slice);
    else if (sameJson(endpoints, before)) same.push(slice);
    else changed.push({ slice, endpoints });
  }
  const added = [...left.values()];
  // Those that are written anyway are filled first, the fullest before the others.
  for (const { endpoints } of changed.toSorted((a, b) => b.endpoints.length - a.endpoints.length)) {
    endpoints.push(...added.splice(0, Math.max(0, MOST - endpoints.length)));
  }
  const create: SliceEndpoint[][] = [];
  while (added.length >= MOST) create.push(added.splice(0, MOST));
  if (added.length > 0) {
    // What is left goes to the slice that it fills best, so that only one more is written.
    const room = same.filter(({ endpoints }) => (endpoints ?? []).length + added.length <= MOST);
    const best = room.toSorted((a, b) => (b.endpoints ?? []).length - (a.endpoints ?? []).length)[0];
    if (best) changed.push({ slice: best, endpoints: [...(best.endpoints ?? []), ...added] });
    else create.push(added);
  }
  return { create, update: changed, remove };
}
