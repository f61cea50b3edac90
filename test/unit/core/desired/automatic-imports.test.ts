/** ServiceImports that Catamaran creates, and what stands in the way of an import. */
import { describe, expect, test } from 'vitest';
import { SERVICE_NAME } from '../../../../src/api/labels.ts';
import { desired } from '../../../../src/core/desired/desired.ts';
import { plan } from '../../../../src/core/plan/plan.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import {
  anEndpoint,
  anExport,
  aService,
  aSlice,
  at,
  DERIVED,
  NAME,
  NAMESPACE,
  NOW,
} from '../../../support/core/objects.ts';
import { asking, exporting, readiness, readyOf } from '../../../support/core/scenarios.ts';

describe('import modes', () => {
  test('rule 37: an automatic import goes with everything derived when the mode becomes Manual', () => {
    const fleet = new FleetModel();
    fleet.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    fleet.converge();
    fleet.member('cluster1').set({ importMode: 'Manual', known: true });
    fleet.converge();
    const { imported, derivedService, derivedSlices } = fleet.member('cluster1');
    expect([imported, derivedService, derivedSlices]).toEqual([undefined, undefined, []]);
    expect(fleet.member('cluster1').exported?.status?.conditions).not.toEqual([]);
  });

  test('rule 41: an import that is being deleted counts as gone, and is not made again before it is', () => {
    const fleet = new FleetModel();
    const cluster1 = fleet
      .member('cluster1')
      .export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    fleet.converge();
    const object = cluster1.api.get('serviceImports', NAME);
    cluster1.api.put('serviceImports', {
      ...object,
      metadata: { ...Object(object?.metadata), deletionTimestamp: at(9) },
    });
    fleet.converge();
    expect([cluster1.derivedService, cluster1.derivedSlices]).toEqual([undefined, []]);
    cluster1.api.remove('serviceImports', NAME);
    fleet.converge();
    expect(readiness(cluster1)).toMatch(/^True/);
  });

  test('rule 20: an automatic import is made from what is known where none is there, and then stays', () => {
    const fleet = new FleetModel();
    fleet.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    fleet.member('cluster3').export(anExport({}, at(60)), aService(), [aSlice('web-1', [anEndpoint('10.3.0.1')])]);
    fleet.converge();
    fleet.member('cluster1').set({ known: false });
    fleet.member('cluster2');
    fleet.converge();
    expect(fleet.member('cluster2').addresses).toEqual(['10.3.0.1']);
    fleet.member('cluster2').api.remove('services', DERIVED);
    fleet.converge();
    expect(fleet.member('cluster2').imported?.spec.ips).toEqual(
      fleet.member('cluster2').derivedService?.spec.clusterIPs,
    );
    fleet.member('cluster1').set({ known: true });
    fleet.converge();
    expect(fleet.member('cluster2').addresses).toEqual(['10.1.0.1', '10.3.0.1']);
  });

  test('rule 20: where nothing is known, what is there is held', () => {
    const fleet = new FleetModel();
    fleet.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    const cluster2 = fleet.member('cluster2');
    fleet.converge();
    const object = cluster2.api.get('serviceImports', NAME);
    cluster2.api.put('serviceImports', {
      ...object,
      metadata: { ...Object(object?.metadata), deletionTimestamp: at(9) },
    });
    fleet.member('cluster1').set({ known: false });
    expect(fleet.plan('cluster2')).toEqual([]);
    fleet.member('cluster2').set({ known: false });
    expect(fleet.plan('cluster2')).toEqual([]);
  });
});

