/** `catamaran run`: the controller. */
import packageJson from '../../../package.json' with { type: 'json' };
import { loadFleet, watchFleetFile } from '../../config/watch.ts';
import { Controller } from '../../controller/controller.ts';
import { dryRun } from '../../controller/dry-run.ts';
import { Metrics } from '../../controller/metrics.ts';
import type { FleetStatus } from '../../controller/status.ts';
import { UnlistedError } from '../../controller/survey.ts';
import { WriteLog } from '../../controller/write-log.ts';
import type { Change } from '../../core/change.ts';
import { FleetSource, type InventoryStatus, readFleetOnce } from '../../membership/inventory/fleet-source.ts';
import { KubeconfigStore } from '../../membership/inventory/stored-kubeconfigs.ts';
import { TokenRenewal } from '../../membership/inventory/token-renewal.ts';
import type { Address } from '../../runtime/address.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createLog } from '../../runtime/log.ts';
import { LoopPace } from '../../runtime/pace.ts';
import { table } from '../../runtime/text-table.ts';
import { openHttpServer } from '../../server/http-server.ts';
import { registerProcessMetrics } from '../../server/process-metrics.ts';
import { connector, warnOfVariables } from '../connect.ts';
import { type RunConsoleOptions, serveRunConsole, withConsole } from '../console/run-options.ts';
import { ConsoleSlot } from '../console/serve-console.ts';
import type { CliContext, Register } from '../context.ts';
import { examples } from '../help.ts';
import { hasEnded, identityOf, thisProcess } from '../identity.ts';
import { inventoryOptions } from '../inventories.ts';
import { kubeconfigTrust, withKubeconfigTrust } from '../kubeconfig-trust.ts';
import { type LogOptions, logOptions, probesOption } from '../options.ts';
import { type OutputFormat, outputOption, rendered } from '../output.ts';

interface RunOptions extends LogOptions, RunConsoleOptions {
  readonly config: string;
  readonly dryRun: boolean;
  readonly output: OutputFormat;
  readonly listen: Address | 'none';
}

/** One row per change: the object, and why it would be written. */
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

/** `complete` is whether every member was listed; if not, an empty table would be taken for a fleet that is up to date. */
function changesText(changes: readonly Change[], wide: boolean, complete: boolean): string {
  if (changes.length > 0) return changeTable(changes, wide);
  return complete ? 'Already up to date.\n' : '';
}

/** Before the inventories have been listed. */
const STARTING: FleetStatus = { ready: false, members: [] };

/** Adds what is wrong with the inventories. */
function withInventory(status: FleetStatus, { rejected, unread }: InventoryStatus) {
  return {
    ...status,
    ...(rejected.length > 0 && { rejected }),
    ...(unread.length > 0 && { inventories: unread }),
  };
}

async function run(options: RunOptions, context: CliContext): Promise<void> {
  const { environment, stderrColors, signal } = context;
  const level = options.logLevel ?? (options.dryRun ? 'warn' : environment.logLevel);
  const logger = createLog({ level, format: options.logFormat, colors: stderrColors });
  warnOfVariables(environment, logger);
  const current = await loadFleet(options.config);
  const pace = new LoopPace();
  const trust = kubeconfigTrust(options, environment);
  const kubeconfigs = new KubeconfigStore();
  const surroundings = {
    connect: connector(environment, trust, pace, undefined, kubeconfigs),
    clock: systemClock,
    random: Math.random,
    logger,
  };
  if (options.dryRun) {
    const inventory = inventoryOptions(environment, trust, kubeconfigs, logger);
    const { config } = await readFleetOnce(current.config, inventory, signal);
    const { result, unlisted } = await dryRun(config, surroundings, signal);
    const complete = unlisted.length === 0;
    const text = () => changesText(result, options.output === 'wide', complete);
    context.stdout.write(rendered(result, options.output, text));
    if (!complete) throw new UnlistedError(unlisted);
    return;
  }
  const self = thisProcess(environment.podName);
  const metrics = new Metrics();
  const source = new FleetSource(current.config, inventoryOptions(environment, trust, kubeconfigs, logger));
  metrics.inventory(() => source.status);
  const writes = new WriteLog();
  const slot = new ConsoleSlot();
  metrics.configApplied(systemClock.now());
  registerProcessMetrics(metrics.registry, packageJson.version);
  {
    let controller: Controller | undefined;
    const status = () => withInventory(controller?.status() ?? STARTING, source.status);
    const endpoints = { status, registry: metrics.registry, clock: systemClock };
    await using server = options.listen === 'none' ? undefined : await openHttpServer(endpoints, options.listen);
    logger.info({ config: options.config, identity: identityOf(self), listen: server?.address }, 'controller started');
    const { inventories, members } = current.config;
    if (inventories.length + members.length === 0) {
      logger.warn({}, 'the fleet file has no members and no inventories, there is nothing to do');
    }
    const watching = watchFleetFile(options.config, {
      current,
      signal,
      clock: systemClock,
      logger,
      onChange: (config) => source.fileChanged(config),
      onApplied: () => metrics.configReloaded('applied', systemClock.now()),
      // The watch logs it and keeps the last good configuration.
      onError: () => metrics.configReloaded('rejected', systemClock.now()),
    });
    await source.start(signal);
    const running = new Controller(source.config, {
      ...surroundings,
      identity: identityOf(self),
      ended: (identity) => hasEnded(identity, self),
      metrics,
      pace,
      ...(options.console !== 'none' && { writes, observer: slot }),
    });
    controller = running;
    await using _ = await serveRunConsole(options, { controller: running, writes, slot, logger, pace }, context);
    metrics.gauge(() => running.gauges());
    const following = source.run(signal, (config) => running.configure(config));
    const renewal = new TokenRenewal({
      tokens: () => source.tokens,
      connectMember: ({ member, source: from }) =>
        surroundings.connect({ name: member, access: { kind: 'stored', source: from } }),
      connectStore: ({ source: from }) => source.connectTo(from),
      clock: systemClock,
      random: Math.random,
      logger,
    });
    await Promise.all([running.run(signal), watching, following, renewal.run(signal)]);
  }
  logger.info({}, 'controller stopped');
}

export const registerRun: Register = (program, context) => {
  const command = program
    .command('run')
    .description('run the controller')
    .requiredOption('-c, --config <file>', 'fleet file; changes to it apply while the controller runs')
    .option(
      '--dry-run',
      'print the changes of the next pass without writing them; fails if a member cannot be listed',
      false,
    )
    .addOption(outputOption(['table', 'wide', 'json', 'yaml'], 'output format of --dry-run'))
    .addOption(probesOption('--listen', 9470));
  withConsole(command);
  withKubeconfigTrust(command);
  for (const option of logOptions('CATAMARAN_LOG_LEVEL or info; warn with --dry-run')) command.addOption(option);
  command
    .addHelpText(
      'after',
      examples(
        'catamaran run --config fleet.yaml',
        ['catamaran run --config fleet.yaml --dry-run', 'print what would be written'],
        "catamaran run --config fleet.yaml --dry-run --output json | jq '.[].name'",
        ['catamaran run --config fleet.yaml --listen 0.0.0.0:9470', 'serve probes and metrics to the cluster'],
        ['catamaran run --config fleet.yaml --console 0.0.0.0:9480', 'serve the console to users of the cluster'],
      ),
    )
    .action((options: RunOptions) => {
      // A user who asks for an output format expects to see changes, not a controller that makes them.
      if (!options.dryRun && command.getOptionValueSource('output') === 'cli')
        return command.error("option '-o, --output <format>' requires --dry-run");
      return run(options, context);
    });
};
