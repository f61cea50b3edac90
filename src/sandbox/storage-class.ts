/**
 * The storage class used in ACK's headless walk-through. Claims of any class are bound; this one is listed by kubectl.
 */
import type { ClusterApi } from 'kubesim';

export function createStorageClass(api: ClusterApi): void {
  api.create('storage.k8s.io/storageclasses', {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'alicloud-disk-topology-alltype' },
    provisioner: 'kubesim.catamaran.dev/none',
  });
}
