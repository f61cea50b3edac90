/** `catamaran diff`: what a controller would write now. */
import { dryRun } from '../../controller/dry-run.ts';
import { UnlistedError } from '../../controller/survey.ts';
import type { Change } from '../../core/change.ts';
import { CatamaranError, ErrorList, ExitError } from '../../runtime/errors.ts';
import { visibleLines } from '../../runtime/visible.ts';
import type { CliContext, Register } from '../context.ts';
import { EXIT } from '../exit.ts';
import { type FleetTargetOptions, targetFleet, withFleetTarget } from '../fleet-target.ts';
import { examples } from '../help.ts';
import { type OutputFormat, outputOption, rendered, yamlText } from '../output.ts';

interface DiffOptions extends FleetTargetOptions {
  readonly output: OutputFormat;
}

/** Exit codes of `kubectl diff`: 1 is a difference, and a failure is above it. */
const DIFFERENT = 1;

function changeText(change: Change): string {
  const { op, member, resource, namespace, name, why } = change;
  const subresource = change.op === 'patch' && change.subresource !== undefined ? '/status' : '';
  const title = `${op} ${resource.toLowerCase()}${subresource} ${namespace}/${name} in ${member}: ${why}\n`;
  const written = change.op === 'create' ? change.object : change.op === 'patch' ? change.patch : undefined;
  if (!written) return title;
  const lines = yamlText(written).trimEnd().split('\n');
  return title + lines.map((line) => `  ${change.op === 'create' ? '+' : '~'} ${line}\n`).join('');
}

function diffText(changes: readonly Change[]): string {
  return changes.length === 0 ? 'Already up to date.\n' : changes.map(changeText).join('');
}

async function diff({ output, ...options }: DiffOptions, context: CliContext): Promise<void> {
  const { config, surroundings } = await targetFleet(options, context);
  const { result, unlisted } = await dryRun(config, surroundings, context.signal);
  context.stdout.write(rendered(result, output, () => visibleLines(diffText(result))));
  if (unlisted.length > 0) throw new UnlistedError(unlisted);
  if (result.length === 0) return;
  const count = `${result.length} change${result.length === 1 ? ' is' : 's are'} due`;
  throw new ExitError('CTM_DIFF', count, DIFFERENT);
}

/** Errors exit with a code that is no difference. */
async function diffOrFail(options: DiffOptions, context: CliContext): Promise<void> {
  try {
    await diff(options, context);
  } catch (error) {
    if (error instanceof ErrorList) throw new ExitError(error.code, error.message, EXIT.usage);
    if (!(error instanceof CatamaranError) || error instanceof ExitError) throw error;
    throw new ExitError(error.code, error.message, EXIT.usage);
  }
}

export const registerDiff: Register = (program, context) => {
  withFleetTarget(
    program.command('diff').description('print what a controller would write now; exits with 1 if anything'),
  )
    .addOption(outputOption(['table', 'json', 'yaml']))
    .addHelpText(
      'after',
      examples(
        'catamaran diff --config fleet.yaml',
        ['catamaran diff --config new-fleet.yaml', 'before a change of the fleet file'],
        `catamaran diff --config fleet.yaml --output json | jq '.[].why'`,
      ),
    )
    .action((options: DiffOptions) => diffOrFail(options, context));
};
