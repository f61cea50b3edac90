/** The properties of a cluster in a clusterset. Source: KEP-2149, "ClusterId for ClusterSet identification". */
import type { JsonObject } from '../api/json.ts';
import { MANAGED_BY } from '../api/labels.ts';
import type { Resource } from '../api/resources.ts';
import { INSTALLER } from '../install/installation.ts';

export const ABOUT_GROUP = 'about.k8s.io';

/** Name of the cluster, unique in its clusterset for as long as it is a member. */
export const CLUSTER_ID = 'cluster.clusterset.k8s.io';
/** The clusterset that the cluster is a member of. */
export const CLUSTERSET_ID = 'clusterset.k8s.io';

export function clusterProperties(version: string): Resource {
  return { group: ABOUT_GROUP, version, plural: 'clusterproperties', kind: 'ClusterProperty', namespaced: false };
}

export function clusterProperty(version: string, name: string, value: string): JsonObject {
  return {
    apiVersion: `${ABOUT_GROUP}/${version}`,
    kind: 'ClusterProperty',
    metadata: { name, labels: { [MANAGED_BY]: INSTALLER } },
    spec: { value },
  };
}

/** For clusters that do not serve it. */
export const ABOUT_CRD: JsonObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: `clusterproperties.${ABOUT_GROUP}`,
    labels: { [MANAGED_BY]: INSTALLER },
    annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes/enhancements/pull/3084' },
  },
  spec: {
    group: ABOUT_GROUP,
    scope: 'Cluster',
    names: {
      kind: 'ClusterProperty',
      listKind: 'ClusterPropertyList',
      plural: 'clusterproperties',
      singular: 'clusterproperty',
    },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        additionalPrinterColumns: [
          { name: 'value', type: 'string', jsonPath: '.spec.value' },
          { name: 'age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: {
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object' },
              spec: {
                type: 'object',
                required: ['value'],
                properties: { value: { type: 'string', minLength: 1, maxLength: 128_000 } },
              },
              status: { type: 'object' },
            },
          },
        },
      },
    ],
  },
};
