import { describe, expect, test } from 'vitest';
import type { Service } from '../../../../src/api/core.ts';
import type { StringMap } from '../../../../src/api/meta.ts';
import type { ServiceExport } from '../../../../src/api/multicluster.ts';
import { conflictOf, fieldsOf } from '../../../../src/core/merge/conflicts.ts';
import { admitKeys } from '../../../../src/core/merge/exported-keys.ts';
import type { Exporter } from '../../../../src/core/merge/exports.ts';
import { anExport, aService, at, HTTP } from '../../../support/core/objects.ts';
import { ADMIN, conditionOf, exporting, joinedBy } from '../../../support/core/scenarios.ts';
import { ALLOW_ALL } from '../../../support/core/sources.ts';

function anExporter(member: string, service: Service, exported: ServiceExport = anExport()): Exporter {
  const parts = {
    service,
    bounded: true,
    slices: [],
    setAside: [],
    refusedSlices: [],
    ...admitKeys(exported.spec, ALLOW_ALL),
  };
  return { member, standing: 'current', export: exported, ...parts };
}

/** The conflict of exports, the oldest first. */
function conflict(...services: readonly Service[]) {
  return conflictOf(services.map((service, index) => anExporter('ab'.charAt(index), service)));
}

describe('the fields of all exports', () => {
  const affinity = (...services: readonly Service[]) =>
    fieldsOf(services.map((service, index) => anExporter('ab'.charAt(index), service))).find(
      ({ field }) => field === 'sessionAffinityConfig',
    );
  const sticky = (timeoutSeconds: number) =>
    aService({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds } } });

  test('have none as the value of what the first export does not set', () => {
    expect(affinity(aService())).toMatchObject({ winner: 'a', value: 'none', others: [] });
  });

  test('have the value of the first export, and the members with others', () => {
    expect(affinity(sticky(10), sticky(20))).toMatchObject({
      winner: 'a',
      value: 'a timeout of 10 s',
      others: [{ value: 'a timeout of 20 s', members: ['b'] }],
    });
  });
});

