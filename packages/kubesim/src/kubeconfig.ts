import type { ClusterAccess } from './cluster.ts';

/**
 * A self-contained kubeconfig with one context per cluster; the first is the current context. Written as JSON, which is
 * valid YAML.
 */
export function kubeconfigOf(clusters: readonly Omit<ClusterAccess, 'kubeconfig'>[]): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': clusters[0]?.name ?? '',
    clusters: clusters.map(({ name, server, ca }) => ({
      name,
      cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
    })),
    users: clusters.map(({ name, token }) => ({ name, user: { token } })),
    contexts: clusters.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
