/** How other implementations mark what they import from other clusters. Sources: their code and documentation. */
import { MCS_SERVICE_NAME, SLICE_MANAGED_BY } from '../api/labels.ts';
import type { Condition, ObjectMeta, StringMap } from '../api/meta.ts';
import { MCS_GROUP } from '../api/multicluster.ts';

/** Managers of EndpointSlices with endpoints of other clusters. Some label them for a Service of the same name. */
const SLICE_MANAGERS: ReadonlySet<string> = new Set([
  'endpointslice-mesh-controller.cilium.io',
  'endpointslice-local-mcsapi-controller.cilium.io',
  'lighthouse-agent.submariner.io',
  'endpointslice-dispatch-controller.karmada.io',
  'endpointslice.reflection.liqo.io',
]);

/** Groups of ServiceImports: GKE has its own. */
const IMPORT_GROUPS: readonly string[] = [MCS_GROUP, 'net.gke.io'];

/** Set by Linkerd on Services that it mirrors from another cluster. */
const LINKERD_MIRROR = 'mirror.linkerd.io/mirrored-service';

/** Names of Services that GKE derives. */
const GKE_SERVICE = /^gke-mcs-[a-z0-9]{10}$/;

/** Whether an EndpointSlice with these labels was imported, by any implementation that is known. */
export function isImportedSlice(labels: StringMap | undefined): boolean {
  return labels?.[MCS_SERVICE_NAME] !== undefined || SLICE_MANAGERS.has(labels?.[SLICE_MANAGED_BY] ?? '');
}

/** Whether another implementation derived a Service from an import. */
export function isImportedService({ name, labels, ownerReferences = [] }: ObjectMeta): boolean {
  return (
    labels?.[MCS_SERVICE_NAME] !== undefined ||
    labels?.[LINKERD_MIRROR] !== undefined ||
    GKE_SERVICE.test(name) ||
    ownerReferences.some(
      ({ kind, apiVersion }) =>
        kind === 'ServiceImport' && IMPORT_GROUPS.some((group) => apiVersion.startsWith(`${group}/`)),
    )
  );
}

/** Messages of conditions of valid exports. */
const MESSAGES: ReadonlyMap<string, string> = new Map([
  ['ServiceExport is valid', 'cilium-operator'],
  ['ServiceExport is ready', 'cilium-operator'],
  ['Service was successfully exported to the broker', 'lighthouse-agent'],
]);

/** The implementation that wrote one of the conditions of an export, by its message; undefined if none is known. */
export function implementationOf(conditions: readonly Condition[]): string | undefined {
  for (const { message } of conditions) {
    const found = MESSAGES.get(message);
    if (found !== undefined) return found;
  }
  return undefined;
}
