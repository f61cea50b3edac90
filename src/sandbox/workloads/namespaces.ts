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
    'kubernetes.io/description':
      'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
  };
  const key = { name: ROOT_CA, namespace: name };
  objects.ensure(
    '/configmaps',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...key, annotations }, data: { 'ca.crt': rootCertificate } },
    key,
  );
}
