/** How to reach a member. */
import { dirname, resolve } from 'node:path';

/** `path` is absolute; absent: KUBECONFIG, else the user's own file. `context` absent: the kubeconfig's current one. */
export type MemberAccess =
  | { readonly kind: 'kubeconfig'; readonly path?: string; readonly context?: string }
  | { readonly kind: 'inCluster' };

/** The fields of a member that say how to reach it. */
export interface AccessFields {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly inCluster?: boolean | undefined;
}

/** How the fields of a member in `file` say to reach it. */
export function accessOf(member: AccessFields, file: string): MemberAccess {
  if (member.inCluster) return { kind: 'inCluster' };
  return {
    kind: 'kubeconfig',
    ...(member.kubeconfig !== undefined && { path: resolve(dirname(file), member.kubeconfig) }),
    ...(member.context !== undefined && { context: member.context }),
  };
}

/** The way to a member in words, the same for two members exactly where it is the same way. */
export function accessText(access: MemberAccess): string {
  if (access.kind === 'inCluster') return 'the cluster that Catamaran runs in';
  const context = access.context === undefined ? 'the current context' : `context ${JSON.stringify(access.context)}`;
  return `${context} of ${access.path ?? 'the default kubeconfig'}`;
}
