/** `catamaran unexport`: withdraws the export of a Service. */
import { type ServiceKey, splitKey } from '../../api/meta.ts';
import { RESOURCES } from '../../api/resources.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { previewUnexport, type Unexport } from '../../sharing/removal-preview.ts';
import type { CliContext, Register } from '../context.ts';
import { surveyFleet } from '../fleet-target.ts';
import { examples } from '../help.ts';
import { clientOf, describe, dryRunNote, type SharingOptions, targetOf, withSharing } from '../sharing.ts';

/** What the other members have afterwards. */
function effectText({ remaining, importers }: Unexport): string {
  if (importers.length === 0) return 'No member imports it.';
  const left = remaining.length === 0 ? 'no endpoints are left' : `endpoints of ${remaining.join(', ')} stay`;
  return `Importers ${importers.join(', ')}: ${left}.`;
}

async function unexport(fleet: Fleet, key: ServiceKey, options: SharingOptions, context: CliContext): Promise<void> {
  const { stdout, signal } = context;
  const member = targetOf(fleet, options, context);
  const exported = member.cache.exports.get(key);
  if (!exported) {
    stdout.write(`${key} is not exported from ${member.name}\n`);
    return;
  }
  stdout.write(`${effectText(previewUnexport(fleet, member, key))}\n`);
  const { uid } = exported.metadata;
  if (options.dryRun !== 'client') {
    await clientOf(member).delete(RESOURCES.serviceExports, splitKey(key), {
      signal,
      ...(options.dryRun && { dryRun: 'All' }),
      ...(uid !== undefined && { uid }),
    });
  }
  stdout.write(`${describe(RESOURCES.serviceExports, key)} deleted in ${member.name}${dryRunNote(options)}\n`);
}

export const registerUnexport: Register = (program, context) => {
  const command = program
    .command('unexport')
    .description('withdraw the export of a Service, which stays in its cluster');
  withSharing(command, 'member that exports it')
    .addHelpText(
      'after',
      examples('catamaran unexport provider-ns/service1 --member cluster1 --config fleet.yaml', [
        'catamaran unexport provider-ns/service1 --member cluster1 --config fleet.yaml --dry-run',
        'show who loses it',
      ]),
    )
    .action(async (key: ServiceKey, options: SharingOptions) => {
      await surveyFleet(options, context, (fleet) => unexport(fleet, key, options, context));
    });
};
