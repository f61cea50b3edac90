import { expect, test } from 'vitest';
import { parseFleet } from '../../../src/config/parse.ts';
import { warningsOf } from '../../../src/config/warnings.ts';

test('members whose networks are not declared are named, with the consequence', () => {
  const members = [
    { name: 'declared', context: 'a', podCIDRs: ['10.1.0.0/16'] },
    { name: 'extra', context: 'b', extraCIDRs: ['10.2.0.0/16'] },
    { name: 'open', context: 'c' },
    { name: 'any', context: 'd', addresses: 'Any', podCIDRs: ['10.3.0.0/16'] },
  ];
  const text = JSON.stringify({ apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec: { members } });
  expect(warningsOf(parseFleet(text, { file: 'fleet.yaml' }))).toEqual([
    expect.stringMatching(/^member "open": no podCIDRs; only addresses in networks that its nodes report are accepted/),
    expect.stringMatching(/^member "any": addresses: Any accepts every address/),
  ]);
});
