import { dirname, resolve } from 'node:path';

/** `path` is absolute. Defaults: KUBECONFIG or ~/.kube/config; the current context. */
export type MemberAccess =
  | { readonly kind: 'kubeconfig'; readonly path?: string; readonly context?: string }
  | { readonly kind: 'inCluster' }
  /** Kept by an inventory, under this name: `Secret "catamaran-system/cluster1"`. */
  | { readonly kind: 'stored'; readonly source: string };

export interface AccessFields {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly inCluster?: boolean | undefined;
}

/** `file` is the fleet file, to which the kubeconfig is relative. */
export function accessOf(member: AccessFields, file: string): MemberAccess {
  if (member.inCluster) return { kind: 'inCluster' };
  return {
    kind: 'kubeconfig',
    ...(member.kubeconfig !== undefined && { path: resolve(dirname(file), member.kubeconfig) }),
    ...(member.context !== undefined && { context: member.context }),
  };
}

/** A description for messages, equal for two members if and only if their access is equal. */
export function accessText(access: MemberAccess): string {
  if (access.kind === 'inCluster') return 'the cluster that Catamaran runs in';
  if (access.kind === 'stored') return access.source;
  const context = access.context === undefined ? 'the current context' : `context ${JSON.stringify(access.context)}`;
  return `${context} of ${access.path ?? 'the default kubeconfig'}`;
}
