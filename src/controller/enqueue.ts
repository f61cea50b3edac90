/**
 * Maps an event to the keys to reconcile, per member. The only place for this decision; pure, so it is tested by a
 * table.
 *
 * | event      | reconciled                                                                                   |
 * | ---------- | -------------------------------------------------------------------------------------------- |
 * | source     | the key in every member that it affects; in the source itself last                           |
 * | consumer   | the key in that member                                                                       |
 * | namespace  | every key of the namespace in that member                                                    |
 * | place      | in that member, every key whose derived Service has that name                                |
 * | standing   | the keys that the member exports, or that objects of consumers name it as a source of, as for |
 * |            | source; if it became current, before that every key that affects it                           |
 * | takeover   | in that member, every key that affects it                                                    |
 * | configured | in each of these members, every key that affects it; and the keys it exports, as for source   |
 * | left       | every key that the member held, as for source                                                |
 */
import type { ServiceKey } from '../api/meta.ts';
import type { KeyIndex } from '../fleet/key-index.ts';
import type { Priority } from '../runtime/pace.ts';

/** Members are identified by name. */
export type FleetEvent =
  | { readonly kind: 'source' | 'consumer'; readonly member: string; readonly key: ServiceKey }
  | { readonly kind: 'namespace'; readonly member: string; readonly namespace: string }
  /** An object of another client at the namespace and name of a derived Service changed. */
  | { readonly kind: 'place'; readonly member: string; readonly service: ServiceKey }
  /** The standing of a member changed. `current`: its own cache is complete and not behind. */
  | {
      readonly kind: 'standing';
      readonly member: string;
      readonly wasCurrent: boolean;
      readonly isCurrent: boolean;
    }
  | { readonly kind: 'takeover' | 'left'; readonly member: string }
  /** The members whose settings changed. */
  | { readonly kind: 'configured'; readonly members: Iterable<string> };

/** One name to reconcile in one member. */
export interface Request {
  readonly member: string;
  readonly key: ServiceKey;
}

export interface EventIndex extends Pick<KeyIndex, 'keysIn' | 'heldBy' | 'naming' | 'affecting' | 'affected'> {
  /** Keys that a member exports. */
  exportedBy(member: string): Iterable<ServiceKey>;
  /** Keys whose derived Service in a member has that namespace and name. */
  keysAt(service: ServiceKey, member: string): Iterable<ServiceKey>;
}

function* sourceChanged(key: ServiceKey, source: string, index: EventIndex): Generator<Request> {
  const affected = index.affected(key);
  for (const member of affected) if (member !== source) yield { member, key };
  // The source has its own endpoints anyway, and the others wait for them.
  if (affected.has(source)) yield { member: source, key };
}

function* everyKeyOf(member: string, index: EventIndex): Generator<Request> {
  for (const key of index.affecting(member)) yield { member, key };
}

/** Keys that the member is, or may have been, a source of. */
function keysFrom(member: string, index: EventIndex): ReadonlySet<ServiceKey> {
  return new Set([...index.exportedBy(member), ...index.naming(member)]);
}

/**
 * `urgent`: a change of objects, which someone waits for. `bulk`: many keys at once, of which most need no write; they
 * follow the urgent ones.
 */
export function priorityOf({ kind }: FleetEvent): Priority {
  return kind === 'source' || kind === 'consumer' || kind === 'place' ? 'urgent' : 'bulk';
}

export function* requestsOf(event: FleetEvent, index: EventIndex): Generator<Request> {
  const { kind } = event;
  switch (kind) {
    case 'source':
      yield* sourceChanged(event.key, event.member, index);
      return;
    case 'consumer':
      yield { member: event.member, key: event.key };
      return;
    case 'namespace':
      for (const key of index.keysIn(event.namespace)) yield { member: event.member, key };
      return;
    case 'place':
      for (const key of index.keysAt(event.service, event.member)) yield { member: event.member, key };
      return;
    case 'standing':
      if (event.isCurrent && !event.wasCurrent) yield* everyKeyOf(event.member, index);
      for (const key of keysFrom(event.member, index)) yield* sourceChanged(key, event.member, index);
      return;
    case 'left':
      // Copied, since the member is forgotten once it has been cleaned up.
      for (const key of [...index.heldBy(event.member)]) yield* sourceChanged(key, event.member, index);
      return;
    case 'takeover':
      yield* everyKeyOf(event.member, index);
      return;
    case 'configured':
      for (const member of event.members) {
        yield* everyKeyOf(member, index);
        for (const key of index.exportedBy(member)) yield* sourceChanged(key, member, index);
      }
  }
}
