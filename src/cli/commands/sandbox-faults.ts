/** `catamaran sandbox partition`, `heal`, `stop`, `start` and `slow`: fault injection for one cluster. */
import { type Command, Option } from 'commander';
import type { ActionRequest } from '../../sandbox/control-protocol.ts';
import type { CliContext, Register } from '../context.ts';
import { examples } from '../help.ts';
import { remoteOf, type StateOptions, withStateDir } from '../local-sandbox.ts';
import { wholeNumber } from '../values.ts';

interface Fault {
  readonly action: ActionRequest['action'];
  readonly description: string;
  /** Printed after the name of the cluster. */
  readonly outcome: string;
}

const FAULTS: readonly Fault[] = [
  {
    action: 'partition',
    description: 'cut the link between the controller and a cluster',
    outcome: 'cut off from the controller; kubectl and traffic still work',
  },
  { action: 'heal', description: 'undo `partition` and `slow`', outcome: 'connected to the controller again' },
  {
    action: 'stop',
    description: 'stop the API server of a cluster',
    outcome: 'API server stopped; traffic still works',
  },
  { action: 'start', description: 'start the API server of a cluster again', outcome: 'API server started' },
];

const MAX_DELAY_MS = 60_000;

async function act(
  cluster: string,
  request: ActionRequest,
  outcome: string,
  options: StateOptions,
  { stdout }: CliContext,
): Promise<void> {
  await (await remoteOf(options)).act(cluster, request);
  stdout.write(`${cluster}: ${outcome}\n`);
}

function faultCommand(sandbox: Command, action: ActionRequest['action'], description: string): Command {
  return withStateDir(sandbox.command(action).description(description).argument('<cluster>', 'cluster name'));
}

export const registerSandboxFaults: Register = (sandbox, context) => {
  for (const { action, description, outcome } of FAULTS) {
    faultCommand(sandbox, action, description)
      .addHelpText('after', examples(`catamaran sandbox ${action} cluster1`))
      .action((cluster: string, options: StateOptions) => act(cluster, { action }, outcome, options, context));
  }
  faultCommand(sandbox, 'slow', 'delay the responses of a cluster to the controller')
    .addOption(
      new Option('--ms <count>', `milliseconds, at most ${MAX_DELAY_MS}; 0 removes the delay`)
        .argParser(wholeNumber(0, MAX_DELAY_MS))
        .default(500),
    )
    .addHelpText(
      'after',
      examples('catamaran sandbox slow cluster1 --ms 300', [
        'catamaran sandbox slow cluster1 --ms 0',
        'remove the delay',
      ]),
    )
    .action((cluster: string, { ms, ...options }: StateOptions & { readonly ms: number }) => {
      const outcome = ms === 0 ? 'responds without delay' : `responses to the controller are delayed by ${ms} ms`;
      return act(cluster, { action: 'slow', ms }, outcome, options, context);
    });
};
