import { expect, test } from 'vitest';
import { specialAddress } from '../../../src/api/special-addresses.ts';

test.each([
  ['10.0.0.1', undefined],
  ['fd12::1', undefined],
  ['127.0.0.1', 'never'],
  ['169.254.169.254', 'never'],
  ['64:ff9b::a9fe:a9fe', 'never'],
  ['100.64.0.1', 'declared'],
  ['not an address', undefined],
])('the special use of %s is %s', (address, use) => {
  expect(specialAddress(address)?.use).toBe(use);
});
