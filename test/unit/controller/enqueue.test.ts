/** The table of src/controller/enqueue.ts, row by row. */
import { describe, expect, it } from 'vitest';
import { type EventIndex, type FleetEvent, requestsOf } from '../../../src/controller/enqueue.ts';
import { KeyIndex } from '../../../src/fleet/key-index.ts';

/**
 * a exports ns/web, which b and c import, and imports other/log; d has the namespace ns; e has none of it, but
 * other/idle. b also holds other/db, of which an object names a as a source.
 */
function anIndex(): EventIndex {
  const index = new KeyIndex();
  for (const member of ['a', 'b', 'c']) index.setHeld(member, 'ns/web', true);
  index.setHeld('a', 'other/log', true);
  index.setHeld('b', 'other/db', true);
  index.setHeld('e', 'other/idle', true);
  index.noteSource('a', 'other/db');
  index.setConsumes('d', 'ns', true);
  return {
    keysIn: (namespace) => index.keysIn(namespace),
    heldBy: (member) => index.heldBy(member),
    naming: (source) => index.naming(source),
    affecting: (member) => index.affecting(member),
    exportedBy: (member) => (member === 'a' ? ['ns/web'] : []),
    affected: (key) => index.affected(key),
    keysAt: (service) => (service === 'ns/amcs-web' ? ['ns/web'] : []),
  };
}

function requests(event: FleetEvent): readonly string[] {
  return [...requestsOf(event, anIndex())].map(({ member, key }) => `${member} ${key}`);
}

const standing = (wasCurrent: boolean, isCurrent: boolean): FleetEvent => ({
  kind: 'standing',
  member: 'a',
  wasCurrent,
  isCurrent,
});

describe('which keys of which members an event concerns', () => {
  it.each<[string, FleetEvent, readonly string[]]>([
    [
      'a source: every member that it affects, the source last',
      { kind: 'source', member: 'a', key: 'ns/web' },
      ['b ns/web', 'c ns/web', 'd ns/web', 'a ns/web'],
    ],
    [
      'a source that no longer holds the key, and does not import the namespace: not itself',
      { kind: 'source', member: 'e', key: 'ns/web' },
      ['a ns/web', 'b ns/web', 'c ns/web', 'd ns/web'],
    ],
    [
      'a source of a name that no member holds yet: every member that imports the namespace',
      { kind: 'source', member: 'a', key: 'ns/new' },
      ['d ns/new'],
    ],
    ['a consumer: only itself', { kind: 'consumer', member: 'b', key: 'ns/web' }, ['b ns/web']],
    ['a namespace: its keys in that member', { kind: 'namespace', member: 'e', namespace: 'ns' }, ['e ns/web']],
    ['a namespace without keys', { kind: 'namespace', member: 'e', namespace: 'none' }, []],
    ['the place of a derived Service', { kind: 'place', member: 'b', service: 'ns/amcs-web' }, ['b ns/web']],
    ['the place of no derived Service', { kind: 'place', member: 'b', service: 'ns/amcs-x' }, []],
    [
      'a member that stays current, such as one that became unreachable: what it exports or has exported',
      standing(true, true),
      ['b ns/web', 'c ns/web', 'd ns/web', 'a ns/web', 'b other/db'],
    ],
    [
      'a member that became unknown: what it exports or has exported, which objects of consumers show',
      standing(true, false),
      ['b ns/web', 'c ns/web', 'd ns/web', 'a ns/web', 'b other/db'],
    ],
    [
      'a member that became known: its own keys as a consumer, then what it exports or has exported',
      standing(false, true),
      ['a ns/web', 'a other/log', 'b ns/web', 'c ns/web', 'd ns/web', 'a ns/web', 'b other/db'],
    ],
    ['a takeover: every key that affects the member', { kind: 'takeover', member: 'b' }, ['b ns/web', 'b other/db']],
    ['a takeover of a member that only has the namespace', { kind: 'takeover', member: 'd' }, ['d ns/web']],
    [
      'a configuration: for each member, every key that affects it',
      { kind: 'configured', members: ['d', 'b'] },
      ['d ns/web', 'b ns/web', 'b other/db'],
    ],
    [
      'a configuration of an exporter: also what it exports',
      { kind: 'configured', members: ['a'] },
      ['a ns/web', 'a other/log', 'b ns/web', 'c ns/web', 'd ns/web', 'a ns/web'],
    ],
    ['a configuration that concerns no member', { kind: 'configured', members: [] }, []],
    [
      'a member that left: what it held',
      { kind: 'left', member: 'b' },
      ['a ns/web', 'c ns/web', 'd ns/web', 'b ns/web', 'b other/db'],
    ],
  ])('%s', (_, event, expected) => {
    expect(requests(event)).toEqual(expected);
  });
});
