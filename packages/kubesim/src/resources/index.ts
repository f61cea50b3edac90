/** The built-in resources of a cluster: those for Services and workloads, and those that kubectl queries. */
import type { ClusterSettings } from '../machinery/cluster-settings.ts';
import type { ResourceDefinition } from '../machinery/resource.ts';
import { configMaps, secrets } from './config-map.ts';
import { controllerRevisions } from './controller-revision.ts';
import { deployments, replicaSets } from './deployment.ts';
import { endpointSlices } from './endpoint-slice.ts';
import { endpoints } from './endpoints.ts';
import { coreEvents, events } from './event.ts';
import { leases } from './lease.ts';
import { namespaces } from './namespace.ts';
import { nodes } from './node.ts';
import { persistentVolumeClaims, persistentVolumes } from './persistent-volume.ts';
import { pods } from './pod.ts';
import { rbac } from './rbac.ts';
import { services } from './service.ts';
import { serviceAccounts } from './service-account.ts';
import { serviceCidrs } from './service-cidr.ts';
import { statefulSets } from './stateful-set.ts';
import { storageClasses } from './storage-class.ts';

/**
 * The resources of one cluster. Allocation state of addresses and ports is part of the result, so a cluster calls this
 * once.
 */
export function builtinResources(settings: ClusterSettings): readonly ResourceDefinition[] {
  return [
    configMaps,
    endpoints,
    coreEvents,
    namespaces,
    nodes,
    persistentVolumeClaims,
    persistentVolumes,
    pods,
    secrets,
    serviceAccounts,
    services(settings),
    deployments,
    replicaSets,
    statefulSets,
    controllerRevisions,
    leases,
    endpointSlices,
    events,
    serviceCidrs,
    ...rbac,
    storageClasses,
  ];
}
