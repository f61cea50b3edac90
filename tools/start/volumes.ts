/**
 * Volumes for the fake pods: nobody provisions disks on a laptop, and the scheduler places no pod whose claim is
 * unbound. So there are volumes from the start that claims of the walk-through's storage class are bound to.
 */

/** The class that ACK's headless walk-through names. */
const STORAGE_CLASS = 'alicloud-disk-topology-alltype';
const COUNT = 8;

/** The StorageClass and its volumes, as a List for `kubectl apply`. */
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
