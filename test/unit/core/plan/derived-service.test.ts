import { describe, expect, test } from 'vitest';
import type { Service } from '../../../../src/api/core.ts';
import { SERVICE_NAME } from '../../../../src/api/labels.ts';
import type { IPFamily } from '../../../../src/api/meta.ts';
import type { ServiceShape } from '../../../../src/core/desired/service-shape.ts';
import {
  clusterIPsOf,
  mustBeReplaced,
  serviceObject,
  servicePatch,
  servingIPs,
} from '../../../../src/core/plan/derived-service.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import {
  anEndpoint,
  anExport,
  aService,
  aSlice,
  DERIVED,
  NAME,
  NAMESPACE,
  NOW,
} from '../../../support/core/objects.ts';
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

const OWNER = { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceImport', name: NAME, uid: 'import' };
const LABELS = {
  'catamaran.dev/derived-from': NAME,
  'app.kubernetes.io/managed-by': 'catamaran.dev',
  'multicluster.kubernetes.io/service-name': NAME,
};
const VIRTUAL: ServiceShape = {
  headless: false,
  ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
  families: ['IPv4'],
  traffic: { sessionAffinity: 'None' },
};

/** A derived Service as an API server holds it, defaults filled in. */
function derived(spec: Service['spec'] = {}, metadata: Partial<Service['metadata']> = {}): Service {
  return aService(
    {
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 80 }],
      clusterIPs: ['10.0.0.1'],
      ipFamilyPolicy: 'SingleStack',
      sessionAffinity: 'None',
      ...spec,
    },
    { name: DERIVED, labels: LABELS, ownerReferences: [OWNER], ...metadata },
  );
}

const patchOf = (observed: Service, shape = VIRTUAL) => servicePatch(observed, NAME, OWNER, shape);

describe('a derived Service that is created', () => {
  const target = { namespace: NAMESPACE, name: DERIVED };

  test('has what is served, and leaves the rest to the API server', () => {
    expect(serviceObject(target, NAME, OWNER, VIRTUAL)).toStrictEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...target, labels: LABELS, ownerReferences: [OWNER] },
      spec: {
        type: 'ClusterIP',
        ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        internalTrafficPolicy: 'Cluster',
        sessionAffinity: 'None',
      },
    });
  });

  test('has every field of the traffic, and an unnamed port without a name', () => {
    const shape: ServiceShape = {
      ...VIRTUAL,
      ports: [{ name: '', protocol: 'UDP', port: 53, appProtocol: 'dns' }],
      families: ['IPv6', 'IPv4'],
      traffic: {
        sessionAffinity: 'ClientIP',
        affinitySeconds: 60,
        internalTrafficPolicy: 'Local',
        trafficDistribution: 'PreferClose',
      },
    };
    expect(serviceObject(target, NAME, OWNER, shape).spec).toStrictEqual({
      type: 'ClusterIP',
      ports: [{ protocol: 'UDP', port: 53, appProtocol: 'dns' }],
      ipFamilies: ['IPv6', 'IPv4'],
      ipFamilyPolicy: 'RequireDualStack',
      internalTrafficPolicy: 'Local',
      trafficDistribution: 'PreferClose',
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
    });
    const sticky = { ...VIRTUAL, traffic: { sessionAffinity: 'ClientIP' as const } };
    expect(serviceObject(target, NAME, OWNER, sticky).spec).toMatchObject({
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
    });
  });

  test('rule 10: asks for the addresses that its predecessor had, if they fit', () => {
    const dual: ServiceShape = { ...VIRTUAL, families: ['IPv4', 'IPv6'] };
    const spec = (shape: ServiceShape, addresses: readonly string[]) =>
      serviceObject(target, NAME, OWNER, shape, addresses).spec;
    expect(spec(VIRTUAL, ['10.0.0.7'])).toMatchObject({ clusterIP: '10.0.0.7', clusterIPs: ['10.0.0.7'] });
    expect(spec(dual, ['10.0.0.7', 'fd00::7'])).toMatchObject({ clusterIPs: ['10.0.0.7', 'fd00::7'] });
    for (const misfit of [['fd00::7'], ['10.0.0.7', 'fd00::7'], []]) {
      expect(spec(VIRTUAL, misfit), misfit.join()).not.toHaveProperty('clusterIP');
    }
    expect(spec(dual, ['fd00::7', '10.0.0.7'])).not.toHaveProperty('clusterIP');
    expect(spec(dual, ['10.0.0.7', '10.0.0.8'])).not.toHaveProperty('clusterIP');
    expect(spec({ ...VIRTUAL, headless: true }, ['10.0.0.7'])).toMatchObject({ clusterIP: 'None' });
  });

  test('has neither an address nor affinity if it is headless', () => {
    const shape: ServiceShape = { ...VIRTUAL, headless: true, traffic: { sessionAffinity: 'ClientIP' } };
    const { spec } = serviceObject(target, NAME, OWNER, shape);
    expect(spec).toMatchObject({ clusterIP: 'None', sessionAffinity: 'None' });
    expect(spec).not.toHaveProperty('sessionAffinityConfig');
  });
});

