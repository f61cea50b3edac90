/**
 * Volumes for fake pods. A laptop has no provisioner, and the scheduler does not place pods with unbound claims, so the
 * volumes for claims of the walkthrough's storage class are created in advance.
 */

/** The storage class in ACK's headless walkthrough. */
const STORAGE_CLASS = 'alicloud-disk-topology-alltype';
const COUNT = 8;

/** A List for `kubectl apply`. */
export function fakeVolumes(): object {
  const storageClass = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: STORAGE_CLASS },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'Immediate',
  };
  const volumes = Array.from({ length: COUNT }, (_, i) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `fake-disk-${i + 1}` },
    spec: {
      storageClassName: STORAGE_CLASS,
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '50Gi' },
      persistentVolumeReclaimPolicy: 'Retain',
      // Never mounted: fake nodes run nothing.
      hostPath: { path: `/fake-disk-${i + 1}` },
    },
  }));
  return { apiVersion: 'v1', kind: 'List', items: [storageClass, ...volumes] };
}
