/** `catamaran crds`: prints the CustomResourceDefinitions, for `kubectl apply -f -`. */
import { CRDS, crdsYaml } from '../../api/crd-manifests.ts';
import type { Register } from '../context.ts';
import { examples } from '../help.ts';
import { outputOption } from '../output.ts';

export const registerCrds: Register = (program, { stdout }) => {
  program
    .command('crds')
    .description('print the ServiceExport and ServiceImport CRDs')
    .addOption(outputOption(['yaml', 'json']))
    .addHelpText('after', examples('catamaran crds | kubectl apply -f -'))
    .action(({ output }: { readonly output: 'yaml' | 'json' }) => {
      const list = { apiVersion: 'v1', kind: 'List', items: CRDS };
      stdout.write(output === 'json' ? `${JSON.stringify(list, null, 2)}\n` : crdsYaml());
    });
};
