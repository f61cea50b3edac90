/** `catamaran run`: the controller. */
import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import { loadFleet, watchFleetFile } from '../../config/watch.ts';
import { Controller } from '../../controller/controller.ts';
import { Metrics } from '../../controller/metrics.ts';
import type { Change } from '../../core/change.ts';
import type { Address } from '../../runtime/address.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createLog, LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from '../../runtime/log.ts';
import { table } from '../../runtime/text-table.ts';
import { openHttpServer } from '../../server/http-server.ts';
import { connector } from '../connect.ts';
import type { CliContext, Register } from '../context.ts';
import { hasEnded, identityOf, thisProcess } from '../identity.ts';
import { parseOptionalAddress } from '../listen-address.ts';

interface RunOptions {
  readonly config: string;
  readonly dryRun: boolean;
  readonly output: 'table' | 'wide' | 'json' | 'yaml';
  readonly listen: Address | 'none';
  readonly logLevel?: LogLevel;
  readonly logFormat: LogFormat;
}

/** Changes for people: what would be done where, and why. */
function changeTable(changes: readonly Change[], wide: boolean): string {
  const header = ['MEMBER', 'ACTION', 'OBJECT', ...(wide ? ['STAGE', 'VERSION'] : []), 'WHY'];
  const rows = changes.map((change) => [
    change.member,
    change.op === 'patch' && change.subresource ? `patch ${change.subresource}` : change.op,
    `${change.resource}/${change.namespace}/${change.name}`,
    ...(wide ? [change.stage, change.op === 'create' ? '-' : change.precondition.resourceVersion] : []),
    change.why,
  ]);
  return table([header, ...rows]);
}

function printChanges(changes: readonly Change[], output: RunOptions['output'], { stdout }: CliContext): void {
  if (output === 'json') stdout.write(`${JSON.stringify(changes, null, 2)}\n`);
  else if (output === 'yaml') stdout.write(stringify(changes));
  else if (changes.length === 0) stdout.write('Nothing to do: every listed member is as it should be.\n');
  else stdout.write(changeTable(changes, output === 'wide'));
}

async function run(options: RunOptions, context: CliContext): Promise<void> {
  const { environment, stderrColors, signal } = context;
  const level = options.logLevel ?? (options.dryRun ? 'warn' : environment.logLevel);
  const logger = createLog({ level, format: options.logFormat, colors: stderrColors });
  const current = await loadFleet(options.config);
  const self = thisProcess(environment.podName);
  const metrics = new Metrics();
  const controller = new Controller(current.config, {
    connect: connector(environment, logger),
    identity: identityOf(self),
    ended: (identity) => hasEnded(identity, self),
    clock: systemClock,
    random: Math.random,
    logger,
    metrics,
  });
  if (options.dryRun) {
    printChanges(await controller.dryRun(signal), options.output, context);
    return;
  }
  {
    const endpoints = { status: () => controller.status(), registry: metrics.registry, clock: systemClock };
    await using server = options.listen === 'none' ? undefined : await openHttpServer(endpoints, options.listen);
    logger.info({ config: options.config, identity: identityOf(self), listen: server?.address }, 'catamaran starts');
    const watching = watchFleetFile(options.config, {
      current,
      signal,
      clock: systemClock,
      logger,
      onChange: (config) => controller.configure(config),
      onError: () => {}, // the watch has logged it; the last good configuration stays
    });
    await Promise.all([controller.run(signal), watching]);
  }
  logger.info({}, 'catamaran stopped');
}

const EXAMPLES = `
Examples:
  catamaran run --config fleet.yaml
  catamaran run --config fleet.yaml --dry-run                 show what would be written, and write nothing
  catamaran run --config fleet.yaml --dry-run --output json | jq '.[].name'
  catamaran run --config fleet.yaml --listen 0.0.0.0:9470     /healthz, /readyz and /metrics for the cluster
`;

export const registerRun: Register = (program, context) => {
  program
    .command('run')
    .description('run the controller: keep every member as the exports of all members ask for')
    .requiredOption('-c, --config <file>', 'the fleet file; changes to it are followed')
    .option('--dry-run', 'print the changes of the next pass and write nothing', false)
    .addOption(
      new Option('-o, --output <format>', 'how --dry-run prints')
        .choices(['table', 'wide', 'json', 'yaml'])
        .default('table'),
    )
    .addOption(
      new Option('--listen <host:port>', 'where /healthz, /readyz and /metrics are served, or none')
        .argParser(parseOptionalAddress)
        .default({ host: '127.0.0.1', port: 9470 }, '127.0.0.1:9470'),
    )
    .addOption(
      new Option('--log-level <level>', 'least level that is logged (CATAMARAN_LOG_LEVEL)').choices(LOG_LEVELS),
    )
    .addOption(new Option('--log-format <format>', 'json, or text for a terminal').choices(LOG_FORMATS).default('json'))
    .addHelpText('after', EXAMPLES)
    .action((options: RunOptions, command: Command) => {
      // Who asks for a way of printing wants to look, and must not get a controller that writes.
      if (!options.dryRun && command.getOptionValueSource('output') === 'cli')
        return command.error("option '-o, --output <format>' is for --dry-run");
      return run(options, context);
    });
};
