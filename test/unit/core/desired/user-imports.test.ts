/** ServiceImports that users made: what they own, and what they are told. */
import { describe, expect, test } from 'vitest';
import type { ServiceSpec } from '../../../../src/api/core.ts';
import type { ServiceImportSpec } from '../../../../src/api/multicluster.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import {
  anEndpoint,
  anExport,
  anImport,
  aService,
  aSlice,
  at,
  DERIVED,
  HTTP,
  NAME,
} from '../../../support/core/objects.ts';
import { ADMIN, asking, edit, readiness } from '../../../support/core/scenarios.ts';

describe('a ServiceImport that a user made', () => {
  test('rule 38: is served as asked, and keeps all that the user wrote', () => {
    const asked = {
      ports: [{ name: 'web', port: 80 }],
      sessionAffinity: 'ClientIP' as const,
      trafficDistribution: 'PreferClose',
    };
    const { imported, derivedService, derivedSlices } = asking(asked).member('cluster2');
    expect(imported?.spec).toEqual({
      type: 'ClusterSetIP',
      ...asked,
      ips: derivedService?.spec.clusterIPs,
      ipFamilies: ['IPv4'],
    });
    expect(derivedService?.spec).toMatchObject({
      ports: [{ name: 'web', protocol: 'TCP', port: 80, targetPort: 80 }],
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
      trafficDistribution: 'PreferClose',
    });
    expect(derivedSlices[0]?.ports).toEqual([{ name: 'web', protocol: 'TCP', port: 8080 }]);
  });

  test('rule 38: takes what it leaves open from the exports', () => {
    const service = aService({
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      internalTrafficPolicy: 'Local',
      trafficDistribution: 'PreferClose',
    });
    const { derivedService } = asking({}, service).member('cluster2');
    expect(derivedService?.spec).toMatchObject({
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      internalTrafficPolicy: 'Local',
      trafficDistribution: 'PreferClose',
    });
  });

  test('rule 29: takes the application protocol of a port that it leaves open from the first export', () => {
    const h2c = { ...HTTP, appProtocol: 'kubernetes.io/h2c' };
    const admin = { ...ADMIN, appProtocol: 'http' };
    const asked = [{ ...HTTP }, { ...ADMIN, appProtocol: 'https' }];
    const fleet = asking({ ports: asked }, aService({ ports: [h2c, admin] }));
    const later = aService({ ports: [{ ...HTTP, appProtocol: 'ws' }] });
    fleet.member('cluster3', { importMode: 'Manual' }).export(anExport({}, at(60)), later, []);
    fleet.converge();
    const cluster2 = fleet.member('cluster2');
    const served = [h2c, { ...ADMIN, appProtocol: 'https' }];
    expect(cluster2.derivedService?.spec.ports).toMatchObject(served);
    expect(cluster2.imported?.spec.ports).toEqual(asked);
    // What an unknown exporter says cannot be asked: the Service keeps what it has.
    fleet.member('cluster1').set({ known: false });
    fleet.converge();
    expect(cluster2.derivedService?.spec.ports).toMatchObject(served);
  });

  test("rule 37: is the user's in Automatic mode as well", () => {
    const fleet = asking({ ports: [{ name: 'web', port: 80 }] });
    fleet.member('cluster2').set({ importMode: 'Automatic' });
    expect(fleet.converge()).toBe(0);
    expect(fleet.member('cluster2').imported?.metadata.labels).toBeUndefined();
  });

  test('rule 40: has a Service, and so an address, while nobody exports', () => {
    const fleet = new FleetModel();
    const cluster2 = fleet
      .member('cluster2', { importMode: 'Manual', ipFamilies: ['IPv6', 'IPv4'] })
      .import(anImport());
    fleet.converge();
    const ips = cluster2.imported?.spec.ips;
    expect(cluster2.imported?.spec.ipFamilies).toEqual(['IPv6', 'IPv4']);
    expect(cluster2.derivedService?.spec).toMatchObject({ clusterIPs: ips, sessionAffinity: 'None' });
    expect(readiness(cluster2)).toBe(
      'False NotExported: No cluster exports "shop/web"; create a ServiceExport of that name in a cluster that has the Service',
    );
    fleet
      .member('cluster1')
      .export(anExport(), aService({ ipFamilies: ['IPv6', 'IPv4'] }), [
        aSlice('web-1', [anEndpoint('fd01::1')], undefined, 'IPv6'),
      ]);
    fleet.converge();
    expect(cluster2.imported?.spec.ips).toEqual(ips);
    expect(readiness(cluster2)).toBe('True Ready: Derived Service "amcs-web" is up to date');
    fleet.member('cluster1').unexport();
    fleet.converge();
    expect(cluster2.imported?.spec.ips).toEqual(ips);
    expect(cluster2.addresses).toEqual([]);
  });

  test('rule 41: that the user deletes takes everything derived with it', () => {
    const fleet = asking();
    const cluster2 = fleet.member('cluster2');
    const { derivedService, derivedSlices } = cluster2;
    cluster2.api.remove('serviceImports', NAME);
    for (const object of [derivedService, ...derivedSlices]) {
      // The garbage collector is slow today.
      cluster2.api.put(object === derivedService ? 'services' : 'endpointSlices', JSON.parse(JSON.stringify(object)));
    }
    expect(fleet.plan('cluster2').map(({ op, resource }) => `${op} ${resource}`)).toEqual([
      'delete services',
      'delete endpointSlices',
    ]);
  });

  test('may choose among the families that are possible', () => {
    const fleet = new FleetModel();
    const dual = aService({ ipFamilies: ['IPv4', 'IPv6'] });
    fleet.member('cluster1', { importMode: 'Manual' }).export(anExport(), dual);
    const ipFamilies = ['IPv4', 'IPv6'] as const;
    for (const families of [['IPv6'], ['IPv6', 'IPv4'], ['IPv4']] as const) {
      const name = families.join('-').toLowerCase();
      fleet.member(name, { importMode: 'Manual', ipFamilies }).import(anImport({ ipFamilies: families }));
      fleet.converge();
      expect(fleet.member(name).imported?.spec.ipFamilies).toEqual(families);
      expect(fleet.member(name).imported?.spec.ips).toHaveLength(families.length);
    }
    const impossible = fleet.member('cluster9', { importMode: 'Manual' }).import(anImport({ ipFamilies: ['IPv6'] }));
    fleet.converge();
    expect(impossible.imported?.spec.ipFamilies).toEqual(['IPv4']);
  });

  describe('in a cluster with two families', () => {
    const DUAL = ['IPv4', 'IPv6'] as const;

    /** cluster1 exports with the families; cluster2 has both, and asks for those that are told. */
    function dualStack(exported: ServiceSpec['ipFamilies'], spec: Partial<ServiceImportSpec> = {}): FleetModel {
      const fleet = new FleetModel();
      fleet.member('cluster1', { importMode: 'Manual' });
      fleet.member('cluster2', { importMode: 'Manual', ipFamilies: DUAL }).import(anImport(spec));
      return offer(fleet, exported);
    }

    function offer(fleet: FleetModel, ipFamilies: ServiceSpec['ipFamilies'] = DUAL): FleetModel {
      fleet.member('cluster1').export(anExport(), aService({ ipFamilies }));
      fleet.converge();
      return fleet;
    }

    function shown(fleet: FleetModel) {
      const { imported, derivedService } = fleet.member('cluster2');
      expect(imported?.spec.ips).toEqual(derivedService?.spec.clusterIPs);
      return { families: imported?.spec.ipFamilies, ips: imported?.spec.ips };
    }

    test.each([
      [['IPv4'], ['IPv4', 'IPv6']],
      [['IPv6'], ['IPv6', 'IPv4']],
    ] as const)('that asks for none follows exports from %s to both, and keeps its address', (single, both) => {
      const fleet = dualStack(single);
      const before = shown(fleet);
      expect(before.families).toEqual(single);
      expect(shown(offer(fleet, DUAL))).toEqual({ families: both, ips: [before.ips?.[0], expect.any(String)] });
      expect(shown(offer(fleet, single))).toEqual(before);
    });

    test('that asks for one keeps to it', () => {
      const fleet = dualStack(['IPv4'], { ipFamilies: ['IPv4'] });
      const before = shown(fleet);
      expect(shown(offer(fleet, DUAL))).toEqual(before);
    });

    test('that is edited to ask for one, once families were filled in, gets that one', () => {
      const fleet = dualStack(DUAL);
      edit(fleet.member('cluster2'), { ipFamilies: ['IPv6'] });
      fleet.converge();
      expect(shown(fleet).families).toEqual(['IPv6']);
      expect(shown(offer(fleet, ['IPv6', 'IPv4'])).families).toEqual(['IPv6']);
    });

    test('that asked for what was impossible follows the exports from then on', () => {
      const fleet = dualStack(['IPv4'], { ipFamilies: ['IPv6'] });
      expect(shown(fleet).families).toEqual(['IPv4']);
      expect(shown(offer(fleet, DUAL)).families).toEqual(['IPv4', 'IPv6']);
    });

    test('keeps what was filled in while the exports cannot be judged', () => {
      const fleet = dualStack(['IPv6']);
      fleet.member('cluster1').set({ known: false });
      expect(fleet.plan('cluster2').filter(({ stage }) => stage !== 'status')).toEqual([]);
      fleet.member('cluster2').api.remove('services', DERIVED);
      fleet.converge();
      expect(shown(fleet).families).toEqual(['IPv6']);
    });
  });

  test('rule 39: keeps its Service and current endpoints when its ports turn bad', () => {
    const fleet = asking();
    const cluster2 = fleet.member('cluster2');
    const { derivedService, imported } = cluster2;
    edit(cluster2, { ports: [{ port: 80, protocol: 'HTTP' }] });
    fleet.member('cluster1').slices = [aSlice('web-1', [anEndpoint('10.1.0.2')])];
    fleet.converge();
    expect(cluster2.derivedService).toEqual(derivedService);
    expect(cluster2.imported?.spec.ips).toEqual(imported?.spec.ips);
    expect(cluster2.addresses).toEqual(['10.1.0.2']);
    edit(cluster2, { ports: [HTTP] });
    fleet.converge();
    expect(readiness(cluster2)).toMatch(/^True/);
  });

  test('rule 38: names a port that nobody exports, serves the others, and never guesses', () => {
    const fleet = asking({ ports: [HTTP, ADMIN] });
    const cluster2 = fleet.member('cluster2');
    expect(readiness(cluster2)).toBe('False PortNotExported: No cluster exports admin 9090/TCP; exported: http 80/TCP');
    expect(cluster2.derivedService?.spec.ports).toMatchObject([HTTP, ADMIN]);
    expect(cluster2.derivedSlices[0]?.ports).toEqual([{ name: 'http', protocol: 'TCP', port: 8080 }]);
    edit(cluster2, { ports: [{ name: 'http', port: 8080 }] });
    fleet.converge();
    expect(readiness(cluster2)).toContain('No cluster exports http 8080/TCP');
    expect(cluster2.addresses).toEqual([]);
  });

  test('rule 38: may name a port that lost a conflict, and gets the endpoints that offer it', () => {
    const fleet = asking({ ports: [{ name: 'http', port: 81 }] });
    fleet
      .member('cluster3', { importMode: 'Manual' })
      .export(anExport({}, at(60)), aService({ ports: [{ ...HTTP, port: 81 }] }), [
        aSlice('web-1', [anEndpoint('10.3.0.1')]),
      ]);
    fleet.converge();
    expect(fleet.member('cluster2').addresses).toEqual(['10.3.0.1']);
    expect(readiness(fleet.member('cluster2'))).toMatch(/^True/);
  });

  test('rule 38: of another type is told so; what is there stays, and nothing new is made', () => {
    const fleet = asking({ type: 'Headless' });
    const cluster2 = fleet.member('cluster2');
    expect(readiness(cluster2)).toBe(
      'False TypeMismatch: spec.type is "Headless", but the Service is exported as "ClusterSetIP"',
    );
    expect(cluster2.derivedService).toBeUndefined();
    edit(cluster2, { type: 'ClusterSetIP' });
    fleet.converge();
    const { derivedService, derivedSlices } = cluster2;
    edit(cluster2, { type: 'Headless' });
    fleet.converge();
    expect(readiness(cluster2)).toMatch(/^False TypeMismatch/);
    expect([cluster2.derivedService, cluster2.derivedSlices]).toEqual([derivedService, derivedSlices]);
    fleet.member('cluster1').set({ known: false });
    expect(fleet.plan('cluster2').filter(({ stage }) => stage !== 'status')).toEqual([]);
    fleet.converge();
    expect(readiness(cluster2)).toMatch(/^False TypeMismatch/);
  });

  test('rule 20: keeps what it said of the exports while they cannot be judged, unless its spec changes', () => {
    const fleet = asking({ ports: [ADMIN] });
    const cluster2 = fleet.member('cluster2');
    const { addresses } = cluster2;
    fleet.member('cluster1').set({ known: false });
    fleet.converge();
    expect(readiness(cluster2)).toMatch(/^False PortNotExported/);
    edit(cluster2, { ports: [HTTP] });
    fleet.converge();
    expect(readiness(cluster2)).toMatch(/^True Ready/);
    expect(cluster2.addresses).toEqual(addresses);
  });

  test('rule 20: is not switched to another type while the exports cannot be judged', () => {
    const fleet = asking();
    const cluster2 = fleet.member('cluster2');
    const { derivedService } = cluster2;
    fleet.member('cluster1').set({ known: false });
    edit(cluster2, { type: 'Headless' });
    fleet.converge();
    expect(readiness(cluster2)).toMatch(/^False TypeMismatch/);
    expect(cluster2.derivedService).toEqual(derivedService);
  });

  test('that nobody validly exports says why the exports are not valid', () => {
    const fleet = asking({}, aService({ type: 'ExternalName' }));
    expect(readiness(fleet.member('cluster2'))).toBe(
      'False NotExported: No cluster exports "shop/web". The export of "cluster1" is not valid: ' +
        'Service "shop/web" is of type ExternalName, which has no endpoints to export',
    );
  });
});
