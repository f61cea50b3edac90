/** `catamaran status`: members, exports, imports and what is wrong with them. */
import { UnlistedError } from '../../controller/survey.ts';
import { type ClustersetReport, clustersetReport, problemsOf } from '../../inspect/clusterset-report.ts';
import type { MemberReport, Writer } from '../../inspect/member-report.ts';
import type { ServiceReport } from '../../inspect/service-report.ts';
import { systemClock } from '../../runtime/clock.ts';
import { table } from '../../runtime/text-table.ts';
import { visible } from '../../runtime/visible.ts';
import type { CliContext, Register } from '../context.ts';
import { type FleetTargetOptions, surveyFleet, withFleetTarget } from '../fleet-target.ts';
import { examples } from '../help.ts';
import { type OutputFormat, outputOption, rendered } from '../output.ts';

interface StatusOptions extends FleetTargetOptions {
  readonly output: OutputFormat;
}

function writerText(writer: Writer): string {
  if (writer.state === 'active') return writer.holder;
  if (writer.state === 'expired') return `${writer.holder} (expired)`;
  return writer.state === 'none' ? '<none>' : '<unknown>';
}

function memberTable(members: readonly MemberReport[]): string {
  const rows = members.map(({ name, state, writer, exports, imports }) => [
    name,
    state,
    `${exports}`,
    `${imports}`,
    writerText(writer),
  ]);
  return table([['MEMBER', 'STATE', 'EXPORTS', 'IMPORTS', 'CONTROLLER'], ...rows]);
}

function endpointsText({ exports }: ServiceReport): string {
  return exports.map(({ member, endpoints }) => `${member}:${endpoints.ready}/${endpoints.total}`).join(',');
}

function serviceTable(services: readonly ServiceReport[], wide: boolean): string {
  const names = (rows: readonly { readonly member: string }[]) =>
    rows.map(({ member }) => member).join(',') || '<none>';
  const rows = services.map((service) => [
    service.namespace,
    service.name,
    service.state,
    names(service.exports),
    names(service.imports),
    ...(wide
      ? [endpointsText(service) || '<none>', service.imports.flatMap(({ ips }) => ips).join(',') || '<none>']
      : []),
  ]);
  const header = ['NAMESPACE', 'SERVICE', 'STATE', 'EXPORTED BY', 'IMPORTED BY'];
  return table([[...header, ...(wide ? ['READY ENDPOINTS', 'IPS'] : [])], ...rows]);
}

function statusText(report: ClustersetReport, wide: boolean): string {
  const problems = problemsOf(report).map((problem) => `- ${visible(problem)}\n`);
  return [
    memberTable(report.members),
    '\n',
    report.services.length > 0 ? serviceTable(report.services, wide) : 'No Services are exported or imported.\n',
    ...(problems.length > 0 ? ['\nProblems:\n', ...problems] : []),
  ].join('');
}

async function status({ output, ...options }: StatusOptions, context: CliContext): Promise<void> {
  const { result, unlisted } = await surveyFleet(options, context, (fleet) =>
    clustersetReport(fleet, systemClock.now(), context.signal),
  );
  context.stdout.write(rendered(result, output, () => statusText(result, output === 'wide')));
  if (unlisted.length > 0) throw new UnlistedError(unlisted);
}

export const registerStatus: Register = (program, context) => {
  withFleetTarget(
    program.command('status').description('show members, exports and imports, and what is wrong with them'),
  )
    .addOption(outputOption(['table', 'wide', 'json', 'yaml']))
    .addHelpText(
      'after',
      examples(
        'catamaran status --config fleet.yaml',
        ['catamaran status --contexts cluster1,cluster2', 'without a fleet file'],
        `catamaran status --config fleet.yaml --output json | jq '.services[] | select(.state != "Ready")'`,
      ),
    )
    .action((options: StatusOptions) => status(options, context));
};
