/** `catamaran completion`: scripts for shells. */
import { Argument } from 'commander';
import { completionScript, SHELLS, type Shell } from '../completion-scripts.ts';
import type { Register } from '../context.ts';
import { examples } from '../help.ts';

export const registerCompletion: Register = (program, context) => {
  program
    .command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'shell').choices(SHELLS))
    .addHelpText(
      'after',
      examples(
        ['source <(catamaran completion bash)', 'in this shell'],
        [`catamaran completion zsh > "\${fpath[1]}/_catamaran"`, 'from now on'],
        'catamaran completion fish | source',
      ),
    )
    .action((shell: Shell) => {
      context.stdout.write(completionScript(program, 'catamaran', shell));
    });
};
