/**
 * Shared by `dns enable`, `dns disable` and `dns check`: options that locate CoreDNS, and changes to its configuration.
 */
import { type Command, Option } from 'commander';
import type { ConfigMapName } from '../dns/coredns/coredns-objects.ts';
import type { InstallPlan, Site } from '../dns/coredns/install.ts';
import { readSite } from '../dns/coredns/read-site.ts';
import { detectedText } from '../dns/platforms/detect.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { visibleLines } from '../runtime/visible.ts';
import { type ClusterOptions, withCluster } from './connect.ts';
import type { CliContext } from './context.ts';
import { zoneOption } from './options.ts';
import { parseObjectName } from './values.ts';

export interface ClusterDnsOptions extends ClusterOptions {
  readonly zone: string;
  readonly configmap?: ConfigMapName;
}

export interface ChangeOptions extends ClusterDnsOptions {
  readonly dryRun: boolean;
}

/** Adds the options that locate a cluster's CoreDNS. */
export function withClusterDns(command: Command): Command {
  return withCluster(command)
    .addOption(zoneOption())
    .addOption(
      new Option('--configmap <namespace/name>', 'ConfigMap that holds the Corefile, whatever the platform')
        .argParser(parseObjectName)
        .default(undefined, 'that of the platform, such as kube-system/coredns'),
    );
}

export function dryRunOption(): Option {
  return new Option('--dry-run', 'print the changes without writing them').default(false);
}

/** Reads what is known of the cluster's DNS. */
export function siteOf(client: KubeClient, { configmap }: ClusterDnsOptions): Promise<Site> {
  return readSite(client, configmap);
}

export function printPlatform({ stdout }: CliContext, { detected, configMap }: Site): void {
  const named = configMap ? `; using ConfigMap ${configMap.namespace}/${configMap.name}, as requested` : '';
  stdout.write(visibleLines(`Platform: ${detectedText(detected)}${named}\n`));
}

/** Prints the changes, their notes, and that nothing is to be done or written. Returns whether to write them. */
export function announce({ stdout }: CliContext, { edits, notes }: InstallPlan, dryRun: boolean): boolean {
  const changes = edits.map(({ title, lines }) => `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`);
  stdout.write(visibleLines([...changes, ...notes.map((note) => `Note: ${note}.\n`)].join('')));
  if (edits.length === 0) stdout.write('Already up to date.\n');
  else if (dryRun) stdout.write('Dry run: nothing was written.\n');
  return edits.length > 0 && !dryRun;
}