describe('a derived Service that is there', () => {
  test('is not written if it has the shape, whoever filled in the defaults', () => {
    expect(patchOf(derived())).toBeUndefined();
    const { type: _, internalTrafficPolicy: __, ...spec } = derived().spec;
    const { sessionAffinity: ___, ...bare } = spec;
    expect(patchOf({ ...derived(), spec: { ...bare, ports: [{ name: 'http', port: 80 }] } })).toBeUndefined();
    expect(patchOf(derived({ publishNotReadyAddresses: false }))).toBeUndefined();
  });

  test('without ports is not written if it is headless and serves none', () => {
    const { ports: _, ...spec } = derived({ clusterIP: 'None', clusterIPs: ['None'] }).spec;
    expect(patchOf({ ...derived(), spec }, { ...VIRTUAL, headless: true, ports: [] })).toBeUndefined();
  });

  test.each<[string, Service['spec'], object]>([
    ['another type', { type: 'NodePort' }, { type: 'ClusterIP' }],
    ['a selector', { selector: { app: 'web' } }, { selector: null }],
    ['no ports', { ports: [] }, { ports: [{ name: 'http', protocol: 'TCP', port: 80 }] }],
    [
      'a target port',
      { ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }] },
      { ports: [{ name: 'http', protocol: 'TCP', port: 80 }] },
    ],
    [
      'an appProtocol',
      { ports: [{ name: 'http', protocol: 'TCP', port: 80, appProtocol: 'http' }] },
      { ports: [{ name: 'http', protocol: 'TCP', port: 80 }] },
    ],
    ['two families', { ipFamilies: ['IPv4', 'IPv6'] }, { ipFamilies: ['IPv4'] }],
    ['another policy of families', { ipFamilyPolicy: 'PreferDualStack' }, { ipFamilyPolicy: 'SingleStack' }],
    ['local traffic', { internalTrafficPolicy: 'Local' }, { internalTrafficPolicy: 'Cluster' }],
    ['a distribution', { trafficDistribution: 'PreferClose' }, { trafficDistribution: null }],
    [
      'affinity',
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 1 } } },
      { sessionAffinity: 'None', sessionAffinityConfig: null },
    ],
    ['addresses that are not ready', { publishNotReadyAddresses: true }, { publishNotReadyAddresses: null }],
    [
      'addresses outside the cluster',
      { exposing: ['externalIPs', 'loadBalancerSourceRanges'] },
      { externalIPs: null, loadBalancerSourceRanges: null },
    ],
  ])('with %s is patched in that field alone', (_, spec, patch) => {
    expect(patchOf(derived(spec))).toStrictEqual({ spec: patch });
  });

  test('without ports, families or their policy is patched', () => {
    const { ports: _, ipFamilies: __, ipFamilyPolicy: ___, ...spec } = derived().spec;
    expect(patchOf({ ...derived(), spec })).toStrictEqual({
      spec: {
        ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
      },
    });
  });

  test('gets its labels back, loses those that make kube-proxy skip it, and keeps others', () => {
    const labels = {
      'catamaran.dev/derived-from': 'other',
      'app.kubernetes.io/managed-by': 'catamaran.dev',
      'service.kubernetes.io/headless': '',
      'service.kubernetes.io/service-proxy-name': 'x',
      mine: 'y',
    };
    expect(patchOf(derived({}, { labels }))).toStrictEqual({
      metadata: {
        labels: {
          'catamaran.dev/derived-from': NAME,
          'multicluster.kubernetes.io/service-name': NAME,
          'service.kubernetes.io/headless': null,
          'service.kubernetes.io/service-proxy-name': null,
        },
      },
    });
    const { labels: _, ...bare } = derived().metadata;
    expect(patchOf({ ...derived(), metadata: bare })).toStrictEqual({ metadata: { labels: LABELS } });
  });

  test('gets its owner back', () => {
    const stale = { ...OWNER, uid: 'stale' };
    expect(patchOf(derived({}, { ownerReferences: [stale] }))).toStrictEqual({
      metadata: { ownerReferences: [OWNER] },
    });
    expect(patchOf(derived({}, { ownerReferences: [stale, OWNER] }))).toBeUndefined();
    // The garbage collector cannot follow a version that is no longer served.
    const former = { ...OWNER, apiVersion: 'multicluster.x-k8s.io/v1alpha1' };
    expect(patchOf(derived({}, { ownerReferences: [former] }))).toStrictEqual({
      metadata: { ownerReferences: [OWNER] },
    });
    const { ownerReferences: _, ...bare } = derived().metadata;
    expect(patchOf({ ...derived(), metadata: bare })).toStrictEqual({ metadata: { ownerReferences: [OWNER] } });
  });

  test('has to be replaced for another kind of address or primary family', () => {
    const dual: ServiceShape = { ...VIRTUAL, families: ['IPv4', 'IPv6'] };
    expect(mustBeReplaced(derived(), VIRTUAL)).toBe(false);
    expect(mustBeReplaced(derived(), dual)).toBe(false);
    expect(mustBeReplaced(derived(), { ...VIRTUAL, headless: true })).toBe(true);
    expect(mustBeReplaced(derived({ clusterIP: 'None' }), VIRTUAL)).toBe(true);
    expect(mustBeReplaced(derived(), { ...dual, families: ['IPv6', 'IPv4'] })).toBe(true);
    const { ipFamilies: _, ...spec } = derived().spec;
    expect(mustBeReplaced({ ...derived(), spec }, VIRTUAL)).toBe(true);
  });
});

