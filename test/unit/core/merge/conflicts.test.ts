import { describe, expect, test } from 'vitest';
import { anExport, aService, at, HTTP } from '../../../support/core/objects.ts';
import { ADMIN, conditionOf, exporting, joinedBy } from '../../../support/core/scenarios.ts';

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
    const fleet = exporting();
    for (let index = 0; index < 90; index++) {
      const annotations = { note: `${index}`.repeat(50_000) };
      const member = fleet.member(`member-${index}`, { namespace: 'Absent' });
      member.export(
        anExport({ exportedAnnotations: annotations }, at(60)),
        aService({ ports: [{ ...HTTP, port: 81 + index }] }),
      );
    }
    fleet.converge();
    const message = conditionOf(fleet.member('cluster1'), 'exported', 'Conflict')?.message ?? '';
    expect(message.length).toBeLessThanOrEqual(32_768);
    expect(message).toContain('more (90 of 91 clusters differ)');
  });
});
