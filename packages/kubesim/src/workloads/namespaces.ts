/** Default objects of every namespace: the ServiceAccount `default`, and the CA certificate trusted by pods. */
import type { Objects } from './objects.ts';

const ROOT_CA = 'kube-root-ca.crt';

/** Creates the ServiceAccount and ConfigMap of a namespace. `rootCertificate` is PEM. */
export function syncNamespace(objects: Objects, name: string, rootCertificate: string): undefined {
  const namespace = objects.get('/namespaces', undefined, name);
  if (!namespace || namespace.metadata.deletionTimestamp !== undefined) return;
  const account = { name: 'default', namespace: name };
  objects.ensure('/serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account }, account);
  const annotations = {
    'kubernetes.io/description': 'CA certificates for verifying the API server at its cluster-internal addresses.',
  };
  const key = { name: ROOT_CA, namespace: name };
  objects.ensure(
    '/configmaps',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...key, annotations }, data: { 'ca.crt': rootCertificate } },
    key,
  );
}
