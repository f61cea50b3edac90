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
 * | standing   | the keys that the member exports, as for source; if it became or ceased to be current, every |
 * |            | key, since only the objects of the others show what it exported before                        |
 * | takeover   | in that member, every key that affects it                                                    |
 * | configured | in every member, every key that affects it                                                   |
 * | left       | every key that the member held, as for source                                                |
 */
import type { ServiceKey } from '../api/meta.ts';
import type { KeyIndex } from '../fleet/key-index.ts';

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
      readonly exported: Iterable<ServiceKey>;
    }
  | { readonly kind: 'takeover' | 'left'; readonly member: string }
  | { readonly kind: 'configured'; readonly members: Iterable<string> };

/** One name to reconcile in one member. */
export interface Request {
  readonly member: string;
  readonly key: ServiceKey;
}

export interface EventIndex extends Pick<KeyIndex, 'keys' | 'keysIn' | 'heldBy' | 'isAffected' | 'affected'> {
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
  for (const key of index.keys()) if (index.isAffected(key, member)) yield { member, key };
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
    case 'standing': {
      const keys = event.wasCurrent && event.isCurrent ? event.exported : index.keys();
      if (event.isCurrent && !event.wasCurrent) yield* everyKeyOf(event.member, index);
      for (const key of keys) yield* sourceChanged(key, event.member, index);
      return;
    }
    case 'left':
      for (const key of index.heldBy(event.member)) yield* sourceChanged(key, event.member, index);
      return;
    case 'takeover':
      yield* everyKeyOf(event.member, index);
      return;
    case 'configured':
      for (const member of event.members) yield* everyKeyOf(member, index);
  }
}
