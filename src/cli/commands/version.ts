/** `catamaran version`: of this program, and on request of what runs in a cluster. */
import packageJson from '../../../package.json' with { type: 'json' };
import type { KubeObject } from '../../api/meta.ts';
import type { Resource } from '../../api/resources.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { table } from '../../runtime/text-table.ts';
import { type ClusterOptions, withClient, withCluster } from '../connect.ts';
import type { CliContext, Register } from '../context.ts';
import { unlessStopped } from '../exit.ts';
import { examples } from '../help.ts';
import { type OutputFormat, outputOption, rendered } from '../output.ts';
import { nonEmpty } from '../values.ts';

const DEPLOYMENTS: Resource = {
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Deployment',
  namespaced: true,
};

interface Deployment extends KubeObject {
  readonly spec?: {
    readonly template?: { readonly spec?: { readonly containers?: readonly { readonly image?: string }[] } };
  };
  readonly status?: { readonly replicas?: number; readonly readyReplicas?: number };
}

interface VersionOptions extends ClusterOptions {
  readonly server: boolean;
  readonly namespace: string;
  readonly output: OutputFormat;
}

interface Running {
  readonly name: string;
  readonly version: string;
  readonly image: string;
  readonly ready: number;
  readonly replicas: number;
}

interface Versions {
  readonly client: { readonly version: string; readonly node: string; readonly platform: string };
  readonly server?: { readonly cluster: string; readonly kubernetes: string; readonly deployments: readonly Running[] };
}

function running({ metadata, spec, status }: Deployment): Running {
  return {
    name: metadata.name,
    version: metadata.labels?.['app.kubernetes.io/version'] ?? '',
    image: spec?.template?.spec?.containers?.[0]?.image ?? '',
    ready: status?.readyReplicas ?? 0,
    replicas: status?.replicas ?? 0,
  };
}

async function serverVersions(client: KubeClient, namespace: string, signal: AbortSignal) {
  const labelSelector = 'app.kubernetes.io/part-of=catamaran';
  const [version, { items }] = await Promise.all([
    client.raw('/version', { signal }),
    client.list<Deployment>(DEPLOYMENTS, { namespace, labelSelector, signal }),
  ]);
  const kubernetes =
    typeof version === 'object' && version !== null && 'gitVersion' in version ? version.gitVersion : '';
  return { cluster: client.cluster, kubernetes: String(kubernetes), deployments: items.map(running) };
}

function versionText({ client, server }: Versions): string {
  const own = `Client: ${client.version} (Node.js ${client.node}, ${client.platform})\n`;
  if (!server) return own;
  const rows = server.deployments.map(({ name, version, image, ready, replicas }) => [
    name,
    version,
    `${ready}/${replicas}`,
    image,
  ]);
  const shown =
    rows.length === 0 ? 'nothing is installed\n' : `\n${table([['NAME', 'VERSION', 'READY', 'IMAGE'], ...rows])}`;
  return `${own}Kubernetes of ${server.cluster}: ${server.kubernetes}\nServer: ${shown}`;
}

async function run(options: VersionOptions, context: CliContext): Promise<void> {
  const { node } = process.versions;
  const client = { version: packageJson.version, node, platform: `${process.platform}/${process.arch}` };
  const { signal } = context;
  const server = options.server
    ? await withClient(options, context, (each) =>
        unlessStopped(serverVersions(each, options.namespace, signal), signal),
      )
    : undefined;
  const versions: Versions = { client, ...(server && { server }) };
  context.stdout.write(rendered(versions, options.output, () => versionText(versions)));
}

export const registerVersion: Register = (program, context) => {
  withCluster(program.command('version').description('print the version of this program'))
    .option('--server', 'also print what is installed in a cluster', false)
    .option('-n, --namespace <name>', 'namespace of the installation', nonEmpty, 'catamaran-system')
    .addOption(outputOption(['table', 'json', 'yaml']))
    .addHelpText(
      'after',
      examples('catamaran version', ['catamaran version --server --context hub', 'and that of the controller']),
    )
    .action((options: VersionOptions) => run(options, context));
};
