/** Connects the fleet to the mapping of events to keys. */
import type { Fleet } from '../fleet/fleet.ts';
import type { Member } from '../fleet/member.ts';
import type { MemberChange } from '../fleet/member-cache.ts';
import type { FleetObserver } from './controller-options.ts';
import type { EventIndex, FleetEvent } from './enqueue.ts';

/** Informs the controller, then the observer. */
export function observed(observer: FleetObserver | undefined, own: FleetObserver): FleetObserver {
  if (!observer) return own;
  return {
    changed: (member, change) => {
      own.changed(member, change);
      observer.changed(member, change);
    },
    memberChanged: (member) => {
      own.memberChanged(member);
      observer.memberChanged(member);
    },
  };
}

/** The event of a change in a member's cache. */
export function eventOf({ name: member }: Member, change: MemberChange): FleetEvent {
  switch (change.side) {
    case 'source':
    case 'consumer':
      return { kind: change.side, member, key: change.key };
    case 'namespace':
      return { kind: 'namespace', member, namespace: change.namespace };
    case 'place':
      return { kind: 'place', member, service: change.derived };
  }
}

/** The index that events are looked up in. */
export function indexOf(fleet: Fleet): EventIndex {
  const { index } = fleet;
  return {
    keysIn: (namespace) => index.keysIn(namespace),
    heldBy: (member) => index.heldBy(member),
    naming: (source) => index.naming(source),
    affecting: (member) => index.affecting(member),
    exportedBy: (member) => fleet.member(member)?.cache.exported() ?? [],
    affected: (key) => index.affected(key),
    keysAt: (service, name) => {
      const member = fleet.member(name);
      return member ? fleet.keysAt(service, member) : [];
    },
  };
}
