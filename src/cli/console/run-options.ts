/** The console of `catamaran run`. */
import { type Command, Option } from 'commander';
import type { Controller } from '../../controller/controller.ts';
import type { WriteLog } from '../../controller/write-log.ts';
import type { Address } from '../../runtime/address.ts';
import { systemClock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Pace } from '../../runtime/pace.ts';
import type { Accounts } from '../../server/console/sessions/accounts.ts';
import { bearerTokens } from '../../server/console/sessions/bearer-tokens.ts';
import { oneTimeCodes } from '../../server/console/sessions/one-time-code.ts';
import { connector, targetOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { kubeconfigTrust, type TrustOptions } from '../kubeconfig-trust.ts';
import { parseOptionalAddress } from '../listen-address.ts';
import { nonEmpty } from '../values.ts';
import { type ConsoleSlot, consoleUrl } from './serve-console.ts';
import { writeSource } from './write-source.ts';

export interface RunConsoleOptions extends TrustOptions {
  readonly console: Address | 'none';
  readonly consoleLogin: 'token' | 'code';
  readonly consoleWrite: boolean;
  readonly consoleHost: readonly string[];
  readonly consoleKubeconfig?: string;
  readonly consoleSandbox?: string;
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

export function withConsole(command: Command): Command {
  return command
    .addOption(
      new Option('--console <host:port>', 'address of the console for browsers, or none')
        .argParser(parseOptionalAddress)
        .default('none'),
    )
    .addOption(
      new Option(
        '--console-login <how>',
        'token: users sign in with a bearer token, which the cluster reviews; code: users open the one-time address that is printed to stdout, on loopback only',
      )
        .choices(['token', 'code'])
        .default('token'),
    )
    .option('--console-write', 'allow changes in the console', false)
    .addOption(
      new Option(
        '--console-host <name>',
        'host name that browsers use; repeatable; IP addresses and localhost are always allowed',
      )
        .argParser((value: string, previous: readonly string[]) => [...previous, nonEmpty(value)])
        .default([], 'none'),
    )
    .addOption(
      new Option('--console-kubeconfig <file>', 'kubeconfig of the cluster that reviews tokens')
        .argParser(nonEmpty)
        .default(undefined, 'the cluster of the pod'),
    )
    .addOption(
      new Option('--console-sandbox <dir>', 'directory of a sandbox whose pods send requests').argParser(nonEmpty),
    );
}

export interface ConsoleParts {
  readonly controller: Controller;
  readonly writes: WriteLog;
  readonly slot: ConsoleSlot;
  readonly logger: Logger;
  readonly pace: Pace;
}

/** Serves the console until it is disposed. */
export async function serveRunConsole(
  options: RunConsoleOptions,
  { controller, writes, slot, logger, pace }: ConsoleParts,
  context: CliContext,
): Promise<AsyncDisposable | undefined> {
  const { console: address, consoleLogin: login } = options;
  if (address === 'none') return undefined;
  if (login === 'code' && !LOOPBACK.has(address.host)) {
    throw new CatamaranError(
      'CTM_USAGE',
      `--console ${address.host}: --console-login code is allowed on 127.0.0.1, ::1 and localhost only`,
    );
  }
  await using stack = new AsyncDisposableStack();
  const codes = login === 'code' ? oneTimeCodes() : undefined;
  const accounts = codes ?? (await tokensOf(options, stack, context));
  const server = await slot.serve(
    {
      fleet: controller.fleet,
      accounts,
      hosts: options.consoleHost,
      write: options.consoleWrite,
      writes: writeSource(writes),
      sandbox: options.consoleSandbox,
      logger,
      pace,
    },
    address,
    '--console',
    context,
  );
  stack.use(server);
  logger.info({ listen: server.address, login }, 'console started');
  if (codes) context.stdout.write(`${consoleUrl(server, codes.issue())}\n`);
  return stack.move();
}

async function tokensOf(
  { consoleKubeconfig: kubeconfig, ...options }: RunConsoleOptions,
  stack: AsyncDisposableStack,
  { environment }: CliContext,
): Promise<Accounts> {
  const target = targetOf(kubeconfig === undefined ? {} : { kubeconfig }, environment);
  const client = await connector(environment, kubeconfigTrust(options, environment))({ name: 'hub', ...target });
  stack.defer(() => client.close());
  return bearerTokens(client, systemClock);
}
