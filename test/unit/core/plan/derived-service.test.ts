import { describe, expect, test } from 'vitest';
import { SERVICE_NAME } from '../../../../src/api/labels.ts';
import type { IPFamily } from '../../../../src/api/meta.ts';
import { clusterIPsOf } from '../../../../src/core/plan/derived-service.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import { anEndpoint, anExport, aService, aSlice, DERIVED, NAME } from '../../../support/core/objects.ts';
import { exporting, summaries } from '../../../support/core/scenarios.ts';

describe('the derived Service', () => {
  test('rule 9: families and their policy are always spelled out', () => {
    for (const clusterIP of ['10.0.0.1', 'None']) {
      const single = exporting(aService({ clusterIP })).member('cluster2').derivedService;
      expect(single?.spec).toMatchObject({ ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
      const dual = exporting(aService({ clusterIP, ipFamilies: ['IPv4', 'IPv6'] }), { ipFamilies: ['IPv6', 'IPv4'] });
      expect(dual.member('cluster2').derivedService?.spec).toMatchObject({
        ipFamilies: ['IPv6', 'IPv4'],
        ipFamilyPolicy: 'RequireDualStack',
      });
    }
  });

  test('rule 10: from virtual to headless and back needs a new Service, and then other addresses', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    const first = cluster2.derivedService?.metadata.uid;
    const slices = () =>
      cluster2.derivedSlices.map(({ metadata }) => metadata.labels?.['service.kubernetes.io/headless']);
    fleet.member('cluster1').export(anExport(), aService({ clusterIP: 'None' }), fleet.member('cluster1').slices);
    expect(summaries(fleet.plan('cluster2'))).toContain('service: delete services');
    fleet.converge();
    expect(cluster2.derivedService?.metadata.uid).not.toBe(first);
    expect(cluster2.derivedService?.spec.clusterIP).toBe('None');
    expect(cluster2.imported?.spec).not.toHaveProperty('ips');
    expect(slices()).toEqual(['', '']);
    fleet.member('cluster1').export(anExport(), aService(), fleet.member('cluster1').slices);
    fleet.converge();
    expect(cluster2.imported?.spec.ips).toEqual(cluster2.derivedService?.spec.clusterIPs);
    expect(slices()).toEqual([undefined, undefined]);
  });

  test('rule 10: another primary family needs a new Service, a second one does not', () => {
    const fleet = exporting(aService(), { ipFamilies: ['IPv6', 'IPv4'] });
    const cluster2 = fleet.member('cluster2');
    const offer = (...ipFamilies: readonly IPFamily[]) => {
      fleet.member('cluster1').export(anExport(), aService({ ipFamilies }), fleet.member('cluster1').slices);
      fleet.converge();
      return { uid: cluster2.derivedService?.metadata.uid, spec: cluster2.imported?.spec };
    };
    const first = offer('IPv4');
    // The address is the same for the life of the import, so its family stays first.
    expect(offer('IPv4', 'IPv6')).toMatchObject({
      uid: first.uid,
      spec: { ipFamilies: ['IPv4', 'IPv6'], ips: [first.spec?.ips?.[0], expect.any(String)] },
    });
    const second = offer('IPv6');
    expect(second.uid).not.toBe(first.uid);
    expect(offer('IPv4', 'IPv6')).toMatchObject({ uid: second.uid, spec: { ipFamilies: ['IPv6', 'IPv4'] } });
    expect(offer('IPv6')).toEqual(second);
  });

  test('rule 11: labels are built from scratch', () => {
    const labels = {
      own: 'x',
      'service.kubernetes.io/service-proxy-name': 'other',
      'service.kubernetes.io/headless': '',
    };
    const fleet = new FleetModel();
    fleet.member('cluster1').export(anExport(), aService({}, { labels }), [
      aSlice('web-1', [anEndpoint('10.1.0.1')], undefined, undefined, {
        labels: { ...labels, [SERVICE_NAME]: NAME },
      }),
    ]);
    fleet.converge();
    const { derivedService, derivedSlices } = fleet.member('cluster1');
    expect(derivedService?.metadata.labels).toEqual({
      'app.kubernetes.io/managed-by': 'catamaran.dev',
      'catamaran.dev/derived-from': 'web',
      'multicluster.kubernetes.io/service-name': 'web',
    });
    expect(derivedSlices[0]?.metadata.labels).toEqual({
      'kubernetes.io/service-name': 'amcs-web',
      'multicluster.kubernetes.io/service-name': 'web',
      'multicluster.kubernetes.io/source-cluster': 'cluster1',
      'endpointslice.kubernetes.io/managed-by': 'catamaran.dev',
    });
  });

  test('rule 11: so it is from a Service, whose other labels stay', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    const before = cluster2.derivedService?.metadata.labels;
    const service = cluster2.api.get('services', DERIVED);
    const skipped = { 'service.kubernetes.io/headless': '', 'service.kubernetes.io/service-proxy-name': 'other' };
    const labels = { ...before, ...skipped, mine: 'y' };
    cluster2.api.put('services', { ...service, metadata: { ...Object(service?.metadata), labels } });
    fleet.converge();
    expect(cluster2.derivedService?.metadata.labels).toEqual({ ...before, mine: 'y' });
  });
});

test('the addresses of a Service are told by either field', () => {
  expect(clusterIPsOf(aService({ clusterIP: '10.0.0.1' }))).toEqual(['10.0.0.1']);
  expect(clusterIPsOf(aService({ clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1', 'fd00::1'] }))).toHaveLength(2);
  expect(clusterIPsOf(aService({ clusterIP: 'None', clusterIPs: ['None'] }))).toEqual([]);
  expect(clusterIPsOf({ ...aService(), spec: {} })).toEqual([]);
});
