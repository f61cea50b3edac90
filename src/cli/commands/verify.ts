/** `catamaran verify`: sends real requests from every member to what it imports. */
import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import type { ServiceKey } from '../../api/meta.ts';
import type { FleetConfig } from '../../config/fleet-config.ts';
import { isDnsLabel } from '../../core/naming.ts';
import { continuousManifests } from '../../inspect/verify/continuous.ts';
import { endpointText } from '../../inspect/verify/endpoint-text.ts';
import { junitXml } from '../../inspect/verify/junit.ts';
import { type Check, unverified, type Verification, verify } from '../../inspect/verify/verification.ts';
import { CatamaranError, ErrorList, type Problem } from '../../runtime/errors.ts';
import { table } from '../../runtime/text-table.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { visible } from '../../runtime/visible.ts';
import type { CliContext, Register } from '../context.ts';
import { type FleetTargetOptions, targetFleet, withFleetTarget } from '../fleet-target.ts';
import { examples } from '../help.ts';
import { zoneOption } from '../options.ts';
import { type OutputFormat, outputOption, rendered, yamlDocuments } from '../output.ts';
import { MAX_SECONDS, nonEmpty, parseSeconds, parseServiceKey } from '../values.ts';
import { closeAll, fleetConsumers, localConsumer, type ProbeSettings } from '../verifying.ts';

export interface VerifyOptions extends FleetTargetOptions, ProbeSettings {
  readonly from?: readonly string[];
  readonly clusterset: boolean;
  readonly zone: string;
  readonly local: boolean;
  readonly continuous?: string | true;
  readonly junit?: string;
  readonly output: OutputFormat;
}

const DEFAULT_SCHEDULE = '*/10 * * * *';

function parseMembers(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every(isDnsLabel)) return names;
  throw new InvalidArgumentError('Allowed: names of members, separated by commas.');
}

/** Five fields of cron; the API server checks the rest. */
function parseSchedule(text: string): string {
  const fields = text.trim().split(/\s+/);
  if (/^@\w+$/.test(text.trim()) || (fields.length === 5 && fields.every((field) => /^[\w*,/?-]+$/.test(field))))
    return text.trim();
  throw new InvalidArgumentError(`Allowed: a schedule of cron, such as "${DEFAULT_SCHEDULE}" or @hourly.`);
}

function keysIn(text: string, before: readonly ServiceKey[] = []): readonly ServiceKey[] {
  return [...before, parseServiceKey(text)];
}

function rowOf(check: Check): readonly string[] {
  const { consumer, namespace, service, exporter = '<any>' } = check;
  const result = check.reached ? `ok${check.status === undefined ? '' : ` (${check.status})`}` : check.error;
  const latency = check.reached ? `${check.latencyMs.toFixed(1)} ms` : '<none>';
  return [consumer, `${namespace}/${service}`, exporter, endpointText(check), latency, result];
}

function verificationText({ checks }: Verification): string {
  if (checks.length === 0) return 'Nothing was requested.\n';
  return table([['FROM', 'SERVICE', 'TO', 'TARGET', 'LATENCY', 'RESULT'], ...checks.map(rowOf)]);
}

function problemsOf(keys: readonly ServiceKey[], verification: Verification): readonly Problem[] {
  const { checks, failures } = verification;
  const failed = checks.filter(({ reached }) => !reached).length;
  const messages = [
    ...failures.map(({ consumer, error }) => `nothing could be requested from ${consumer}: ${error}`),
    ...unverified(keys, verification).map((key) => `no member imports ${key}, or it has no TCP port`),
    ...(checks.length === 0 && failures.length === 0 && keys.length === 0 ? ['no member imports a Service'] : []),
    ...(failed > 0
      ? [`${failed} of ${checks.length} requests failed; catamaran explain shows the first broken hop`]
      : []),
  ];
  return messages.map((message) => ({ code: 'CTM_VERIFY', message }));
}

