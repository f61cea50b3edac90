/** Schema of ServiceImport, the same in v1alpha1 and v1beta1. KEP-1645, "Importing Services". */
import { conditions } from './condition-schema.ts';
import type { SessionAffinityConfig } from './core.ts';
import type { ServiceImportPort, ServiceImportSpec, ServiceImportStatus } from './multicluster.ts';
import { integer, list, listByKey, object, type Schema, text } from './openapi-schema.ts';

/** IPv4 and IPv6: a Service has at most one address of each family. */
const MAX_FAMILIES = 2;

const port = object<ServiceImportPort>(
  'One port of the Service.',
  {
    name: text('Name of the port; required if the Service has several ports.'),
    protocol: text('TCP, UDP or SCTP. Default: TCP.'),
    appProtocol: text('The application protocol, such as https or kubernetes.io/h2c.'),
    port: integer('Number of the port.', 'int32'),
  },
  ['name', 'protocol', 'appProtocol'],
);

const sessionAffinityConfig = object<SessionAffinityConfig>(
  'Settings of session affinity.',
  {
    clientIP: object<NonNullable<SessionAffinityConfig['clientIP']>>(
      'Settings of affinity by client IP address.',
      {
        timeoutSeconds: integer(
          'How long a client keeps its endpoint, in seconds from 1 to 86400. Default: 10800.',
          'int32',
        ),
      },
      ['timeoutSeconds'],
    ),
  },
  ['clientIP'],
);

const spec: Schema = object<ServiceImportSpec>(
  'The Service as consumed by this cluster.',
  {
    type: text('ClusterSetIP: one address for all endpoints. Headless: the addresses of the endpoints.', {
      enum: ['ClusterSetIP', 'Headless'],
    }),
    ports: list('The ports of the Service.', port, { 'x-kubernetes-list-type': 'atomic' }),
    ips: list(
      'The addresses of the Service in this cluster, if its type is ClusterSetIP.',
      { type: 'string' },
      {
        maxItems: MAX_FAMILIES,
      },
    ),
    ipFamilies: list('The IP families of the Service, in the order of ips.', text('IPv4 or IPv6.'), {
      maxItems: MAX_FAMILIES,
    }),
    sessionAffinity: text('ClientIP: a client keeps its endpoint. None (default): it does not.'),
    sessionAffinityConfig,
    internalTrafficPolicy: text('Local: only endpoints on the same node. Cluster (default): all endpoints.'),
    trafficDistribution: text('Which endpoints are preferred, such as PreferClose for those in the same zone.'),
  },
  ['ips', 'ipFamilies', 'sessionAffinity', 'sessionAffinityConfig', 'internalTrafficPolicy', 'trafficDistribution'],
);

const status: Schema = object<ServiceImportStatus>(
  'Status of the import, written by the multi-cluster controller.',
  {
    clusters: listByKey(
      'The clusters that export the Service.',
      'cluster',
      object<{ readonly cluster: string }>('One cluster.', { cluster: text('Name of the cluster: one DNS label.') }),
    ),
    conditions: conditions('Ready, and those that the controller adds.'),
    endpointSliceObjects: text('Whether this cluster has EndpointSlices of the import.', {
      enum: ['Present', 'Absent'],
    }),
  },
  ['clusters', 'conditions', 'endpointSliceObjects'],
);

export const SERVICE_IMPORT = {
  description: 'A Service of the clusterset, as consumed by this cluster.',
  spec,
  status,
};