describe('a Service of a user at the derived name', () => {
  const theirs = { metadata: { name: DERIVED, namespace: NAMESPACE }, spec: { ports: [{ name: 'x', port: 1 }] } };

  test('is never touched; the import says so until it is gone', () => {
    const fleet = new FleetModel();
    const cluster2 = fleet.member('cluster2');
    cluster2.api.put('services', theirs);
    const before = cluster2.api.get('services', DERIVED);
    fleet.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    fleet.converge();
    expect(readiness(cluster2)).toBe(
      'False NameConflict: Service "amcs-web" already exists and is not managed by Catamaran; rename or delete it',
    );
    expect(cluster2.api.get('services', DERIVED)).toEqual(before);
    expect(cluster2.imported?.spec).not.toHaveProperty('ips');
    expect(cluster2.derivedSlices).toEqual([]);
    fleet.member('cluster1').unexport();
    fleet.converge();
    expect(cluster2.api.get('services', DERIVED)).toEqual(before);
    fleet.member('cluster1').export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
    cluster2.api.remove('services', DERIVED);
    fleet.converge();
    expect(readiness(cluster2)).toMatch(/^True/);
  });

  test('that takes the place of ours loses our slices, and the import its address', () => {
    const fleet = asking();
    const cluster2 = fleet.member('cluster2');
    cluster2.api.remove('services', DERIVED);
    cluster2.api.put('services', theirs);
    fleet.converge();
    expect(cluster2.derivedSlices).toEqual([]);
    expect(cluster2.imported?.spec.ips).toBeUndefined();
  });

  test.each([
    ['the label of the import', { 'app.kubernetes.io/managed-by': 'catamaran.dev' }],
    ['managed-by', { 'catamaran.dev/derived-from': 'web' }],
  ])('rule 31: stays managed by Catamaran if a user removed %s', (_, labels) => {
    const fleet = asking();
    const { api } = fleet.member('cluster2');
    const service = api.get('services', DERIVED);
    api.put('services', { ...service, metadata: { ...Object(service?.metadata), labels } });
    fleet.converge();
    expect(fleet.member('cluster2').derivedService?.metadata.labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'catamaran.dev',
      'catamaran.dev/derived-from': 'web',
    });
  });

  test.each([
    ['carries the labels, and has a selector and no owner', { ownerReferences: [] }],
    ['has the owner, and none of the labels', { labels: {} }],
  ])('rule 31: is left alone and reported if it %s', (_, metadata) => {
    const fleet = asking();
    const cluster2 = fleet.member('cluster2');
    const service = cluster2.api.get('services', DERIVED);
    const spec = { ...Object(service?.spec), selector: { app: 'mine' } };
    cluster2.api.put('services', { ...service, spec, metadata: { ...Object(service?.metadata), ...metadata } });
    const before = cluster2.api.get('services', DERIVED);
    fleet.converge();
    expect(readiness(cluster2)).toMatch(/^False NameConflict: /);
    expect(cluster2.api.get('services', DERIVED)).toEqual(before);
    fleet.member('cluster1').unexport();
    fleet.converge();
    expect(cluster2.api.get('services', DERIVED)).toEqual(before);
  });
});

describe('what stands in the way', () => {
  test('rule 12: slices of somebody else under the derived name are reported, and ours go on', () => {
    const fleet = exporting();
    fleet.member('cluster2').api.put('endpointSlices', {
      metadata: { name: 'mirrored', namespace: NAMESPACE, labels: { [SERVICE_NAME]: DERIVED } },
      addressType: 'IPv4',
    });
    fleet.converge();
    expect(readyOf(fleet.member('cluster2'))).toMatchObject({ status: 'False', reason: 'ForeignEndpoints' });
    expect(readyOf(fleet.member('cluster2'))?.message).toContain('"mirrored"');
    expect(fleet.member('cluster2').addresses).toEqual(['10.1.0.1', '10.1.0.2']);
  });

  test('rule 16: a traffic distribution that the consumer does not know is left out there, and reported', () => {
    const fleet = exporting(aService({ trafficDistribution: 'PreferSameNode' }), {
      trafficDistributions: ['PreferClose'],
    });
    const { derivedService } = fleet.member('cluster2');
    expect(derivedService?.spec).not.toHaveProperty('trafficDistribution');
    expect(readyOf(fleet.member('cluster2'))).toMatchObject({ status: 'True', reason: 'Ready' });
    expect(readyOf(fleet.member('cluster2'))?.message).toContain('"PreferSameNode" is left out');
    expect(fleet.member('cluster1').derivedService?.spec.trafficDistribution).toBe('PreferSameNode');
  });

  test('rule 42: what an API server refuses to take is told on the import', () => {
    const fleet = asking();
    const consumer = { ...fleet.consumer('cluster2'), refusal: 'exceeded quota: services' };
    const [change] = plan(consumer, desired(fleet.clusterset(), consumer), NOW);
    expect(change).toMatchObject({
      subresource: 'status',
      notices: [{ type: 'Warning', reason: 'Rejected' }],
    });
    expect(JSON.stringify(change)).toContain('The API server refuses a derived object: exceeded quota: services');
  });
});
