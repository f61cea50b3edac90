/** `catamaran export`: exports a Service of a member. */
import type { ServiceKey } from '../../api/meta.ts';
import { ExportCondition, ImportCondition } from '../../api/multicluster.ts';
import { RESOURCES } from '../../api/resources.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { systemClock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { type ExportPreview, exportManifest, previewExport } from '../../sharing/export-preview.ts';
import type { CliContext, Register } from '../context.ts';
import { memberNamed, surveyFleet } from '../fleet-target.ts';
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

interface ExportOptions extends SharingOptions, WaitOptions {
  readonly acceptConflict: boolean;
}

/** @throws CTM_SHARING if the export would not be valid, or would have a conflict that is not accepted. */
function requireAccepted({ refusal, conflict }: ExportPreview, { acceptConflict }: ExportOptions, context: CliContext) {
  if (refusal) throw new CatamaranError('CTM_SHARING', `${refusal.reason}: ${refusal.message}`);
  if (!conflict) return;
  const text = `${conflict.reason}: ${conflict.message}`;
  if (!acceptConflict) {
    throw new CatamaranError('CTM_SHARING', `${text}; pass --accept-conflict to export it nevertheless`);
  }
  note(context, `warning: ${text}`);
}

async function exportFrom(fleet: Fleet, key: ServiceKey, options: ExportOptions, context: CliContext): Promise<void> {
  const member = targetOf(fleet, options, context);
  const preview = await previewExport(fleet, member, key, systemClock.now(), context.signal);
  if (preview.alreadyExported) context.stdout.write(`${key} is already exported from ${member.name}\n`);
  else {
    requireAccepted(preview, options, context);
    await createShared(member, RESOURCES.serviceExports, key, exportManifest(key), options, context);
  }
  if (options.dryRun !== undefined || !options.wait) return;
  note(context, `waiting for the controller, ${options.timeout / 1_000} s at most`);
  await awaitCondition(member, RESOURCES.serviceExports, key, ExportCondition.Valid, options, context);
  for (const name of preview.importers) {
    const importer = memberNamed(fleet, name);
    await awaitCondition(importer, RESOURCES.serviceImports, key, ImportCondition.Ready, options, context);
    context.stdout.write(callText(fleet, importer, key));
  }
  if (preview.importers.length === 0) {
    context.stdout.write(`No member imports it yet: catamaran import ${key} --member NAME\n`);
  }
}

export const registerExport: Register = (program, context) => {
  const command = program.command('export').description('export a Service of a member to the clusterset');
  withWait(withSharing(command, 'member that has the Service'))
    .option('--accept-conflict', 'export it even if it differs from other exports of the same name', false)
    .addHelpText(
      'after',
      examples('catamaran export provider-ns/service1 --member cluster1 --config fleet.yaml', [
        'catamaran export provider-ns/service1 --member cluster1 --config fleet.yaml --dry-run',
        'show conflicts first',
      ]),
    )
    .action(async (key: ServiceKey, options: ExportOptions) => {
      await surveyFleet(options, context, (fleet) => exportFrom(fleet, key, options, context));
    });
};
