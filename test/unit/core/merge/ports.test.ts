import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  byNumber,
  named,
  type Port,
  portKey,
  portsOf,
  showPorts,
  unionOfPorts,
} from '../../../../src/core/merge/ports.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import { anEndpoint, anExport, aService, aSlice, at, HTTP } from '../../../support/core/objects.ts';
import { ADMIN, derivedPorts, exporting, joinedBy } from '../../../support/core/scenarios.ts';

describe('ports of an import', () => {
  test('rule 3: ports are a union, by name first and then by number', () => {
    const fleet = joinedBy(exporting(), aService({ ports: [{ ...HTTP, port: 81 }, ADMIN] }));
    expect(fleet.member('cluster2').imported?.spec.ports).toEqual([HTTP, ADMIN]);
  });

  test('rule 3: the same port under another name is one port, and the younger slice takes the older name', () => {
    const fleet = exporting();
    fleet
      .member('cluster3')
      .export(anExport({}, at(60)), aService({ ports: [{ ...HTTP, name: 'web' }] }), [
        aSlice('web-1', [anEndpoint('10.3.0.1')], [{ name: 'web', protocol: 'TCP', port: 3000 }]),
      ]);
    fleet.converge();
    expect(fleet.member('cluster2').imported?.spec.ports).toEqual([HTTP]);
    expect(derivedPorts(fleet.member('cluster2'), 'cluster3')).toEqual([{ name: 'http', protocol: 'TCP', port: 3000 }]);
  });

  test('rule 3: an unnamed port beside a named one gets a name, in the Service and in the slices', () => {
    const unnamed = { protocol: 'TCP' as const, port: 80 };
    const fleet = new FleetModel();
    fleet
      .member('cluster1')
      .export(anExport(), aService({ ports: [unnamed] }), [
        aSlice('web-1', [anEndpoint('10.1.0.1')], [{ name: '', protocol: 'TCP', port: 8080 }]),
      ]);
    fleet.member('cluster2');
    joinedBy(fleet, aService({ ports: [ADMIN] }));
    const { derivedService } = fleet.member('cluster2');
    expect(derivedService?.spec.ports?.map(({ name }) => name)).toEqual(['tcp-80', 'admin']);
    expect(derivedPorts(fleet.member('cluster2'), 'cluster1')).toEqual([
      { name: 'tcp-80', protocol: 'TCP', port: 8080 },
    ]);
  });
});

describe('ports', () => {
  const port = fc.record({
    name: fc.constantFrom('', 'a', 'b', 'tcp-1'),
    protocol: fc.constantFrom('TCP' as const, 'UDP' as const),
    port: fc.constantFrom(1, 2, 3),
  });

  test('of a union are unique by name and by number, and unnamed only when alone', () => {
    fc.assert(
      fc.property(fc.array(fc.array(port)), (lists) => {
        const union = unionOfPorts(lists);
        expect(new Set(union.map(({ name }) => name)).size).toBe(union.length);
        expect(new Set(union.map(portKey)).size).toBe(union.length);
        if (union.length > 1) expect(union.every(({ name }) => name !== '')).toBe(true);
        for (const key of union.map(portKey)) expect(lists.flat().map(portKey)).toContain(key);
      }),
    );
  });

  test('get names that nobody else has', () => {
    const ports: readonly Port[] = [
      { name: '', protocol: 'TCP', port: 80 },
      { name: 'tcp-80', protocol: 'UDP', port: 1 },
      { name: 'tcp-80-2', protocol: 'UDP', port: 2 },
      { name: '', protocol: 'SCTP', port: 80 },
    ];
    expect(named(ports).map(({ name }) => name)).toEqual(['tcp-80-3', 'tcp-80', 'tcp-80-2', 'sctp-80']);
  });

  test('of the same number are told apart by protocol', () => {
    const dns = (protocol: 'TCP' | 'UDP' | 'SCTP') => ({ name: protocol.toLowerCase(), protocol, port: 53 });
    const union = unionOfPorts([[dns('UDP'), dns('TCP'), dns('SCTP')]]);
    expect(union.map(({ name }) => name)).toEqual(['sctp', 'tcp', 'udp']);
  });

  test('of one number and protocol get a name each', () => {
    const unnamed: Port = { name: '', protocol: 'TCP', port: 80 };
    expect(named([unnamed, unnamed, unnamed]).map(({ name }) => name)).toEqual(['tcp-80', 'tcp-80-2', 'tcp-80-3']);
    expect(named([unnamed])).toEqual([unnamed]);
  });

  test('have the defaults of the API spelled out', () => {
    expect(portsOf([{ port: 80 }])).toStrictEqual([{ name: '', protocol: 'TCP', port: 80 }]);
    const full = { name: 'dns', protocol: 'UDP', port: 53, appProtocol: 'dns' } as const;
    expect(portsOf([full])).toStrictEqual([full]);
    expect(portsOf(undefined)).toEqual([]);
  });

  test('are in order by number, then by protocol', () => {
    const port = (number: number, protocol: Port['protocol']): Port => ({ name: 'x', port: number, protocol });
    expect(byNumber(port(80, 'UDP'), port(81, 'TCP'))).toBeLessThan(0);
    expect(byNumber(port(80, 'SCTP'), port(80, 'TCP'))).toBeLessThan(0);
    expect(byNumber(port(80, 'UDP'), port(80, 'TCP'))).toBeGreaterThan(0);
    expect(byNumber(port(80, 'TCP'), port(80, 'TCP'))).toBe(0);
  });

  test('are shown in that order, with what differs from the default', () => {
    const http: Port = { name: 'http', protocol: 'TCP', port: 80, appProtocol: 'kubernetes.io/h2c' };
    expect(showPorts([http, { name: '', protocol: 'UDP', port: 53 }])).toBe('53/UDP, http 80/TCP (kubernetes.io/h2c)');
    expect(showPorts([])).toBe('no ports');
  });
});
