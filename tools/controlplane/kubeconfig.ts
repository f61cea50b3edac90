/** Self-contained kubeconfigs. */
export interface ClusterAccess {
  /** Name of cluster, user and context. */
  readonly name: string;
  readonly server: string;
  /** PEM. */
  readonly ca: Buffer;
  readonly token: string;
}

/** A kubeconfig of several clusters, in JSON, which is valid YAML. The first context is the current one. */
export function kubeconfig(clusters: readonly ClusterAccess[]): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': clusters[0]?.name ?? '',
    clusters: clusters.map(({ name, server, ca }) => ({
      name,
      cluster: { server, 'certificate-authority-data': ca.toString('base64') },
    })),
    users: clusters.map(({ name, token }) => ({ name, user: { token } })),
    contexts: clusters.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
