import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ServicePort } from '../../../../src/api/core.ts';
import {
  byNumber,
  keepingNames,
  named,
  type Port,
  portKey,
  portsOf,
  showPorts,
  unionOfPorts,
} from '../../../../src/core/merge/ports.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import { routesTo } from '../../../support/core/kube-proxy-model.ts';
import { anEndpoint, anExport, aService, aSlice, at, HTTP } from '../../../support/core/objects.ts';
import { ADMIN, asking, derivedPorts, edit, exporting, joinedBy } from '../../../support/core/scenarios.ts';

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

describe('names of served ports', () => {
  const unnamed = { protocol: 'TCP' as const, port: 80 };
  const web = (port: Partial<ServicePort>) => [{ ...HTTP, ...port }];
  const namesIn = (fleet: FleetModel) =>
    fleet.member('cluster2').derivedService?.spec.ports?.map(({ name = '', port }) => `${name} ${port}`);

  /** Applies one write at a time; routes that exist before and after are never interrupted. */
  function convergeGently(fleet: FleetModel): void {
    const cluster2 = fleet.member('cluster2');
    const before = routesTo('cluster1', cluster2);
    const seen: (readonly string[])[] = [];
    for (let plan = fleet.plan('cluster2'); plan.length > 0; plan = fleet.plan('cluster2')) {
      for (const change of plan) {
        cluster2.api.apply([change]);
        seen.push(routesTo('cluster1', cluster2));
      }
      fleet.pass();
    }
    const stay = before.filter((route) => routesTo('cluster1', cluster2).includes(route));
    expect(stay.length).toBeGreaterThan(0);
    for (const routes of seen) expect(routes).toEqual(expect.arrayContaining(stay));
  }

  function unnamedExport(): FleetModel {
    const fleet = new FleetModel();
    fleet
      .member('cluster1')
      .export(anExport(), aService({ ports: [unnamed] }), [
        aSlice('web-1', [anEndpoint('10.1.0.1')], [{ name: '', protocol: 'TCP', port: 8080 }]),
      ]);
    fleet.member('cluster2');
    fleet.converge();
    return fleet;
  }

  test('rule 32: an unnamed port is served throughout, while it gets a name beside others', () => {
    const fleet = unnamedExport();
    fleet.member('cluster3').export(anExport({}, at(60)), aService({ ports: [HTTP, ADMIN] }));
    convergeGently(fleet);
    expect(namesIn(fleet)).toEqual(['tcp-80 80', 'admin 9090']);
    expect(derivedPorts(fleet.member('cluster2'), 'cluster1')).toEqual([
      { name: 'tcp-80', protocol: 'TCP', port: 8080 },
    ]);
    fleet.member('cluster3').unexport();
    convergeGently(fleet);
    expect(namesIn(fleet)).toEqual(['tcp-80 80']);
  });

  test('rule 32: a port keeps its name when the exporter that named it withdraws', () => {
    const fleet = exporting(aService({ ports: web({ name: 'http' }) }));
    fleet
      .member('cluster3')
      .export(anExport({}, at(60)), aService({ ports: web({ name: 'web' }) }), [
        aSlice('web-1', [anEndpoint('10.3.0.1')], [{ name: 'web', protocol: 'TCP', port: 8080 }]),
      ]);
    fleet.converge();
    fleet.member('cluster1').unexport();
    fleet.converge();
    expect(namesIn(fleet)).toEqual(['http 80']);
    expect(fleet.member('cluster2').imported?.spec.ports).toEqual([HTTP]);
    expect(routesTo('cluster3', fleet.member('cluster2'))).toEqual(['80/TCP -> 10.3.0.1:8080']);
  });

  test('rule 32: a kept name that another port has gives that port a made-up one', () => {
    const fleet = exporting();
    const ports = [
      { ...HTTP, name: 'web' },
      { ...HTTP, port: 81 },
    ];
    fleet.member('cluster3').export(anExport({}, at(60)), aService({ ports }));
    fleet.converge();
    expect(namesIn(fleet)).toEqual(['http 80']);
    fleet.member('cluster1').unexport();
    fleet.converge();
    expect(namesIn(fleet)).toEqual(['http 80', 'tcp-81 81']);
  });

  test('rule 32: a name that another client gave the derived Service is not kept', () => {
    const fleet = exporting();
    const { api, derivedService } = fleet.member('cluster2');
    api.put('services', { ...Object(derivedService), spec: { ...derivedService?.spec, ports: web({ name: 'mine' }) } });
    fleet.converge();
    expect(namesIn(fleet)).toEqual(['http 80']);
  });

  test('rule 32: a name that another client gave the import is not kept, even if the exporter renames the port', () => {
    const fleet = exporting();
    edit(fleet.member('cluster2'), { ports: web({ name: 'mine' }) });
    fleet.member('cluster1').export(anExport(), aService({ ports: web({ name: 'renamed' }) }));
    fleet.converge();
    expect(namesIn(fleet)).toEqual(['renamed 80']);
    expect(fleet.member('cluster2').imported?.spec.ports).toMatchObject([{ name: 'renamed' }]);
  });

  test('rule 32: a port that a user renames in an import is served throughout', () => {
    const fleet = asking({ ports: [{ ...HTTP }] });
    edit(fleet.member('cluster2'), { ports: [{ ...HTTP, name: 'renamed' }] });
    convergeGently(fleet);
    expect(namesIn(fleet)).toEqual(['renamed 80']);
  });

  test('rule 32: ports whose names are swapped cannot keep both', () => {
    const two = [HTTP, ADMIN];
    const fleet = asking({ ports: two }, aService({ ports: two }));
    edit(fleet.member('cluster2'), {
      ports: [
        { ...HTTP, name: 'admin' },
        { ...ADMIN, name: 'http' },
      ],
    });
    fleet.converge();
    expect(namesIn(fleet)).toEqual(['admin 80', 'http 9090']);
  });

  test('rule 32: a made-up name is one that no port has or keeps', () => {
    const port = (number: number, name: string): Port => ({ name, protocol: 'TCP', port: number });
    const namesOf = (ports: readonly Port[], served: readonly Port[]) =>
      keepingNames(ports, served).map(({ name }) => name);
    expect(namesOf([port(80, 'web'), port(81, 'http'), port(82, 'tcp-81')], [port(80, 'http')])).toEqual([
      'http',
      'tcp-81-2',
      'tcp-81',
    ]);
    expect(namesOf([port(80, 'a'), port(90, 'b'), port(81, 'http')], [port(80, 'tcp-81'), port(90, 'http')])).toEqual([
      'tcp-81',
      'http',
      'tcp-81-2',
    ]);
  });

  test('rule 32: nothing is renamed if all names agree, and unnamed ports have none to keep', () => {
    const ports = portsOf([HTTP]);
    expect(keepingNames(ports, ports)).toBe(ports);
    expect(keepingNames(ports, portsOf([unnamed]))).toBe(ports);
    expect(keepingNames(portsOf([unnamed]), ports)).toEqual(ports);
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
