/** `catamaran config check`: validates a fleet file and, on request, the access to its members. */
import type { FleetConfig } from '../../config/fleet-config.ts';
import { warningsOf } from '../../config/warnings.ts';
import { loadFleet } from '../../config/watch.ts';
import { survey, UnlistedError } from '../../controller/survey.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createLog } from '../../runtime/log.ts';
import { table } from '../../runtime/text-table.ts';
import { visible } from '../../runtime/visible.ts';
import { connector } from '../connect.ts';
import type { CliContext, Register } from '../context.ts';
import { examples } from '../help.ts';
import { kubeconfigTrust, type TrustOptions, withKubeconfigTrust } from '../kubeconfig-trust.ts';

interface CheckOptions extends TrustOptions {
  readonly config: string;
  readonly connect: boolean;
}

/** Lists every member, with the rights that the controller needs for reading. */
async function checkMembers(config: FleetConfig, options: CheckOptions, context: CliContext): Promise<void> {
  const { environment, stdout, stderrColors, signal } = context;
  const connect = connector(environment, kubeconfigTrust(options, environment));
  const logger = createLog({ level: 'warn', format: 'text', colors: stderrColors });
  const surroundings = { connect, clock: systemClock, random: Math.random, logger };
  const { result, unlisted } = await survey(config, surroundings, signal, ({ members }) =>
    members
      .filter(({ cache }) => cache.synced)
      .map(({ name, cache }) => [name, `${cache.exports.size}`, `${cache.imports.size}`]),
  );
  if (result.length > 0) stdout.write(table([['MEMBER', 'EXPORTS', 'IMPORTS'], ...result]));
  if (unlisted.length > 0) throw new UnlistedError(unlisted);
}

export const registerConfigCheck: Register = (command, context) => {
  const check = command
    .command('check')
    .description('validate a fleet file and report all problems')
    .requiredOption('-c, --config <file>', 'fleet file; - reads stdin')
    .option('--connect', 'also connect to every member and list it; fails if one cannot be listed', false)
    .addHelpText(
      'after',
      examples(
        'catamaran config check --config fleet.yaml',
        ['catamaran config check --config - < fleet.yaml', 'from standard input'],
        ['catamaran config check --config fleet.yaml --connect', 'check kubeconfigs, network and rights'],
      ),
    )
    .action(async (options: CheckOptions) => {
      const isStdin = options.config === '-';
      const file = isStdin ? 'stdin' : options.config;
      const { config } = await (isStdin ? loadFleet(file, () => context.readStdin()) : loadFleet(file));
      const names = config.members.map((member) => member.name).join(', ');
      const count = `${config.members.length} member${config.members.length === 1 ? '' : 's'}`;
      context.stdout.write(`${visible(file)}: ok, ${count}${names === '' ? '' : `: ${names}`}\n`);
      for (const warning of warningsOf(config)) context.stderr.write(`warning: ${visible(warning)}\n`);
      if (options.connect) await checkMembers(config, options, context);
    });
  withKubeconfigTrust(check);
};
