import { expect, it } from 'vitest';
import { mayServeWatchList, serverVersionIn, trafficDistributionsOf } from '../../../src/kube/server-version.ts';

it.each([
  [
    { major: '1', minor: '22', gitVersion: 'v1.22.17' },
    { minor: 22, release: 'v1.22.17' },
  ],
  [
    { major: '1', minor: '33+', gitVersion: 'v1.33.1-gke.100' },
    { minor: 33, release: 'v1.33.1-gke.100' },
  ],
  [{ minor: '27' }, { minor: 27, release: 'v1.27' }],
  [{ gitVersion: 'v1.29.4+k3s1' }, { minor: 29, release: 'v1.29.4+k3s1' }],
  [
    { minor: '27', gitVersion: 'v1.27\u001b[2J' },
    { minor: 27, release: 'v1.27' },
  ],
  [{ minor: 'x' }, undefined],
  [{}, undefined],
  [null, undefined],
  ['v1.22', undefined],
])('the version in %j is %j', (response, version) => {
  expect(serverVersionIn(response)).toEqual(version);
});

it.each([
  [22, []],
  [30, []],
  [31, ['PreferClose']],
  [33, ['PreferClose']],
  [34, ['PreferClose', 'PreferSameZone', 'PreferSameNode']],
])('rule 16: Kubernetes 1.%i supports these values of trafficDistribution: %j', (minor, values) => {
  expect(trafficDistributionsOf({ minor, release: '' })).toEqual(values);
});

it('rule 16: the values of trafficDistribution are unknown if the version is', () => {
  expect(trafficDistributionsOf(undefined)).toBeUndefined();
});

it('a WatchList is tried unless the version is too old', () => {
  expect(mayServeWatchList({ minor: 26, release: '' })).toBe(false);
  expect(mayServeWatchList({ minor: 27, release: '' })).toBe(true);
  expect(mayServeWatchList(undefined)).toBe(true);
});
