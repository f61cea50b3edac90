import { describe, expect, test } from 'vitest';
import { sourceSlice } from '../../../../src/core/merge/source-slice.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import { anEndpoint, anExport, aService, aSlice } from '../../../support/core/objects.ts';
import { conditionOf } from '../../../support/core/scenarios.ts';
import { ANY, addressPolicy } from '../../../support/core/sources.ts';

describe('addresses of a source slice', () => {
  test('rule 17: endpoints outside the declared CIDRs are set aside, one by one, and reported at their source', () => {
    const fleet = new FleetModel();
    const cluster1 = fleet.member('cluster1', { cidrs: ['10.1.0.0/16', '192.168.7.0/24'] });
    cluster1.export(anExport(), aService(), [
      aSlice('web-1', [anEndpoint('10.1.0.1'), anEndpoint('10.2.0.1'), anEndpoint('192.168.7.9')]),
      aSlice('web-2', [anEndpoint('10.1.0.2')]),
    ]);
    fleet.member('cluster2');
    fleet.converge();
    expect(fleet.member('cluster2').addresses).toEqual(['10.1.0.1', '10.1.0.2', '192.168.7.9']);
    const accepted = () => conditionOf(cluster1, 'exported', 'catamaran.dev/EndpointsAccepted');
    expect(accepted()).toMatchObject({ status: 'False', reason: 'AddressRefused' });
    expect(accepted()?.message).toContain('EndpointSlice "web-1": 10.2.0.1 is outside');
    cluster1.set({ cidrs: ['10.0.0.0/8', '192.168.7.0/24'] });
    fleet.converge();
    expect(accepted()).toBeUndefined();
    expect(fleet.member('cluster2').addresses).toContain('10.2.0.1');
  });

  test('sets aside an endpoint with one bad address, not its slice', () => {
    const mixed = aSlice('web-1', [{ addresses: ['10.1.0.1', '127.0.0.1'] }, { addresses: ['10.1.0.2'] }]);
    expect(sourceSlice(mixed, ANY)).toMatchObject({
      endpoints: [{ addresses: ['10.1.0.2'] }],
      refused: [{ address: '127.0.0.1', kind: 'special', reason: 'is loopback' }],
    });
    expect(sourceSlice(mixed, addressPolicy(['10.3.0.0/16'])).endpoints).toEqual([]);
  });

  test('are kept as they are if none is refused', () => {
    const slice = aSlice('web-1', [anEndpoint('10.1.0.1')]);
    expect(sourceSlice(slice, ANY).endpoints).toBe(slice.endpoints);
    const { ports: _, ...portless } = slice;
    expect(sourceSlice(portless, ANY)).toMatchObject({ name: 'web-1', addressType: 'IPv4', ports: [], refused: [] });
  });
});
