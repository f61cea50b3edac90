import { expect, it } from 'vitest';
import { Troubles } from '../../../src/fleet/troubles.ts';

it('names at most 20 objects of each reason, and counts the others', () => {
  const troubles = new Troubles<'a' | 'b'>();
  for (let i = 0; i < 30; i++) troubles.changed(`ns/${i}`, [], i === 0 ? ['a', 'b'] : ['a']);
  expect(troubles.count('a')).toBe(30);
  expect(troubles.shown().filter(([reason]) => reason === 'a')).toHaveLength(20);
  expect(troubles.shown()).toContainEqual(['b', 'ns/0']);
});

it('has the next object when one of the first no longer has a problem', () => {
  const troubles = new Troubles<'a'>();
  for (let i = 0; i < 21; i++) troubles.changed(`ns/${i}`, [], ['a']);
  expect(troubles.shown()).not.toContainEqual(['a', 'ns/20']);
  troubles.changed('ns/5', ['a'], []);
  expect(troubles.shown()).toContainEqual(['a', 'ns/20']);
});
