/** `catamaran sandbox apply`: applies objects to a cluster, without kubectl. */
import { withClient } from '../connect.ts';
import type { Register } from '../context.ts';
import { examples } from '../help.ts';
import { loadSandbox, remoteOf, type StateOptions, withStateDir } from '../local-sandbox.ts';

interface ApplyOptions extends StateOptions {
  readonly to: string;
  readonly filename: readonly string[];
  readonly namespace: string;
}

export const registerSandboxApply: Register = (sandbox, context) => {
  const { signal, stdout } = context;
  withStateDir(sandbox.command('apply').description('apply YAML files to a cluster with server-side apply'))
    .requiredOption('--to <cluster>', 'cluster to apply to')
    .requiredOption('-f, --filename <files...>', 'files to apply; - reads stdin')
    .option('-n, --namespace <name>', 'namespace for objects that have none', 'default')
    .addHelpText(
      'after',
      examples(
        'catamaran sandbox apply --to cluster1 -f web.yaml',
        'catamaran sandbox apply --to cluster1 -f web.yaml more.yaml --namespace shop',
      ),
    )
    .action(async ({ to, filename, namespace, ...options }: ApplyOptions) => {
      const { readManifests, applyManifests } = await loadSandbox();
      const manifests = await readManifests(filename);
      const remote = await remoteOf(options);
      await remote.cluster(to);
      const { kubeconfig } = await remote.status();
      await withClient({ kubeconfig, context: to, kubeconfigTrust: 'user' }, context, (client) =>
        applyManifests(client, manifests, namespace, signal, (line) => stdout.write(`${line}\n`)),
      );
    });
};
