/** `catamaran members`: the members of a fleet, and who writes to them. */
import { Option } from 'commander';
import { UnlistedError } from '../../controller/survey.ts';
import { type MemberReport, memberReport, writerOf } from '../../inspect/member-report.ts';
import { systemClock } from '../../runtime/clock.ts';
import { table } from '../../runtime/text-table.ts';
import { visible } from '../../runtime/visible.ts';
import type { CliContext, Register } from '../context.ts';
import { type FleetTargetOptions, surveyFleet, withFleetTarget } from '../fleet-target.ts';
import { examples } from '../help.ts';
import { type OutputFormat, rendered } from '../output.ts';

interface MembersOptions extends FleetTargetOptions {
  readonly output: OutputFormat | 'name';
}

/** A member, and the cluster that it is. */
interface ListedMember extends MemberReport {
  readonly clusterId?: string;
  readonly podCIDRs: readonly string[];
  /** Seconds since a controller last renewed the Lease of the member. */
  readonly lastSeenSeconds?: number;
}

function lastSeen({ writer }: MemberReport, now: number): number | undefined {
  return 'renewedAt' in writer ? Math.max(0, Math.round((now - Date.parse(writer.renewedAt)) / 1_000)) : undefined;
}

function holderText({ writer }: MemberReport): string {
  if (writer.state === 'active') return writer.holder;
  if (writer.state === 'expired') return `${writer.holder} (expired)`;
  return writer.state === 'none' ? '<none>' : '<unknown>';
}

function membersTable(members: readonly ListedMember[], wide: boolean): string {
  if (members.length === 0) return 'The fleet has no members.\n';
  const rows = members.map((member) => [
    member.name,
    member.state,
    member.lastSeenSeconds === undefined ? '<unknown>' : `${member.lastSeenSeconds}s`,
    `${member.exports}`,
    `${member.imports}`,
    visible(holderText(member)),
    ...(wide
      ? [member.clusterId ?? '<unknown>', member.podCIDRs.join(',') || '<none>', visible(member.error ?? '')]
      : []),
  ]);
  const header = ['MEMBER', 'STATE', 'LAST SEEN', 'EXPORTS', 'IMPORTS', 'CONTROLLER'];
  return table([[...header, ...(wide ? ['CLUSTER ID', 'POD CIDRS', 'ERROR'] : [])], ...rows]);
}

async function run({ output, ...options }: MembersOptions, context: CliContext): Promise<void> {
  const { result, unlisted } = await surveyFleet(options, context, (fleet) => {
    const now = systemClock.now();
    return Promise.all(
      fleet.members.map(async (member): Promise<ListedMember> => {
        const report = memberReport(member, await writerOf(member, fleet.config.lease, now, context.signal));
        const seconds = lastSeen(report, now);
        return {
          ...report,
          ...(member.identity && { clusterId: member.identity.uid }),
          podCIDRs: member.config.podCIDRs,
          ...(seconds !== undefined && { lastSeenSeconds: seconds }),
        };
      }),
    );
  });
  const text =
    output === 'name'
      ? result.map(({ name }) => `${name}\n`).join('')
      : rendered(result, output, () => membersTable(result, output === 'wide'));
  context.stdout.write(text);
  if (unlisted.length > 0) throw new UnlistedError(unlisted);
}

export const registerMembers: Register = (program, context) => {
  withFleetTarget(program.command('members').description('show the members of a fleet, and who writes to them'))
    .addOption(
      new Option('-o, --output <format>', 'output format')
        .choices(['table', 'wide', 'json', 'yaml', 'name'])
        .default('table'),
    )
    .addHelpText(
      'after',
      examples(
        ['catamaran members --hub-context hub', 'those of the fleet file and of Secrets'],
        ['catamaran members --config fleet.yaml --output wide', 'with IDs, ranges and errors'],
        'for m in $(catamaran members --hub-context hub --output name); do echo $m; done',
      ),
    )
    .action((options: MembersOptions) => run(options, context));
};
