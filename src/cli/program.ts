/** The command line: all commands, and the exit code of an invocation. */
import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import type { LogLevel } from '../runtime/log.ts';
import { registerInstall } from './commands/cluster-install.ts';
import { registerUninstall } from './commands/cluster-uninstall.ts';
import { registerCompletion } from './commands/completion.ts';
import { registerConfig } from './commands/config.ts';
import { registerConsole } from './commands/console.ts';
import { registerCrds } from './commands/crds.ts';
import { registerDns } from './commands/dns.ts';
import { registerExplain } from './commands/explain.ts';
import { registerExport } from './commands/export-service.ts';
import { registerDiff } from './commands/fleet-diff.ts';
import { registerJoin } from './commands/fleet-join.ts';
import { registerLeave } from './commands/fleet-leave.ts';
import { registerMembers } from './commands/fleet-members.ts';
import { registerStatus } from './commands/fleet-status.ts';
import { registerGather } from './commands/gather.ts';
import { registerImport } from './commands/import-service.ts';
import { registerProbe } from './commands/probe.ts';
import { registerRun } from './commands/run.ts';
import { registerSandbox } from './commands/sandbox.ts';
import { registerUnexport } from './commands/unexport-service.ts';
import { registerVerify } from './commands/verify.ts';
import { registerVersion } from './commands/version.ts';
import type { CliContext, Register } from './context.ts';
import { EXIT, EXIT_MEANINGS, fail, printError } from './exit.ts';
import { examples, optionDescription } from './help.ts';

/** In the order of the help text. */
const COMMANDS: readonly Register[] = [
  registerInstall,
  registerUninstall,
  registerJoin,
  registerLeave,
  registerMembers,
  registerRun,
  registerStatus,
  registerExplain,
  registerExport,
  registerUnexport,
  registerImport,
  registerConsole,
  registerVerify,
  registerProbe,
  registerDiff,
  registerGather,
  registerVersion,
  registerCompletion,
  registerDns,
  registerCrds,
  registerConfig,
  registerSandbox,
];

const EXAMPLES = examples(
  ['catamaran install --context hub --fleet fleet.yaml', 'install the controller in a cluster'],
  ['catamaran join --context cluster1 --name cluster1 --hub-context hub', 'add a member'],
  ['catamaran run --config fleet.yaml', 'run the controller'],
  ['catamaran dns --context cluster1', 'serve clusterset.local for one cluster'],
  ['catamaran crds | kubectl apply -f -', 'install the ServiceExport and ServiceImport CRDs'],
  ['catamaran config check --config fleet.yaml', 'validate a fleet file'],
  ['catamaran config schema > fleet.schema.json', 'complete and check fleet files in an editor'],
  ['catamaran sandbox up', 'run two local clusters to try it'],
);

function exitCodesText(): string {
  const names: readonly (keyof typeof EXIT)[] = ['ok', 'failure', 'usage', 'stopped'];
  const lines = names.map((name) => `  ${String(EXIT[name]).padEnd(3)}  ${EXIT_MEANINGS[name]}\n`);
  return `\nExit codes:\n${lines.join('')}`;
}

function usageText(commanderText: string): string {
  return commanderText.replace(/^error: /, '').trimEnd();
}

/** Help of a plugin of kubectl has commands as its users type them. */
function renamed(text: string, { name }: CliContext): string {
  return name === 'catamaran' ? text : text.replaceAll(/\bcatamaran (?=[a-z-])/g, `${name} `);
}

export function buildProgram(context: CliContext): Command {
  const program = new Command(context.name)
    .description(packageJson.description)
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .configureHelp({ optionDescription })
    .addHelpText('after', `${EXAMPLES}${exitCodesText()}`)
    // Options after the name of a command belong to that command: `dns` and `dns enable` share some names.
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(renamed(text, context)),
      writeErr: (text) => context.stderr.write(text),
      getOutHasColors: () => context.stdoutColors,
      getErrHasColors: () => context.stderrColors,
      outputError: (text) => printError(context, 'CTM_USAGE', usageText(text)),
    });
  for (const register of COMMANDS) register(program, context);
  return program;
}

/** Resolves to the exit code and never rejects. `args` excludes the name of the program. */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  let { logLevel } = context.environment;
  const program = buildProgram(context).hook('preAction', (_, command) => {
    logLevel = command.opts<{ readonly logLevel?: LogLevel }>().logLevel ?? logLevel;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Commander has already printed its own errors, help and version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return fail({ ...context, logLevel }, error);
  }
}
