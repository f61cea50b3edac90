/** `catamaran gather`: writes a bundle with which others can help. */
import { writeFile } from 'node:fs/promises';
import { createTarGzip } from 'nanotar';
import packageJson from '../../../package.json' with { type: 'json' };
import { UnlistedError } from '../../controller/survey.ts';
import { gatherBundle } from '../../inspect/gather/bundle.ts';
import { systemClock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { visible } from '../../runtime/visible.ts';
import type { CliContext, Register } from '../context.ts';
import { type FleetTargetOptions, surveyFleet, withFleetTarget } from '../fleet-target.ts';
import { examples } from '../help.ts';
import { nonEmpty } from '../values.ts';

interface GatherOptions extends FleetTargetOptions {
  readonly file: string;
}

const FOLDER = 'gather';

async function write(file: string, files: ReadonlyMap<string, string>): Promise<void> {
  const entries = [...files].map(([path, data]) => ({ name: `${FOLDER}/${path}`, data }));
  try {
    // What is in it is not secret, but not for everyone on this machine.
    await writeFile(file, await createTarGzip(entries), { mode: 0o600 });
  } catch (error) {
    throw new CatamaranError('CTM_USAGE', `--file: cannot write ${JSON.stringify(file)}: ${messageOf(error)}`);
  }
}

async function run({ file, ...options }: GatherOptions, context: CliContext): Promise<void> {
  const now = systemClock.now();
  const { version } = packageJson;
  const { result, unlisted } = await surveyFleet(options, context, (fleet) =>
    gatherBundle(fleet, { version, now, signal: context.signal }),
  );
  await write(file, result);
  context.stdout.write(`${visible(file)}: ${result.size} files; start with ${FOLDER}/index.html\n`);
  // The bundle lists them, too.
  if (unlisted.length > 0) throw new UnlistedError(unlisted);
}

export const registerGather: Register = (program, context) => {
  withFleetTarget(
    program
      .command('gather')
      .description('write a bundle of reports and objects, without secrets, with a summary in HTML'),
  )
    .option('-f, --file <file>', 'archive to write', nonEmpty, 'catamaran-gather.tar.gz')
    .addHelpText(
      'after',
      examples(
        'catamaran gather --config fleet.yaml',
        'catamaran gather --contexts cluster1,cluster2 --file case.tar.gz',
      ),
    )
    .action((options: GatherOptions) => run(options, context));
};
