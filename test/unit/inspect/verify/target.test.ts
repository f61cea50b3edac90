import { expect, it } from 'vitest';
import type { EndpointSlice } from '../../../../src/api/endpoint-slice.ts';
import type { ServiceImport } from '../../../../src/api/multicluster.ts';
import { targetsOf } from '../../../../src/inspect/verify/target.ts';

const imported = (name: string, ports: ServiceImport['spec']['ports'], annotations = {}): ServiceImport => ({
  apiVersion: 'multicluster.x-k8s.io/v1beta1',
  kind: 'ServiceImport',
  metadata: { namespace: 'shop', name, annotations },
  spec: { type: 'ClusterSetIP', ports },
});

const from = (exporter: string, name: string, address: string, ready = true): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    namespace: 'shop',
    name: `${name}-${exporter}`,
    labels: {
      'multicluster.kubernetes.io/service-name': name,
      'multicluster.kubernetes.io/source-cluster': exporter,
    },
  },
  addressType: 'IPv4',
  ports: [{ name: 'sql', port: 3307, protocol: 'TCP' }],
  endpoints: [
    { addresses: ['10.0.0.1'], conditions: { ready: false } },
    { addresses: [address], conditions: { ready } },
  ],
});

const SQL = { name: 'sql', port: 3306, protocol: 'TCP' as const };
const HTTP = { name: 'http', port: 80, protocol: 'TCP' as const };
const DNS = { name: 'dns', port: 53, protocol: 'UDP' as const };
const options = { keys: [], derivedPrefix: 'amcs-' };

it('the derived Service, then a ready endpoint of each exporter', () => {
  const slices = [from('b', 'db', '10.2.0.1'), from('a', 'db', '10.1.0.1'), from('c', 'db', '10.3.0.1', false)];
  expect(targetsOf([imported('db', [SQL, DNS])], slices, options)).toEqual([
    { namespace: 'shop', service: 'db', kind: 'derived', host: 'amcs-db.shop', port: 3306, http: false },
    { namespace: 'shop', service: 'db', kind: 'endpoint', exporter: 'a', host: '10.1.0.1', port: 3307, http: false },
    { namespace: 'shop', service: 'db', kind: 'endpoint', exporter: 'b', host: '10.2.0.1', port: 3307, http: false },
  ]);
});

it('the name of the annotation, and on request that of the zone', () => {
  const web = imported('web', [HTTP], { 'multicluster.kubernetes.io/derived-service': 'mcs-web' });
  const targets = targetsOf([web], [], { ...options, zone: 'clusterset.local' });
  expect(targets.map(({ kind, host, http }) => [kind, host, http])).toEqual([
    ['derived', 'mcs-web.shop', true],
    ['clusterset', 'web.shop.svc.clusterset.local', true],
  ]);
});

it('only the Services that were asked for', () => {
  const imports = [imported('web', [HTTP]), imported('db', [SQL])];
  expect(targetsOf(imports, [], { ...options, keys: ['shop/db'] }).map(({ service }) => service)).toEqual(['db']);
});

it.each([
  [{ port: 8443 }, false],
  [{ port: 80 }, true],
  [{ port: 80, appProtocol: 'mysql' }, false],
  [{ port: 9000, appProtocol: 'http' }, true],
  [{ name: 'http-admin', port: 9000 }, true],
])('%j: HTTP is %s', (port, http) => {
  expect(targetsOf([imported('x', [{ ...port, protocol: 'TCP' }])], [], options)[0]?.http).toBe(http);
});
