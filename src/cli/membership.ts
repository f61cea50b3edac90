/** Shared by `join` and `leave`: two clusters, and the lines that they print. */
import { type Command, Option } from 'commander';
import type { KubeClient } from '../kube/client/client.ts';
import { createKubeClient } from '../kube/client/http-client.ts';
import type { ClusterAccess } from '../kube/kubeconfig/credentials.ts';
import { loadKubeconfig } from '../kube/kubeconfig/kubeconfig.ts';
import { CatamaranError } from '../runtime/errors.ts';
import { visible } from '../runtime/visible.ts';
import { kubeconfigOf } from './connect.ts';
import type { CliContext } from './context.ts';
import { namespaceOption } from './installing.ts';
import { nonEmpty } from './values.ts';

export interface TwoClusters {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly hubKubeconfig?: string;
  readonly hubContext: string;
  readonly namespace: string;
}

/** Adds the options that select the member and the hub. */
export function withTwoClusters(command: Command, memberContext: string): Command {
  return command
    .addOption(
      new Option('--kubeconfig <file>', 'kubeconfig file')
        .argParser(nonEmpty)
        .default(undefined, 'KUBECONFIG, then ~/.kube/config'),
    )
    .addOption(new Option('--context <name>', memberContext).argParser(nonEmpty))
    .addOption(
      new Option('--hub-kubeconfig <file>', 'kubeconfig file of the hub')
        .argParser(nonEmpty)
        .default(undefined, 'that of --kubeconfig'),
    )
    .addOption(
      new Option('--hub-context <name>', 'kubeconfig context of the hub').argParser(nonEmpty).makeOptionMandatory(),
    )
    .addOption(namespaceOption());
}

/** The access of a context of the user's own kubeconfig. */
export function userAccess(
  kubeconfig: string | undefined,
  context: string | undefined,
  { environment }: Pick<CliContext, 'environment'>,
): Promise<ClusterAccess> {
  const { kubeconfigFiles, variables } = environment;
  const files =
    kubeconfig === undefined && kubeconfigFiles.length > 0
      ? kubeconfigFiles
      : [kubeconfigOf({ ...(kubeconfig !== undefined && { kubeconfig }) }, environment)];
  return loadKubeconfig({ files, trust: 'user', environment: variables, ...(context !== undefined && { context }) });
}

export function memberAccess(options: TwoClusters, context: CliContext): Promise<ClusterAccess> {
  return userAccess(options.kubeconfig, options.context, context);
}

export function hubAccess(options: TwoClusters, context: CliContext): Promise<ClusterAccess> {
  return userAccess(options.hubKubeconfig ?? options.kubeconfig, options.hubContext, context);
}

/** Connects for one task. */
export async function withAccess<T>(access: ClusterAccess, use: (client: KubeClient) => Promise<T>): Promise<T> {
  const client = createKubeClient({ cluster: access.context ?? access.server, access });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** `cluster1: serviceaccounts catamaran-system/catamaran created (dry run)` */
export function objectLine(
  {
    cluster,
    object,
    action,
    reason,
  }: { readonly cluster: string; readonly object: string; readonly action: string; readonly reason?: string },
  dryRun: boolean,
): string {
  const isChange = action !== 'unchanged' && action !== 'kept';
  return visible(
    `${cluster}: ${object} ${action}${dryRun && isChange ? ' (dry run)' : ''}${reason === undefined ? '' : `: ${reason}`}`,
  );
}

/** The certificate authority that the controller should trust. @throws CTM_USAGE */
export function authorityOf({ tls, source }: ClusterAccess, text: string | undefined): string | undefined {
  if (text !== undefined) return text;
  if (!tls.insecure) return tls.ca;
  const message = `${source} does not verify the API server (insecure-skip-tls-verify)`;
  throw new CatamaranError('CTM_USAGE', `${message}; pass --certificate-authority`);
}
