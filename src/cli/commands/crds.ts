/** `catamaran crds`: the CustomResourceDefinitions, for `kubectl apply -f -`. */
import { Option } from 'commander';
import { CRDS, crdsYaml } from '../../api/crd-manifests.ts';
import type { Register } from '../context.ts';

export const registerCrds: Register = (program, { stdout }) => {
  program
    .command('crds')
    .description('print the ServiceExport and ServiceImport CRDs')
    .addOption(new Option('-o, --output <format>', 'yaml or json').choices(['yaml', 'json']).default('yaml'))
    .addHelpText('after', '\nExample:\n  catamaran crds | kubectl apply -f -\n')
    .action(({ output }: { readonly output: 'yaml' | 'json' }) => {
      const list = { apiVersion: 'v1', kind: 'List', items: CRDS };
      stdout.write(output === 'json' ? `${JSON.stringify(list, null, 2)}\n` : crdsYaml());
    });
};
