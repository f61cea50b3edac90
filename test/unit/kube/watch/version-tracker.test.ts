import { expect, it } from 'vitest';
import { VersionTracker } from '../../../../src/kube/watch/version-tracker.ts';

const version = (minor: number, patch = 0) => ({ minor, release: `v1.${minor}.${patch}` });
const SECOND = 1_000;

it('has the first version at once', () => {
  const tracker = new VersionTracker(undefined);
  expect(tracker.seen(version(30), 0)).toBe(true);
  expect(tracker.current).toEqual(version(30));
});

it('has an older version at once', () => {
  const tracker = new VersionTracker(version(30));
  expect(tracker.seen(version(29), 0)).toBe(true);
  expect(tracker.current).toEqual(version(29));
});

it('has a newer version once all responses of a minute had it', () => {
  const tracker = new VersionTracker(version(30));
  expect(tracker.seen(version(31), 0)).toBe(false);
  expect(tracker.seen(version(31), 59 * SECOND)).toBe(false);
  expect(tracker.seen(version(31), 60 * SECOND)).toBe(true);
  expect(tracker.current).toEqual(version(31));
});

it('keeps the older one while both respond', () => {
  const tracker = new VersionTracker(version(30));
  for (let at = 0; at < 600; at += 10) {
    expect(tracker.seen(version(at % 50 === 0 ? 30 : 31), at * SECOND)).toBe(false);
  }
  expect(tracker.current?.minor).toBe(30);
});

it('has the oldest of several newer ones', () => {
  const tracker = new VersionTracker(version(30));
  tracker.seen(version(32), 0);
  tracker.seen(version(31), 30 * SECOND);
  expect(tracker.seen(version(32), 60 * SECOND)).toBe(true);
  expect(tracker.current).toEqual(version(31));
});

it('does not report patch releases', () => {
  const tracker = new VersionTracker(version(30, 1));
  expect(tracker.seen(version(30, 2), 0)).toBe(false);
  expect(tracker.current).toEqual(version(30, 2));
});
