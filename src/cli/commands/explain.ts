/** `catamaran explain`: follows a request to an exported Service, and names the first broken hop. */
import type { ServiceKey } from '../../api/meta.ts';
import { UnlistedError } from '../../controller/survey.ts';
import { type Explanation, explain, type Path } from '../../inspect/explain/explanation.ts';
import type { Hop } from '../../inspect/explain/hop.ts';
import { systemClock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { table } from '../../runtime/text-table.ts';
import { visible } from '../../runtime/visible.ts';
import type { CliContext, Register } from '../context.ts';
import { dnsRoutes } from '../dns-routes.ts';
import { type FleetTargetOptions, memberNamed, surveyFleet, withFleetTarget } from '../fleet-target.ts';
import { examples } from '../help.ts';
import { type OutputFormat, outputOption, rendered } from '../output.ts';
import { nonEmpty, parseServiceKey } from '../values.ts';

interface ExplainOptions extends FleetTargetOptions {
  readonly member?: string;
  readonly output: OutputFormat;
}

function isWarning({ result }: Hop): boolean {
  return result === 'warning';
}

function warningText({ hop, member, seen, remedy }: Hop): readonly string[] {
  return [`Warning at ${hop} in ${member}: ${seen}`, ...(remedy === undefined ? [] : [`To do: ${remedy}`])];
}

function pathText({ consumer, hops, broken }: Path): string {
  const rows = hops.map(({ member, hop, result, seen }) => [member, hop, result, seen]);
  const verdict = broken
    ? [
        `Broken at ${broken.hop} in ${broken.member}: ${broken.seen}`,
        ...(broken.remedy === undefined ? [] : [`To do: ${broken.remedy}`]),
      ]
    : [`Requests from ${consumer} can be answered.`, ...hops.filter(isWarning).flatMap(warningText)];
  return `From ${consumer}:\n${table([['MEMBER', 'HOP', 'RESULT', 'SEEN'], ...rows])}${verdict.map((line) => `${visible(line)}\n`).join('')}`;
}

function explanationText({ paths }: Explanation): string {
  return paths.map(pathText).join('\n');
}

async function run(key: ServiceKey, { output, member, ...options }: ExplainOptions, context: CliContext) {
  const { signal, stdout } = context;
  const { result, unlisted } = await surveyFleet(options, context, (fleet) => {
    const consumer = member === undefined ? undefined : memberNamed(fleet, member);
    return explain(fleet, {
      key,
      now: systemClock.now(),
      signal,
      dnsRoutes: dnsRoutes(context.environment),
      ...(consumer && { consumer }),
    });
  });
  stdout.write(rendered(result, output, () => explanationText(result)));
  const [broken] = result.paths.filter((path) => path.broken);
  if (broken?.broken) {
    const { hop, member: where, seen } = broken.broken;
    throw new CatamaranError('CTM_EXPLAINED', `${key} from ${broken.consumer}: ${hop} in ${where}: ${seen}`);
  }
  if (unlisted.length > 0) throw new UnlistedError(unlisted);
}

export const registerExplain: Register = (program, context) => {
  withFleetTarget(
    program
      .command('explain')
      .description('follow a request to an exported Service, and name the first broken hop')
      .argument('<namespace/service>', 'exported Service', parseServiceKey),
  )
    .option('--member <name>', 'member that sends the request (default: every importer)', nonEmpty)
    .addOption(outputOption(['table', 'json', 'yaml']))
    .addHelpText(
      'after',
      examples(
        'catamaran explain provider-ns/service1 --config fleet.yaml',
        ['catamaran explain provider-ns/service1 --config fleet.yaml --member cluster2', 'from one cluster'],
        `catamaran explain provider-ns/service1 --contexts cluster1,cluster2 --output json | jq '.paths[].broken'`,
      ),
    )
    .action((key: ServiceKey, options: ExplainOptions) => run(key, options, context));
};
