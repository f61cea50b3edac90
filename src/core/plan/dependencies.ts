/**
 * What a refused write holds up. The rest of a plan does not wait for it, above all not the removal of endpoints that
 * their source no longer has.
 */
import type { Json, JsonObject } from '../../api/json.ts';
import { isJsonObject } from '../../api/json.ts';
import type { Change } from '../change.ts';
import { equal } from '../fingerprint.ts';

/**
 * `none`; `waits`: the change must not be written; or `moves`: some endpoints that it removes may be those that could
 * not be added elsewhere (see {@link sparing}).
 */
export type Dependency = 'none' | 'waits' | 'moves';

/** How a change depends on an earlier one of the same plan that was not written. */
export function dependencyOn(failed: Change, change: Change): Dependency {
  if (failed.stage === 'status') return 'none';
  // A Service with new names of ports reaches only slices that have them.
  if (change.stage === 'rename') return failed.resource === 'endpointSlices' ? 'waits' : 'none';
  if (change.resource !== 'endpointSlices') return change.stage === 'prune' ? 'waits' : 'none';
  // Without its Service, or with one of another type, a slice has no use. An existing Service is served on.
  if (failed.resource === 'services') return failed.op === 'patch' ? 'none' : 'waits';
  return failed.source === change.source && bodyOf(failed) && bodyOf(change) ? 'moves' : 'none';
}

interface Body {
  readonly endpoints?: Json | undefined;
  readonly ports?: Json | undefined;
}

/** The endpoints and ports of a slice after a change of it; undefined if they stay. */
function bodyOf(change: Change): Body | undefined {
  if (change.op === 'delete') return {};
  const { endpoints, ports } = change.op === 'create' ? change.object : change.patch;
  return endpoints === undefined ? undefined : { endpoints, ports };
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function addressesOf(endpoint: Json): readonly Json[] {
  return isJsonObject(endpoint) ? listOf(endpoint.addresses) : [];
}

/**
 * The endpoints that a change of a slice would remove although they exist: `failed` changes of other slices were to add
 * them. `observed` is the slice before the change.
 */
function movedTo(failed: readonly Change[], change: Change, observed: JsonObject): readonly Json[] {
  const after = bodyOf(change);
  const before = new Set(listOf(observed.endpoints).flatMap(addressesOf));
  const own = new Set(listOf(after?.endpoints).flatMap(addressesOf));
  const ports = change.op === 'delete' ? observed.ports : after?.ports;
  return failed.flatMap((each) => {
    const body = bodyOf(each);
    // The number of a port is that of the slice, so endpoints with others cannot share it.
    if (!body || !equal(listOf(body.ports), listOf(ports))) return [];
    return listOf(body.endpoints).filter((endpoint) =>
      addressesOf(endpoint).some((address) => before.has(address) && !own.has(address)),
    );
  });
}

/**
 * A change of a slice without the removal of endpoints that exist, but which `failed` changes could not add elsewhere;
 * the same change if there are none.
 */
export function sparing(failed: readonly Change[], change: Change, observed: JsonObject): Change {
  const kept = movedTo(failed, change, observed);
  if (kept.length === 0 || change.op === 'create') return change;
  const { precondition, stage, source, why, ...rest } = change;
  const target = { member: rest.member, resource: rest.resource, namespace: rest.namespace, name: rest.name };
  const own = change.op === 'patch' ? change.patch : {};
  return {
    ...target,
    op: 'patch',
    stage,
    ...(source !== undefined && { source }),
    why: `${why}, except those that could not be moved`,
    precondition,
    patch: { ...own, endpoints: [...listOf(own.endpoints), ...kept] },
  };
}
