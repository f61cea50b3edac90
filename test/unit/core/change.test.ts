import { expect, test } from 'vitest';
import { preconditionOf } from '../../../src/core/change.ts';
import { aService } from '../../support/core/objects.ts';

test('a precondition is the version of an object, as far as it has one', () => {
  expect(preconditionOf(aService({}, { uid: 'uid', resourceVersion: '7' }))).toEqual({
    uid: 'uid',
    resourceVersion: '7',
  });
  expect(preconditionOf({ ...aService(), metadata: { name: 'web' } })).toEqual({ uid: '', resourceVersion: '' });
});
