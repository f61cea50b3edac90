import { describe, expect, it } from 'vitest';
import type { FleetConfig } from '../../../src/config/fleet-config.ts';
import { parseFleet } from '../../../src/config/parse.ts';
import { membersConcerned } from '../../../src/controller/reload.ts';

const MEMBERS = [
  '{ name: a, context: a, podCIDRs: [10.1.0.0/16] }',
  '{ name: b, context: b, podCIDRs: [10.2.0.0/16] }',
];

function fleet(spec = '', members: readonly string[] = MEMBERS): FleetConfig {
  const text = `{ apiVersion: catamaran.dev/v1alpha1, kind: Fleet, spec: { ${spec} members: [${members.join(', ')}] } }`;
  return parseFleet(text, { file: '/fleet.yaml' });
}

describe('members whose keys a new configuration concerns', () => {
  it.each<[string, FleetConfig, readonly string[]]>([
    ['none, if nothing changed', fleet(), []],
    [
      'none, if only the times of outages changed, which the review of standings applies',
      fleet('unreachableAfter: 1m, endpointExpiry: 1h,'),
      [],
    ],
    ['none, if only the Lease changed, which requires a restart', fleet('lease: { name: other },'), []],
    ['none, if only the DNS zone changed', fleet('clusterset: { domain: other.example },'), []],
    ['none, if the order of members changed', fleet('', MEMBERS.toReversed()), []],
    [
      'one that was added, which may be back before it was cleaned up',
      fleet('', [...MEMBERS, '{ name: c, context: c }']),
      ['c'],
    ],
    ['none, if a member left: that is an event of its own', fleet('', MEMBERS.slice(0, 1)), []],
    ['all, if a setting of the fleet changed', fleet('import: { mode: Manual },'), ['a', 'b']],
    [
      'all, if a namespace of the fleet changed',
      fleet('namespaces: [{ name: x, import: { mode: Manual } }],'),
      ['a', 'b'],
    ],
    [
      'one, if its import mode changed',
      fleet('', [MEMBERS[0] ?? '', '{ name: b, context: b, podCIDRs: [10.2.0.0/16], import: { mode: Manual } }']),
      ['b'],
    ],
    [
      'one, if its addresses changed',
      fleet('', ['{ name: a, context: a, podCIDRs: [10.9.0.0/16] }', MEMBERS[1] ?? '']),
      ['a'],
    ],
  ])('%s', (_, after, expected) => {
    expect(membersConcerned(fleet(), after)).toEqual(expected);
  });
});
