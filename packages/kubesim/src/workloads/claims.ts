/** PersistentVolumeClaims, which are bound immediately, whatever their class, since no data is stored. */
import type { Claim, Pod } from './kinds.ts';
import type { Objects } from './objects.ts';

/** Class of claims without one. */
export const DEFAULT_STORAGE_CLASS = 'standard';

/** Finalizer that protects a claim while pods use it. */
const PROTECTION = 'kubernetes.io/pvc-protection';

export function claimsOf({ spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
}

/** Binds one claim, or removes its finalizer if it is deleted and no pod uses it. */
export function syncClaim(objects: Objects, namespace: string, name: string): undefined {
  const claim = objects.get('/persistentvolumeclaims', namespace, name);
  if (!claim) return;
  if (claim.metadata.deletionTimestamp !== undefined) {
    release(objects, claim);
    return;
  }
  if (claim.status?.phase === 'Bound') return;
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

function release(objects: Objects, claim: Claim): void {
  const { namespace, name, finalizers = [] } = claim.metadata;
  if (!finalizers.includes(PROTECTION)) return;
  if (objects.list('/pods', namespace).some((pod) => claimsOf(pod).includes(name))) return;
  const others = finalizers.filter((finalizer) => finalizer !== PROTECTION);
  objects.update('/persistentvolumeclaims', { ...claim, metadata: { ...claim.metadata, finalizers: others } });
}
