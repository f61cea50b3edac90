/** The built-in resources of a cluster of the sandbox: those that a clusterset needs, and those that kubectl asks about. */
import type { ClusterSettings, ResourceDefinition } from '../apiserver/resource.ts';
import { configMaps, secrets } from './configMap.ts';
import { controllerRevisions } from './controllerRevision.ts';
import { deployments, replicaSets } from './deployment.ts';
import { endpointSlices } from './endpointSlice.ts';
import { endpoints } from './endpoints.ts';
import { coreEvents, events } from './event.ts';
import { leases } from './lease.ts';
import { namespaces } from './namespace.ts';
import { nodes } from './node.ts';
import { persistentVolumeClaims, persistentVolumes } from './persistentVolume.ts';
import { pods } from './pod.ts';
import { rbac } from './rbac.ts';
import { services } from './service.ts';
import { serviceAccounts } from './serviceAccount.ts';
import { serviceCidrs } from './serviceCidr.ts';
import { statefulSets } from './statefulSet.ts';
import { storageClasses } from './storageClass.ts';

/**
 * The resources of one cluster. What they know of addresses and ports in use lives in what is given: a cluster calls this
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
