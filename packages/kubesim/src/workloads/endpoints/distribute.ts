/**
 * Distribution of endpoints over slices: existing slices are reused, with as few writes as possible. Source: Kubernetes
 * documentation, "EndpointSlices", Distribution of EndpointSlices.
 */
import type { Slice, SliceEndpoint } from '../kinds.ts';
import { sameJson } from '../template.ts';

/** Maximum number of endpoints per slice. */
export const MOST = 100;

/** Changes to the slices with the same ports. */
export interface Distribution {
  readonly create: readonly (readonly SliceEndpoint[])[];
  readonly update: readonly { readonly slice: Slice; readonly endpoints: readonly SliceEndpoint[] }[];
  readonly remove: readonly Slice[];
}

/** The identity of an endpoint: its pod and addresses. */
function identity({ addresses, targetRef }: SliceEndpoint): string {
  return `${targetRef?.uid ?? ''} ${addresses.join()}`;
}

interface Changed {
  readonly slice: Slice;
  readonly endpoints: SliceEndpoint[];
}

/** Distributes endpoints over existing and new slices. */
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
  // Slices that change anyway are filled first, fullest first.
  for (const { endpoints } of changed.toSorted((a, b) => b.endpoints.length - a.endpoints.length)) {
    endpoints.push(...added.splice(0, Math.max(0, MOST - endpoints.length)));
  }
  const create: SliceEndpoint[][] = [];
  while (added.length >= MOST) create.push(added.splice(0, MOST));
  if (added.length > 0) {
    // The remainder goes to the fullest slice with enough room, which costs only one more write.
    const room = same.filter(({ endpoints }) => (endpoints ?? []).length + added.length <= MOST);
    const best = room.toSorted((a, b) => (b.endpoints ?? []).length - (a.endpoints ?? []).length)[0];
    if (best) changed.push({ slice: best, endpoints: [...(best.endpoints ?? []), ...added] });
    else create.push(added);
  }
  return { create, update: changed, remove };
}
