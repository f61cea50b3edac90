import { describe, expect, test } from 'vitest';
import { merge, seenBy } from '../../../../src/core/merge/merge.ts';
import { anExport, aService, at } from '../../../support/core/objects.ts';
import { conditionOf, exporting, joinedBy } from '../../../support/core/scenarios.ts';
import { aSource } from '../../../support/core/sources.ts';

describe('the merge', () => {
  test('rule 2: every single-valued field is that of the oldest export, an unset one included', () => {
    const rich = aService({
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      internalTrafficPolicy: 'Local',
      trafficDistribution: 'PreferClose',
    });
    const fleet = joinedBy(exporting(), rich, at(60), { exportedLabels: { team: 'b' } });
    const { imported } = fleet.member('cluster2');
    expect(imported?.spec).toMatchObject({ sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' });
    expect(imported?.spec).not.toHaveProperty('sessionAffinityConfig');
    expect(imported?.spec).not.toHaveProperty('trafficDistribution');
    expect(imported?.metadata.labels).not.toHaveProperty('team');
  });

  test('rule 2: a nil internalTrafficPolicy equals Cluster, and an absent protocol TCP', () => {
    const { internalTrafficPolicy: _, ...spec } = aService({ ports: [{ name: 'http', port: 80 }] }).spec;
    const fleet = joinedBy(exporting(), { ...aService(), spec });
    expect(conditionOf(fleet.member('cluster1'), 'exported', 'Conflict')).toMatchObject({ status: 'False' });
  });
});

test('an export without a spec exports no labels and annotations', () => {
  const { spec: _, ...bare } = anExport();
  const { merged } = merge([aSource({ export: bare })]);
  expect([merged?.labels, merged?.annotations]).toEqual([
    { admitted: {}, refused: [] },
    { admitted: {}, refused: [] },
  ]);
});

test('members that have not responded for a short time only are listed', () => {
  const known = (member: string, brief?: boolean) => aSource({ member, ...(brief !== undefined && { brief }) });
  const { brief } = merge([
    known('a'),
    known('b', false),
    known('c', true),
    { member: 'd', standing: 'unknown', expired: false, brief: true },
  ]);
  expect([...brief]).toEqual(['c', 'd']);
});

describe('the clusterset as a consumer sees it', () => {
  const sources = [
    aSource({ member: 'a', service: aService({ sessionAffinity: 'ClientIP' }) }),
    aSource({ member: 'b', export: anExport({}, at(60)) }),
    { ...aSource({ member: 'c' }), export: anExport({}, at(90)), service: aService({ type: 'ExternalName' }) },
  ];

  test('rule 33: is the same object if its record agrees with the others', () => {
    const clusterset = merge(sources, [], new Map([['x', ['a', 'b']]]));
    for (const consumer of ['x', 'new']) expect(seenBy(clusterset, consumer)).toBe(clusterset);
  });

  test('rule 33: has the exports and the merge in its own order if it differs, and all else as it is', () => {
    const records = new Map([
      ['x', ['a', 'b']],
      ['y', ['b', 'a']],
      ['z', ['a', 'b']],
    ]);
    const clusterset = merge(sources, [], records);
    expect(clusterset.merged?.members).toEqual(['a', 'b']);
    const seen = seenBy(clusterset, 'y');
    expect(seen.exports.valid.map(({ member }) => member)).toEqual(['b', 'a']);
    expect(seen.exports.invalid).toBe(clusterset.exports.invalid);
    expect(seen.merged).toMatchObject({ members: ['b', 'a'], traffic: { sessionAffinity: 'None' } });
    expect({ ...seen, exports: clusterset.exports, merged: clusterset.merged }).toEqual(clusterset);
  });
});
