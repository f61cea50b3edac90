import { expect, it } from 'vitest';
import { humanDuration, since } from '../../src/machinery/duration.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

it.each([
  [-2 * SECOND, '<invalid>'],
  [-1500, '0s'],
  [0, '0s'],
  [119_999, '119s'],
  [2 * MINUTE, '2m'],
  [2 * MINUTE + SECOND, '2m1s'],
  [10 * MINUTE - SECOND, '9m59s'],
  [10 * MINUTE + SECOND, '10m'],
  [3 * HOUR - SECOND, '179m'],
  [3 * HOUR, '3h'],
  [3 * HOUR + MINUTE, '3h1m'],
  [8 * HOUR + MINUTE, '8h'],
  [48 * HOUR - SECOND, '47h'],
  [2 * DAY, '2d'],
  [2 * DAY + HOUR, '2d1h'],
  [8 * DAY + HOUR, '8d'],
  [730 * DAY - SECOND, '729d'],
  [730 * DAY, '2y'],
  [731 * DAY, '2y1d'],
  [8 * 365 * DAY + DAY, '8y'],
])('%d ms are %s', (ms, text) => {
  expect(humanDuration(ms)).toBe(text);
});

it('time without a timestamp is unknown', () => {
  expect(since(undefined, 0)).toBe('<unknown>');
});
