import { describe, expect, test } from 'vitest';
import { merge } from '../../../../src/core/merge/merge.ts';
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
