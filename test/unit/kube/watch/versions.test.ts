import { expect, it } from 'vitest';
import { compareVersions } from '../../../../src/kube/watch/versions.ts';

it('versions are compared numerically', () => {
  expect(['10', '9', '100', '11'].sort(compareVersions)).toEqual(['9', '10', '11', '100']);
  expect(compareVersions('7', '7')).toBe(0);
});
