/** `catamaran sandbox`: the group of commands for a clusterset on a laptop. */
import type { Register } from '../context.ts';
import { examples } from '../help.ts';
import { registerSandboxApply } from './sandbox-apply.ts';
import { registerSandboxCurl } from './sandbox-curl.ts';
import { registerSandboxDown } from './sandbox-down.ts';
import { registerSandboxFaults } from './sandbox-faults.ts';
import { registerSandboxStatus } from './sandbox-status.ts';
import { registerSandboxUp } from './sandbox-up.ts';

/** In the order of the help text. */
const COMMANDS: readonly Register[] = [
  registerSandboxUp,
  registerSandboxDown,
  registerSandboxStatus,
  registerSandboxCurl,
  registerSandboxFaults,
  registerSandboxApply,
];

export const registerSandbox: Register = (program, context) => {
  const sandbox = program
    .command('sandbox')
    .description('run local clusters to try Catamaran, without root')
    .addHelpText(
      'after',
      examples(
        ['catamaran sandbox up', 'run two clusters and a controller until Ctrl-C'],
        'catamaran sandbox up --clusters 5 --import Manual',
        'catamaran sandbox status',
        'catamaran sandbox apply --to cluster1 -f web.yaml',
        'catamaran sandbox curl --from cluster2 amcs-web.default',
        ['catamaran sandbox partition cluster1', 'cut cluster1 off from the controller'],
        'catamaran sandbox heal cluster1',
      ),
    );
  for (const register of COMMANDS) register(sandbox, context);
};
