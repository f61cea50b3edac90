/** `catamaran crds`: prints the CustomResourceDefinitions, and the group of commands that compare and install them. */
import { CRDS, crdsYaml } from '../../api/crd-manifests.ts';
import type { Register } from '../context.ts';
import { examples } from '../help.ts';
import { outputOption } from '../output.ts';
import { registerCrdsApply } from './crds-apply.ts';
import { registerCrdsDiff } from './crds-diff.ts';

export const registerCrds: Register = (program, context) => {
  const crds = program
    .command('crds')
    .description('print the ServiceExport and ServiceImport CRDs')
    .enablePositionalOptions()
    .addOption(outputOption(['yaml', 'json']))
    .addHelpText(
      'after',
      examples('catamaran crds | kubectl apply -f -', [
        'catamaran crds diff --context cluster1',
        'if the cluster has CRDs of another implementation',
      ]),
    )
    .action(({ output }: { readonly output: 'yaml' | 'json' }) => {
      const list = { apiVersion: 'v1', kind: 'List', items: CRDS };
      context.stdout.write(output === 'json' ? `${JSON.stringify(list, null, 2)}\n` : crdsYaml());
    });
  registerCrdsDiff(crds, context);
  registerCrdsApply(crds, context);
};
