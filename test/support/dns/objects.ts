/** The cluster objects of the DNS cases, the same for Catamaran and CoreDNS. */

import type { JsonObject } from '../../../src/api/json.ts';
import { MCS_SERVICE_NAME, SLICE_MANAGED_BY, SOURCE_CLUSTER } from '../../../src/api/labels.ts';
import { MCS_API_VERSION } from '../../../src/api/multicluster.ts';

interface Port {
  readonly name?: string;
  readonly protocol?: string;
  readonly port: number;
}

/** @param ips for type ClusterSetIP. */
export function serviceImport(
  namespace: string,
  name: string,
  type: 'ClusterSetIP' | 'Headless',
  ports: readonly Port[],
  ips?: readonly string[],
): JsonObject {
  return {
    apiVersion: MCS_API_VERSION,
    kind: 'ServiceImport',
    metadata: { namespace, name },
    spec: { type, ports: ports.map((port) => ({ ...port })), ...(ips && { ips: [...ips] }) },
  };
}

export interface EndpointSpec {
  readonly ip: string | readonly string[];
  readonly host?: string;
  readonly ready?: boolean;
}

/** An imported EndpointSlice; the address type is that of the first address. */
export function importedSlice(
  namespace: string,
  service: string,
  cluster: string,
  endpoints: readonly EndpointSpec[],
  ports: readonly Port[],
  name = `${service}-${cluster}`,
): JsonObject {
  const first = [endpoints[0]?.ip ?? ''].flat()[0] ?? '';
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      name,
      labels: { [MCS_SERVICE_NAME]: service, [SOURCE_CLUSTER]: cluster, [SLICE_MANAGED_BY]: 'catamaran.dev' },
    },
    addressType: first.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: endpoints.map(({ ip, host, ready }) => ({
      addresses: [ip].flat(),
      ...(ready !== undefined && { conditions: { ready } }),
      ...(host !== undefined && { hostname: host }),
    })),
    ports: ports.map((port) => ({ ...port })),
  };
}

/** All objects of the cases, in one namespace. */
export function caseObjects(ns: string): readonly JsonObject[] {
  const http = { name: 'http', protocol: 'TCP', port: 80 };
  const mysql = { name: 'mysql', protocol: 'TCP', port: 3306 };
  return [
    serviceImport(ns, 'web', 'ClusterSetIP', [http, { name: 'alt', protocol: 'TCP', port: 8080 }], ['10.97.0.10']),
    importedSlice(ns, 'web', 'east', [{ ip: '10.1.0.10', host: 'web-0' }], [{ name: 'http', port: 8000 }]),
    serviceImport(
      ns,
      'dual',
      'ClusterSetIP',
      [
        { name: 'dns', protocol: 'UDP', port: 53 },
        { name: 'dns-tcp', protocol: 'TCP', port: 53 },
      ],
      ['10.97.0.11', 'fd00:97::b'],
    ),
    serviceImport(ns, 'plain', 'ClusterSetIP', [{ port: 8080 }], ['10.97.0.12']),
    serviceImport(ns, 'terse', 'ClusterSetIP', [{ name: 'http', port: 80 }], ['10.97.0.13']),
    serviceImport(ns, 'pending', 'ClusterSetIP', [http]),

    serviceImport(ns, 'db', 'Headless', [mysql]),
    importedSlice(
      ns,
      'db',
      'east',
      [
        { ip: '10.1.0.1', host: 'db-0' },
        { ip: '10.1.0.2', host: 'db-1', ready: true },
        { ip: '10.1.0.3', host: 'db-2', ready: false },
      ],
      [mysql],
    ),
    importedSlice(ns, 'db', 'west', [{ ip: '10.2.0.1', host: 'db-0' }, { ip: '10.2.0.7' }], [mysql]),

    serviceImport(ns, 'db6', 'Headless', [mysql]),
    importedSlice(ns, 'db6', 'east', [{ ip: 'fd00:10:1::5' }, { ip: 'fd00:10:1:2::' }], [mysql]),

    serviceImport(ns, 'duo', 'Headless', [mysql]),
    importedSlice(ns, 'duo', 'east', [{ ip: '10.1.0.20', host: 'duo-0' }], [mysql], 'duo-east-4'),
    importedSlice(ns, 'duo', 'east', [{ ip: 'fd00:10:1::14', host: 'duo-0' }], [mysql], 'duo-east-6'),

    serviceImport(ns, 'kafka', 'Headless', [
      { name: 'client', port: 9092 },
      { name: 'admin', port: 9093 },
    ]),
    importedSlice(
      ns,
      'kafka',
      'east',
      [
        { ip: '10.1.0.30', host: 'kafka-0' },
        { ip: '10.1.0.31', host: 'kafka-1' },
      ],
      [
        { name: 'client', port: 19092 },
        { name: 'admin', port: 19093 },
      ],
    ),

    serviceImport(ns, 'raw', 'Headless', [{ port: 7000 }]),
    importedSlice(ns, 'raw', 'east', [{ ip: '10.1.0.40', host: 'raw-0' }], [{ port: 7000 }]),
    serviceImport(ns, 'portless', 'Headless', []),
    importedSlice(ns, 'portless', 'east', [{ ip: '10.1.0.41', host: 'portless-0' }], []),

    // An endpoint that moves between slices is in both for a moment.
    serviceImport(ns, 'moving', 'Headless', [mysql]),
    importedSlice(ns, 'moving', 'east', [{ ip: '10.1.0.50', host: 'moving-0' }], [mysql], 'moving-from'),
    importedSlice(ns, 'moving', 'east', [{ ip: '10.1.0.50', host: 'moving-0' }], [mysql], 'moving-to'),

    serviceImport(ns, 'idle', 'Headless', [mysql]),
    importedSlice(ns, 'idle', 'east', [{ ip: '10.1.0.60', host: 'idle-0', ready: false }], [mysql]),
    serviceImport(ns, 'none', 'Headless', [mysql]),
  ];
}
