import { describe, expect, test } from 'vitest';
import type { ServiceSpec } from '../../../../src/api/core.ts';
import { classifyExports } from '../../../../src/core/merge/exports.ts';
import { sourceSlice } from '../../../../src/core/merge/source-slice.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import { anEndpoint, anExport, aService, aSlice, NAME } from '../../../support/core/objects.ts';
import { conditionOf } from '../../../support/core/scenarios.ts';
import { ALLOW_ALL, ANY, aSource } from '../../../support/core/sources.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';

/** A slice of one endpoint; `manager` is the value of its managed-by label. */
function managedBy(manager: string | undefined, address: string) {
  const labels = {
    [SERVICE_NAME]: NAME,
    ...(manager !== undefined && { 'endpointslice.kubernetes.io/managed-by': manager }),
  };
  return aSlice(`web-${address}`, [anEndpoint(address)], undefined, undefined, { labels });
}

const CONTROLLER = 'endpointslice-controller.k8s.io';

/** What cluster2 imports of a Service with slices of the EndpointSlice controller, of a user and of the mirroring. */
function imported(spec: ServiceSpec, slices: 'Managed' | 'Any') {
  const fleet = new FleetModel();
  fleet
    .member('cluster1', { policy: { ...ALLOW_ALL, slices } })
    .export(anExport(), aService(spec), [
      managedBy(CONTROLLER, '10.1.0.1'),
      managedBy(undefined, '192.168.1.1'),
      managedBy('endpointslicemirroring-controller.k8s.io', '192.168.1.2'),
      managedBy('somebody.example.com', '192.168.1.3'),
    ]);
  fleet.member('cluster2');
  fleet.converge();
  return {
    addresses: fleet.member('cluster2').addresses,
    accepted: conditionOf(fleet.member('cluster1'), 'exported', 'catamaran.dev/EndpointsAccepted'),
  };
}

describe('by default', () => {
  test('rule 13: only slices of the EndpointSlice controller are imported, and the others are reported', () => {
    const { addresses, accepted } = imported({ selector: { app: 'web' } }, 'Managed');
    expect(addresses).toEqual(['10.1.0.1']);
    expect(accepted).toMatchObject({ status: 'False', reason: 'NotAllowed' });
    expect(accepted?.message).toBe(
      'Endpoints left out: EndpointSlice "web-192.168.1.1" is not managed by the EndpointSlice controller, and slices: Any is not set; ' +
        'EndpointSlice "web-192.168.1.2" is not managed by the EndpointSlice controller, and slices: Any is not set; ' +
        'EndpointSlice "web-192.168.1.3" is not managed by the EndpointSlice controller, and slices: Any is not set',
    );
  });

  test.each<ServiceSpec>([{}, { selector: {} }])(
    'rule 13: of a Service with spec %j no slice is imported, since the controller deletes no forged one',
    (spec) => {
      const { addresses, accepted } = imported(spec, 'Managed');
      expect(addresses).toEqual([]);
      expect(accepted?.message).toContain('belongs to a Service without a selector');
      expect(accepted?.message).toMatch(/… and 1 more$/);
    },
  );
});

test('rule 13: with slices: Any, slices of users and other controllers are imported, too', () => {
  for (const spec of [{}, { selector: { app: 'web' } }]) {
    const { addresses, accepted } = imported(spec, 'Any');
    expect(addresses).toHaveLength(4);
    expect(accepted).toBeUndefined();
  }
});

test('rule 50: slices beyond the limit of endpoints are left out and reported, and those before it stay', () => {
  const fleet = new FleetModel();
  const policy = { ...ALLOW_ALL, endpoints: 3 };
  const two = (name: string, third: number) =>
    aSlice(name, [anEndpoint(`10.1.${third}.1`), anEndpoint(`10.1.${third}.2`)]);
  const cluster1 = fleet.member('cluster1', { policy });
  cluster1.export(anExport(), aService(), [two('b', 1)]);
  fleet.converge();
  cluster1.slices = [...cluster1.slices, two('a', 2), aSlice('c', [anEndpoint('10.1.3.1')])];
  fleet.converge();
  expect(cluster1.addresses).toEqual(['10.1.1.1', '10.1.1.2', '10.1.3.1']);
  expect(conditionOf(cluster1, 'exported', 'catamaran.dev/EndpointsAccepted')).toMatchObject({
    status: 'False',
    reason: 'LimitReached',
    message: 'Endpoints left out: EndpointSlice "a" exceeds the 3 endpoints that an export may have',
  });
});

test('rule 50: slices beyond those that the endpoints need are left out, too, empty ones included', () => {
  const fleet = new FleetModel();
  const slices = Array.from({ length: 1_001 }, (_, index) => aSlice(`s${index}`, []));
  const cluster1 = fleet.member('cluster1', { policy: { ...ALLOW_ALL, endpoints: 10_000 } });
  cluster1.export(anExport(), aService(), slices);
  fleet.converge();
  expect(conditionOf(cluster1, 'exported', 'catamaran.dev/EndpointsAccepted')).toMatchObject({
    reason: 'LimitReached',
    message: 'Endpoints left out: EndpointSlice "s1000" exceeds the 1000 slices that an export may have',
  });
});

test('several reasons are joined, each with its examples', () => {
  const fleet = new FleetModel();
  const cluster1 = fleet.member('cluster1', { policy: { ...ALLOW_ALL, slices: 'Managed' } });
  cluster1.export(anExport(), aService({ selector: { app: 'web' } }), [
    managedBy(CONTROLLER, '127.0.0.1'),
    managedBy(undefined, '10.1.0.1'),
  ]);
  fleet.converge();
  expect(conditionOf(cluster1, 'exported', 'catamaran.dev/EndpointsAccepted')).toMatchObject({
    reason: 'AddressRefused,NotAllowed',
    message:
      'Endpoints left out: EndpointSlice "web-127.0.0.1": 127.0.0.1 is loopback; ' +
      'EndpointSlice "web-10.1.0.1" is not managed by the EndpointSlice controller, and slices: Any is not set',
  });
});

test('slices that are all accepted are the same list, which memos depend on', () => {
  const slices = [sourceSlice(aSlice('a', [anEndpoint('10.1.0.1')]), ANY)];
  expect(classifyExports([aSource({ slices })]).valid[0]?.slices).toBe(slices);
});
