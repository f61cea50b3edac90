import { expect, test } from 'vitest';
import { CurrentNames } from '../../../src/fleet/current-names.ts';

test('a member is found under its current name, also after several renames and back', () => {
  const names = new CurrentNames();
  names.rename('cluster1', 'east');
  names.rename('east', 'west');
  expect(['cluster1', 'east', 'west', 'other'].map((name) => names.of(name))).toEqual([
    'west',
    'west',
    'west',
    'other',
  ]);
  names.rename('west', 'cluster1');
  expect(['cluster1', 'east', 'west'].map((name) => names.of(name))).toEqual(['cluster1', 'cluster1', 'cluster1']);
});
