import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServiceKey } from '../../../src/api/meta.ts';
import { KeyIndex } from '../../../src/fleet/key-index.ts';

const MEMBERS = ['a', 'b', 'c'] as const;
const KEYS: readonly ServiceKey[] = ['x/1', 'x/2', 'y/1'];

const operation = fc.oneof(
  fc.record({ member: fc.constantFrom(...MEMBERS), key: fc.constantFrom(...KEYS), held: fc.boolean() }),
  fc.record({ member: fc.constantFrom(...MEMBERS), namespace: fc.constantFrom('x', 'y'), consumes: fc.boolean() }),
  fc.record({ removed: fc.constantFrom(...MEMBERS) }),
);

describe('the index of keys', () => {
  it('returns what iterating over all members would', () => {
    fc.assert(
      fc.property(fc.array(operation), (operations) => {
        const index = new KeyIndex();
        const held = new Set<string>();
        const consumed = new Set<string>();
        for (const each of operations) {
          if ('key' in each) {
            index.setHeld(each.member, each.key, each.held);
            if (each.held) held.add(`${each.member} ${each.key}`);
            else held.delete(`${each.member} ${each.key}`);
          } else if ('namespace' in each) {
            index.setConsumes(each.member, each.namespace, each.consumes);
            if (each.consumes) consumed.add(`${each.member} ${each.namespace}`);
            else consumed.delete(`${each.member} ${each.namespace}`);
          } else {
            index.remove(each.removed);
            for (const entries of [held, consumed]) {
              for (const entry of [...entries]) if (entry.startsWith(`${each.removed} `)) entries.delete(entry);
            }
          }
        }
        const holders = (key: ServiceKey) => MEMBERS.filter((member) => held.has(`${member} ${key}`));
        const present = KEYS.filter((key) => holders(key).length > 0);
        expect([...index.keys()].toSorted()).toEqual(present);
        expect(index.size).toBe(present.length);
        for (const namespace of ['x', 'y']) {
          const inNamespace = present.filter((key) => key.startsWith(`${namespace}/`));
          expect([...index.keysIn(namespace)].toSorted()).toEqual(inNamespace);
        }
        for (const member of MEMBERS) {
          expect([...index.heldBy(member)].toSorted()).toEqual(KEYS.filter((key) => held.has(`${member} ${key}`)));
        }
        for (const key of KEYS) {
          const consumers = MEMBERS.filter((member) => consumed.has(`${member} ${key.slice(0, 1)}`));
          const affected = MEMBERS.filter((member) => holders(key).includes(member) || consumers.includes(member));
          expect([...index.holders(key)].toSorted()).toEqual(holders(key));
          expect([...index.affected(key)].toSorted()).toEqual(affected);
        }
        for (const member of MEMBERS) {
          const affecting = present.filter(
            (key) => held.has(`${member} ${key}`) || consumed.has(`${member} ${key.slice(0, 1)}`),
          );
          expect([...index.affecting(member)].toSorted()).toEqual(affecting);
        }
      }),
    );
  });
});