describe('addresses that are served', () => {
  test('are those of the derived Service, once it has the shape', () => {
    const dual: ServiceShape = { ...VIRTUAL, families: ['IPv4', 'IPv6'] };
    const both = derived({ ipFamilies: ['IPv4', 'IPv6'], clusterIPs: ['10.0.0.1', 'fd00::1'] });
    expect(servingIPs(derived(), VIRTUAL)).toEqual(['10.0.0.1']);
    expect(servingIPs(both, dual)).toEqual(['10.0.0.1', 'fd00::1']);
    expect(servingIPs(both, VIRTUAL)).toBeUndefined();
    expect(servingIPs(derived(), dual)).toBeUndefined();
    expect(servingIPs(undefined, VIRTUAL)).toBeUndefined();
    expect(servingIPs(derived({}, { deletionTimestamp: NOW }), VIRTUAL)).toBeUndefined();
    expect(servingIPs(derived({ clusterIP: 'None', clusterIPs: ['None'] }), VIRTUAL)).toBeUndefined();
    expect(servingIPs(derived({ clusterIP: '', clusterIPs: [''] }), VIRTUAL)).toBeUndefined();
    expect(servingIPs(derived({ ipFamilies: ['IPv4', 'IPv6'] }), VIRTUAL)).toBeUndefined();
  });

  test('are none of a headless Service', () => {
    const headless = derived({ clusterIP: 'None', clusterIPs: ['None'] });
    expect(servingIPs(headless, { ...VIRTUAL, headless: true })).toEqual([]);
  });
});