async function writeReport(file: string, verification: Verification): Promise<void> {
  try {
    await writeFile(file, junitXml(verification));
  } catch (error) {
    throw new CatamaranError('CTM_USAGE', `--junit: cannot write ${JSON.stringify(file)}: ${messageOf(error)}`);
  }
}

/** @throws CTM_USAGE if the fleet has no such member. */
function checkMembers({ members }: FleetConfig, from: readonly string[]): void {
  const names = members.map(({ name }) => name);
  const unknown = from.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new CatamaranError('CTM_USAGE', `--from: the fleet has no member "${unknown}"; it has ${names.join(', ')}`);
}

async function run(keys: readonly ServiceKey[], options: VerifyOptions, context: CliContext): Promise<void> {
  const { stdout, stderr, signal } = context;
  const { clusterset, zone, from = [], image } = options;
  if (options.continuous !== undefined) {
    const schedule = options.continuous === true ? DEFAULT_SCHEDULE : options.continuous;
    const args = [...keys, ...(clusterset ? ['--clusterset', '--zone', zone] : [])];
    stdout.write(yamlDocuments(continuousManifests({ namespace: options.namespace, image, schedule, args })));
    return;
  }
  const fleet = options.local ? undefined : await targetFleet(options, context);
  if (fleet) checkMembers(fleet.config, from);
  const consumers = fleet
    ? await fleetConsumers(fleet, from, options, context)
    : [await localConsumer(options, context)];
  try {
    stderr.write(`sending requests from ${visible(consumers.map(({ name }) => name).join(', '))}\n`);
    const wanted = { keys, ...(clusterset && { zone: fleet?.config.clustersetDomain ?? zone }) };
    const verification = await verify(consumers, wanted, signal);
    stdout.write(rendered(verification, options.output, () => verificationText(verification)));
    if (options.junit !== undefined) await writeReport(options.junit, verification);
    const problems = problemsOf(keys, verification);
    if (problems.length > 0) throw new ErrorList('CTM_VERIFY', problems);
  } finally {
    await closeAll(consumers);
  }
}

function withProbeOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--image <image>', 'image of the pods that send the requests; it has catamaran as entrypoint')
        .argParser(nonEmpty)
        .default(`catamaran:${packageJson.version}`),
    )
    .option('-n, --namespace <name>', 'namespace of these pods', nonEmpty, 'default')
    .addOption(
      new Option('--request-timeout <seconds>', `time limit of each request, at most ${MAX_SECONDS}`)
        .argParser(parseSeconds)
        .default(5_000, '5'),
    )
    .addOption(
      new Option('--timeout <seconds>', 'time limit of each pod, from its creation to its end')
        .argParser(parseSeconds)
        .default(120_000, '120'),
    );
}

export const registerVerify: Register = (program, context) => {
  const command = program
    .command('verify')
    .description('send real requests from pods of every member to the Services that it imports')
    .argument('[namespace/service...]', 'imported Services (default: all)', keysIn);
  withProbeOptions(withFleetTarget(command))
    .option('--from <members>', 'members to send from, separated by commas (default: all)', parseMembers)
    .option('--clusterset', 'also call the names in the clusterset zone', false)
    .addOption(zoneOption())
    .option('--local', 'send from this process, in a pod of the one cluster to verify', false)
    .addOption(
      new Option('--continuous [schedule]', 'print a CronJob that repeats this in one cluster, by a schedule of cron')
        .argParser(parseSchedule)
        .conflicts(['local', 'from', 'junit']),
    )
    .option('--junit <file>', 'also write the results as JUnit XML', nonEmpty)
    .addOption(outputOption(['table', 'json', 'yaml']))
    .addHelpText(
      'after',
      examples(
        'catamaran verify --config fleet.yaml',
        ['catamaran verify provider-ns/service1 --contexts cluster1,cluster2', 'one Service'],
        ['catamaran verify --config fleet.yaml --junit verify.xml', 'for CI'],
        ['catamaran verify --continuous "*/5 * * * *" | kubectl apply -f -', 'in one cluster, from now on'],
      ),
    )
    .action((keys: readonly ServiceKey[] | undefined, options: VerifyOptions) => run(keys ?? [], options, context));
};
