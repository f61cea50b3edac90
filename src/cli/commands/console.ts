/** `catamaran console`: the clusterset in a browser, with the user's own kubeconfigs. */
import { Option } from 'commander';
import { USER_FIELD_MANAGER } from '../../api/labels.ts';
import { Fleet } from '../../fleet/fleet.ts';
import { systemClock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { createLog } from '../../runtime/log.ts';
import { LoopPace } from '../../runtime/pace.ts';
import { oneTimeCodes } from '../../server/console/sessions/one-time-code.ts';
import { connector } from '../connect.ts';
import { openBrowser } from '../console/open-browser.ts';
import { ConsoleSlot, consoleUrl } from '../console/serve-console.ts';
import type { CliContext, Register } from '../context.ts';
import { type FleetTargetOptions, fleetConfigOf, withFleetTarget } from '../fleet-target.ts';
import { examples } from '../help.ts';
import { kubeconfigTrust } from '../kubeconfig-trust.ts';
import { nonEmpty, wholeNumber } from '../values.ts';

interface ConsoleCommandOptions extends FleetTargetOptions {
  readonly port?: number;
  readonly open: boolean;
  readonly write: boolean;
  readonly sandbox?: string;
}

const PORT = 9480;
/** Interval at which the times of the members' outages are compared with the configured ones, in ms. */
const REVIEW_MS = 1_000;

async function serve(options: ConsoleCommandOptions, context: CliContext): Promise<void> {
  const { environment, stderrColors, signal, stdout } = context;
  const config = await fleetConfigOf(options, environment);
  const logger = createLog({
    level: environment.logLevel === 'info' ? 'error' : environment.logLevel,
    format: 'text',
    colors: stderrColors,
  });
  const pace = new LoopPace();
  const slot = new ConsoleSlot();
  const fleet = new Fleet(config, {
    connect: connector(environment, kubeconfigTrust(options, environment), pace, USER_FIELD_MANAGER),
    clock: systemClock,
    random: Math.random,
    logger,
    pace,
    changed: slot.changed,
    memberChanged: slot.memberChanged,
    watchRestarted: () => {},
  });
  const accounts = oneTimeCodes();
  const parts = { fleet, accounts, hosts: [], write: options.write, sandbox: options.sandbox, logger, pace };
  const listen = (port: number) => slot.serve(parts, { host: '127.0.0.1', port }, '--port', context);
  try {
    await using server = await listen(options.port ?? PORT).catch((error: unknown) => {
      // The usual port may be that of another console.
      if (options.port === undefined && error instanceof CatamaranError) return listen(0);
      throw error;
    });
    await fleet.apply(config);
    const url = consoleUrl(server, accounts.issue());
    stdout.write(`${url}\n`);
    const access = options.write ? 'with changes, by your own rights' : 'read-only; --write allows changes';
    context.stderr.write(`The address works once, in one browser (${access}). Running until Ctrl-C.\n`);
    if (options.open && context.isTerminal) openBrowser(url);
    while (!signal.aborted) {
      await systemClock.sleep(REVIEW_MS, signal).catch(() => {});
      fleet.review();
      if (fleet.members.some(({ state }) => state.phase !== 'ready')) fleet.invalidate();
    }
  } finally {
    await fleet.close();
  }
}

export const registerConsole: Register = (program, context) => {
  withFleetTarget(program.command('console').description('show the clusterset in a browser, on this machine only'))
    .addOption(
      new Option('--port <port>', 'port on 127.0.0.1')
        .argParser(wholeNumber(0, 65_535))
        .default(undefined, `${PORT}, or a free port`),
    )
    .option('--write', 'allow changes, by the rights of your kubeconfigs', false)
    .option('--no-open', 'do not open a browser')
    .addOption(new Option('--sandbox <dir>', 'directory of a sandbox whose pods send requests').argParser(nonEmpty))
    .addHelpText(
      'after',
      examples(
        'catamaran console --config fleet.yaml',
        ['catamaran console --contexts cluster1,cluster2', 'without a fleet file'],
        ['catamaran console --contexts cluster1,cluster2 --write', 'allow changes'],
      ),
    )
    .action((options: ConsoleCommandOptions) => serve(options, context));
};
