/**
 * Shared by `dns enable`, `dns disable` and `dns check`: options that locate CoreDNS, and changes to its configuration.
 */
import { type Command, Option } from 'commander';
import { type CoreDnsNames, KUBEADM_NAMES } from '../dns/coredns/coredns-objects.ts';
import { type InstallPlan, type InstallRequest, planInstall } from '../dns/coredns/install.ts';
import { applyEdits } from '../dns/coredns/object-edit.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { visibleLines } from '../runtime/visible.ts';
import { type ClusterOptions, withClient, withCluster } from './connect.ts';
import type { CliContext } from './context.ts';
import { unlessStopped } from './exit.ts';
import { zoneOption } from './options.ts';
import { nonEmpty, parseObjectName } from './values.ts';

export interface ClusterDnsOptions extends ClusterOptions {
  readonly zone: string;
  readonly configmap: Pick<CoreDnsNames, 'namespace' | 'name'>;
  readonly clusterRole: string;
}

export interface ChangeOptions extends ClusterDnsOptions {
  readonly dryRun: boolean;
}

/** Adds the options that locate a cluster's CoreDNS. */
export function withClusterDns(command: Command): Command {
  const { namespace, name, clusterRole } = KUBEADM_NAMES;
  return withCluster(command)
    .addOption(zoneOption())
    .addOption(
      new Option('--configmap <namespace/name>', 'ConfigMap that holds the Corefile')
        .argParser(parseObjectName)
        .default({ namespace, name }, `${namespace}/${name}`),
    )
    .addOption(new Option('--cluster-role <name>', 'ClusterRole of CoreDNS').argParser(nonEmpty).default(clusterRole));
}

export function dryRunOption(): Option {
  return new Option('--dry-run', 'print the changes without writing them').default(false);
}

export function namesOf({ configmap, clusterRole }: ClusterDnsOptions): CoreDnsNames {
  return { ...configmap, clusterRole };
}

function planText({ edits, notes }: InstallPlan): string {
  const changes = edits.map(({ title, lines }) => `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`);
  return [...changes, ...notes.map((note) => `Note: ${note}.\n`)].join('');
}

/** Plans a change, prints it, and makes it unless this is a dry run. */
export async function changeClusterDns(
  options: ChangeOptions,
  requested: (client: KubeClient) => Promise<InstallRequest>,
  context: CliContext,
): Promise<void> {
  const { stdout, signal } = context;
  const names = namesOf(options);
  await withClient(options, context, async (client) => {
    const planned = async () => planInstall(client, names, await requested(client));
    // Writes always complete once started, so only planning can be stopped.
    const plan = await unlessStopped(planned(), signal);
    stdout.write(visibleLines(planText(plan)));
    if (plan.edits.length === 0) stdout.write('Already up to date.\n');
    else if (options.dryRun) stdout.write('Dry run: nothing was written.\n');
    else {
      await applyEdits(client, plan.edits);
      const restart = `kubectl -n ${names.namespace} rollout restart deployment ${names.name}`;
      stdout.write(
        plan.reloads
          ? 'Done. CoreDNS reloads its configuration within two minutes.\n'
          : `Done. The Corefile has no reload plugin, restart CoreDNS: ${restart}\n`,
      );
    }
  });
}
