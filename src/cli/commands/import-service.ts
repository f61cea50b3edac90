/** `catamaran import`: imports an exported Service into a member. */
import type { ServiceKey } from '../../api/meta.ts';
import { ImportCondition } from '../../api/multicluster.ts';
import { RESOURCES } from '../../api/resources.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { systemClock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { previewImport } from '../../sharing/import-preview.ts';
import type { CliContext, Register } from '../context.ts';
import { surveyFleet } from '../fleet-target.ts';
import { examples } from '../help.ts';
import {
  awaitCondition,
  callText,
  createShared,
  note,
  type SharingOptions,
  targetOf,
  type WaitOptions,
  withSharing,
  withWait,
} from '../sharing.ts';

type ImportOptions = SharingOptions & WaitOptions;

async function importInto(fleet: Fleet, key: ServiceKey, options: ImportOptions, context: CliContext): Promise<void> {
  const member = targetOf(fleet, options, context);
  const { problem, manifest, alreadyImported, exporters } = previewImport(fleet, member, key, systemClock.now());
  if (alreadyImported) context.stdout.write(`${key} is already imported into ${member.name}\n`);
  else {
    if (problem !== undefined) throw new CatamaranError('CTM_SHARING', problem);
    if (!manifest) {
      throw new CatamaranError('CTM_SHARING', `no member exports ${key}; catamaran export ${key} --member NAME`);
    }
    note(context, `exported by ${exporters.join(', ')}`);
    await createShared(member, RESOURCES.serviceImports, key, manifest, options, context);
  }
  if (options.dryRun !== undefined || !options.wait) return;
  note(context, `waiting for the controller, ${options.timeout / 1_000} s at most`);
  await awaitCondition(member, RESOURCES.serviceImports, key, ImportCondition.Ready, options, context);
  context.stdout.write(callText(fleet, member, key));
}

export const registerImport: Register = (program, context) => {
  const command = program.command('import').description('import an exported Service into a member');
  withWait(withSharing(command, 'member whose pods call the Service'))
    .addHelpText('after', examples('catamaran import provider-ns/service1 --member cluster2 --config fleet.yaml'))
    .action(async (key: ServiceKey, options: ImportOptions) => {
      await surveyFleet(options, context, (fleet) => importInto(fleet, key, options, context));
    });
};