describe('conflicts', () => {
  test.each([
    ['ports', aService({ ports: [HTTP, ADMIN] }), {}, 'PortConflict'],
    ['the appProtocol of a port', aService({ ports: [{ ...HTTP, appProtocol: 'http' }] }), {}, 'PortConflict'],
    ['type', aService({ clusterIP: 'None' }), {}, 'TypeConflict'],
    ['session affinity', aService({ sessionAffinity: 'ClientIP' }), {}, 'SessionAffinityConflict'],
    ['internal traffic policy', aService({ internalTrafficPolicy: 'Local' }), {}, 'InternalTrafficPolicyConflict'],
    ['traffic distribution', aService({ trafficDistribution: 'PreferClose' }), {}, 'TrafficDistributionConflict'],
    ['IP families', aService({ ipFamilies: ['IPv6'] }), {}, 'IPFamilyConflict'],
    ['labels', aService(), { exportedLabels: { a: '1' } }, 'LabelsConflict'],
    ['annotations', aService(), { exportedAnnotations: { a: '1' } }, 'AnnotationsConflict'],
    [
      'several fields',
      aService({ ports: [ADMIN], trafficDistribution: 'PreferClose' }),
      { exportedLabels: { a: '1' } },
      'PortConflict,TrafficDistributionConflict,LabelsConflict',
    ],
  ])('rule 5: exports that differ in %s tell it on every exporter', (_, service, spec, reason) => {
    const fleet = joinedBy(exporting(), service, at(60), spec);
    const first = conditionOf(fleet.member('cluster1'), 'exported', 'Conflict');
    expect(first).toMatchObject({ status: 'True', reason });
    expect(first?.message).toMatch(/"cluster3"/);
    expect(first?.message).toMatch(/1 of 2 clusters differ/);
    expect(conditionOf(fleet.member('cluster3'), 'exported', 'Conflict')).toMatchObject({
      reason,
      message: first?.message,
    });
  });

  test('rule 5: an affinity timeout that differs is a conflict of its own', () => {
    const sticky = (timeoutSeconds: number) =>
      aService({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds } } });
    const fleet = joinedBy(exporting(sticky(10)), sticky(20));
    expect(conditionOf(fleet.member('cluster1'), 'exported', 'Conflict')?.reason).toBe('SessionAffinityConfigConflict');
  });

  test.each([
    ['no timeout', {}],
    ['no config of clients', { sessionAffinityConfig: {} }],
  ])('rule 5: affinity with %s has the default timeout', (_, config) => {
    const sticky = { sessionAffinity: 'ClientIP' as const };
    const explicit = { ...sticky, sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } };
    const short = { ...sticky, sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } };
    expect(conflict(aService({ ...sticky, ...config }), aService(explicit))).toBeUndefined();
    expect(conflict(aService({ ...sticky, ...config }), aService(short))).toEqual({
      reason: 'SessionAffinityConfigConflict',
      message:
        'sessionAffinityConfig: "a" has a timeout of 10800 s and wins as the oldest export; "b" has a timeout of 60 s ' +
        '(1 of 2 clusters differ)',
    });
  });

  test('rule 5: a timeout is no conflict of its own if one side has no affinity', () => {
    const sticky = aService({
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } },
    });
    for (const services of [
      [sticky, aService()],
      [aService(), sticky],
    ]) {
      expect(conflict(...services)?.reason).toBe('SessionAffinityConflict');
    }
  });

  test('rule 5: affinity is no conflict if the winner is headless', () => {
    const sticky = aService({ sessionAffinity: 'ClientIP' });
    expect(conflict(aService({ clusterIP: 'None' }), sticky)?.reason).toBe('TypeConflict');
    const short = aService({
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } },
    });
    const headless = aService({ clusterIP: 'None', sessionAffinity: 'ClientIP' });
    expect(conflict(headless, short)?.reason).toBe('TypeConflict');
  });

  test('rule 5: an absent value is shown as what it means', () => {
    const { internalTrafficPolicy: _, ...spec } = aService().spec;
    const absent = { ...aService(), spec };
    expect(conflict(absent, aService({ internalTrafficPolicy: 'Local' }))?.message).toBe(
      'internalTrafficPolicy: "a" has Cluster and wins as the oldest export; "b" has Local (1 of 2 clusters differ)',
    );
    expect(conflict(aService(), aService({ sessionAffinity: 'ClientIP' }))?.message).toBe(
      'sessionAffinity: "a" has None and wins as the oldest export; "b" has ClientIP (1 of 2 clusters differ)',
    );
  });

  test.each(['exportedLabels', 'exportedAnnotations'] as const)(
    'rule 5: %s are shown by key, and an export without spec has none',
    (field) => {
      const { spec: _, ...bare } = anExport();
      const shown = (...maps: readonly StringMap[]) =>
        conflictOf([
          anExporter('a', aService(), bare),
          ...maps.map((map, index) => anExporter(`b${index}`, aService(), anExport({ [field]: map }))),
        ])?.message;
      expect(shown({ x: '1', a: '2' }, { a: '2', x: '1' })).toBe(
        `${field}: "a" has none and wins as the oldest export; "b0", "b1" have a=2, x=1 (2 of 3 clusters differ)`,
      );
    },
  );

  test('rule 5: each field of a long message keeps its count of clusters', () => {
    const exporters = Array.from({ length: 1_500 }, (_, index) =>
      anExporter(
        `m${index}`,
        aService({ ports: [{ ...HTTP, port: index + 1 }] }),
        anExport({ exportedLabels: { a: `${index}` } }),
      ),
    );
    const message = conflictOf(exporters)?.message ?? '';
    const count = '… and \\d+ more \\(1499 of 1500 clusters differ\\)';
    expect(message).toMatch(new RegExp(`^ports: .* ${count}; exportedLabels: .* ${count}$`));
    expect(message.length).toBeLessThanOrEqual(32_768);
  });

  test('nothing is in conflict with nothing', () => {
    expect(conflictOf([])).toBeUndefined();
  });

  test('rule 5: the order of ports is no conflict, and agreement is said as well', () => {
    const fleet = joinedBy(exporting(aService({ ports: [HTTP, ADMIN] })), aService({ ports: [ADMIN, HTTP] }));
    for (const name of ['cluster1', 'cluster3']) {
      const conflict = conditionOf(fleet.member(name), 'exported', 'Conflict');
      expect(conflict).toMatchObject({ status: 'False', reason: 'NoConflicts' });
    }
  });

  test('rule 5: a conflict goes when its cause goes', () => {
    const fleet = joinedBy(exporting(), aService({ clusterIP: 'None' }));
    fleet.member('cluster3').unexport();
    fleet.converge();
    expect(conditionOf(fleet.member('cluster1'), 'exported', 'Conflict')).toMatchObject({ status: 'False' });
  });

  test('rule 5: a message never outgrows the API, however many clusters differ', () => {
    const exporters = Array.from({ length: 91 }, (_, index) =>
      anExporter(
        `member-${index}`,
        aService({ ports: [{ ...HTTP, port: 80 + index }] }),
        anExport({ exportedAnnotations: { note: `${index}`.repeat(50_000) } }),
      ),
    );
    const message = conflictOf(exporters)?.message ?? '';
    expect(message.length).toBeLessThanOrEqual(32_768);
    expect(message).toMatch(/^ports: .*; exportedAnnotations: .* more \(90 of 91 clusters differ\)$/s);
  });
});
