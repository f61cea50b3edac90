/**
 * What other implementations of the Multi-Cluster Services API, and their like, write into a cluster. From their code and
 * documentation in November 2026, in our own words: Cilium 1.20 (pkg/clustermesh), Submariner Lighthouse, Karmada
 * (MultiClusterService), GKE (documentation only), Linkerd, Liqo.
 */
import type { ObjectMeta, StringMap } from '../../src/api/meta.ts';

const NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const IMPORT = 'multicluster.kubernetes.io/service-name';
const SOURCE = 'multicluster.kubernetes.io/source-cluster';

/** Labels of slices with endpoints of other clusters, all for a Service `web`. */
export const IMPORTED_SLICES: Readonly<Record<string, StringMap>> = {
  'Cilium, of a global Service': {
    [NAME]: 'web',
    [MANAGED_BY]: 'endpointslice-mesh-controller.cilium.io',
    [SOURCE]: 'kind-2',
  },
  'an older Cilium, without the source': { [NAME]: 'web', [MANAGED_BY]: 'endpointslice-mesh-controller.cilium.io' },
  'Cilium, of a derived Service': {
    [NAME]: 'derived-9jo8ljlgl7',
    [MANAGED_BY]: 'endpointslice-local-mcsapi-controller.cilium.io',
    [IMPORT]: 'web',
    [SOURCE]: 'kind-1',
  },
  Submariner: {
    [NAME]: 'web',
    [MANAGED_BY]: 'lighthouse-agent.submariner.io',
    [IMPORT]: 'web',
    [SOURCE]: 'east',
    'lighthouse.submariner.io/sourceNamespace': 'shop',
  },
  // Labelled for the Service of the same name, and without a source.
  Karmada: {
    [NAME]: 'web',
    [MANAGED_BY]: 'endpointslice-dispatch-controller.karmada.io',
    'karmada.io/managed': 'true',
  },
  Liqo: { [NAME]: 'web', [MANAGED_BY]: 'endpointslice.reflection.liqo.io' },
  'any implementation of the API': { [NAME]: 'web', [MANAGED_BY]: 'example.org', [IMPORT]: 'web' },
};

/** Metadata of Services that lead to other clusters. */
export const OTHER_SERVICES: Readonly<Record<string, ObjectMeta>> = {
  Cilium: {
    name: 'derived-9jo8ljlgl7',
    labels: { [IMPORT]: 'web', [SOURCE]: 'kind-1' },
    annotations: { 'service.cilium.io/global': 'true' },
  },
  'the reference implementation': {
    name: 'derived-9jo8ljlgl7',
    ownerReferences: [{ apiVersion: 'multicluster.x-k8s.io/v1alpha1', kind: 'ServiceImport', name: 'web', uid: 'a' }],
  },
  GKE: {
    name: 'gke-mcs-7pqvt62non',
    ownerReferences: [{ apiVersion: 'net.gke.io/v1', kind: 'ServiceImport', name: 'web', uid: 'a' }],
  },
  'GKE, by its name alone': { name: 'gke-mcs-7pqvt62non' },
  Linkerd: { name: 'web-east', labels: { 'mirror.linkerd.io/mirrored-service': 'true' } },
};

/** Field manager of an implementation, and the conditions it sets on an export that it finds valid. */
export const EXPORT_CONDITIONS: Readonly<Record<string, readonly (readonly [string, string, string, string])[]>> = {
  'cilium-operator-generic': [
    ['Valid', 'True', 'Valid', 'ServiceExport is valid'],
    ['Ready', 'True', 'Ready', 'ServiceExport is ready'],
    ['Conflict', 'False', 'NoConflicts', 'ServiceExport has no conflicts'],
  ],
  'lighthouse-agent': [
    ['Valid', 'True', '', ''],
    ['Ready', 'True', 'ServiceExported', 'Service was successfully exported to the broker'],
  ],
};
