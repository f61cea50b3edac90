/** Field ownership after creates and updates. Server-side apply computes its own. */
import type { Json, JsonObject } from '../machinery/json.ts';
import type { ManagedFields, StoredObject } from '../machinery/object.ts';
import { trackUpdate } from '../schema/managed.ts';
import { presented, timeText } from './state.ts';
import { type Target, targetApiVersion, type WriteOptions } from './target.ts';

/** A part of an object that can be written separately. */
export type Subresource = 'status' | 'scale';

interface Tracked {
  readonly target: Target;
  readonly live?: StoredObject;
  readonly updated: JsonObject;
  /** metadata.managedFields as sent by the client. */
  readonly given?: Json | undefined;
  readonly subresource?: Subresource;
  readonly options: WriteOptions;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** metadata.managedFields after a write; undefined if there is no manager. */
export function managedFieldsOf({
  target,
  live: stored,
  updated,
  given,
  subresource,
  options,
  now,
}: Tracked): readonly ManagedFields[] | undefined {
  if (options.manager === undefined) return undefined;
  const { definition, version } = target;
  const live = stored && presented(definition, targetApiVersion(target), stored);
  const { status, ...main } = updated;
  const written =
    subresource === 'status'
      ? { ...live, ...(status !== undefined && { status }) }
      : {
          ...(definition.status ? main : updated),
          ...(definition.status && live?.status !== undefined && { status: live.status }),
        };
  return trackUpdate({
    schema: version.schema,
    ...(live && { live }),
    updated: written,
    ...(given !== undefined && { given }),
    manager: options.manager,
    apiVersion: targetApiVersion(target),
    ...(subresource && { subresource }),
    now: timeText(now),
  });
}
