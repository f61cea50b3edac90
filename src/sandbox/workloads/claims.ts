/** PersistentVolumeClaims: bound as soon as they are there, whatever their class; the sandbox keeps no data. */
import type { Objects } from './objects.ts';

/** The class of a claim that names none. */
export const DEFAULT_STORAGE_CLASS = 'standard';

/** Binds one claim. */
export function syncClaim(objects: Objects, namespace: string, name: string): undefined {
  const claim = objects.get('/persistentvolumeclaims', namespace, name);
  if (!claim || claim.status?.phase === 'Bound' || claim.metadata.deletionTimestamp !== undefined) return;
  const bound = claim.spec?.volumeName
    ? claim
    : objects.update('/persistentvolumeclaims', {
        ...claim,
        spec: { storageClassName: DEFAULT_STORAGE_CLASS, ...claim.spec, volumeName: `pvc-${claim.metadata.uid}` },
      });
  const capacity = claim.spec?.resources?.requests ?? {};
  const status = { phase: 'Bound', accessModes: claim.spec?.accessModes ?? [], capacity };
  objects.updateStatus('/persistentvolumeclaims', { ...bound, status });
}
