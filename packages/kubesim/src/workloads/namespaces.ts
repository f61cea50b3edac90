/** What every namespace has: the ServiceAccount `default`, and the certificate that its pods trust. */
import type { Objects } from './objects.ts';

const ROOT_CA = 'kube-root-ca.crt';

/** Gives a namespace its ServiceAccount and ConfigMap. `rootCertificate` is PEM. */
export function syncNamespace(objects: Objects, name: string, rootCertificate: string): undefined {
  const namespace = objects.get('/namespaces', undefined, name);
  if (!namespace || namespace.metadata.deletionTimestamp !== undefined) return;
  const account = { name: 'default', namespace: name };
  objects.ensure('/serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account }, account);
  const annotations = {
    'kubernetes.io/description': 'Certificates to check the API server by, at its addresses inside of the cluster.',
  };
  const key = { name: ROOT_CA, namespace: name };
  objects.ensure(
    '/configmaps',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...key, annotations }, data: { 'ca.crt': rootCertificate } },
    key,
  );
}
