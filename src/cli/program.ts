/** The command line: which commands there are, and how an invocation ends. */
import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import type { LogLevel } from '../runtime/log.ts';
import { registerConfig } from './commands/config.ts';
import { registerCrds } from './commands/crds.ts';
import { registerDns } from './commands/dns.ts';
import { registerRun } from './commands/run.ts';
import { registerSandbox } from './commands/sandbox.ts';
import type { CliContext, Register } from './context.ts';
import { EXIT, fail, printError } from './exit.ts';

/** In the order of the help text. */
const COMMANDS: readonly Register[] = [registerRun, registerDns, registerCrds, registerConfig, registerSandbox];

const EXAMPLES = `
Examples:
  catamaran run --config fleet.yaml           run the controller
  catamaran dns --context cluster1           serve clusterset.local for one cluster
  catamaran crds | kubectl apply -f -        install the ServiceExport and ServiceImport CRDs
  catamaran config check --config fleet.yaml say everything that is wrong with a fleet file
  catamaran config schema > fleet.schema.json
  catamaran sandbox up                       run two clusters to try it on

Exit codes:
  0    done
  1    it failed
  2    the command line or a configuration file is wrong
  130  stopped by SIGINT or SIGTERM before it was done
`;

function usageText(commanderText: string): string {
  return commanderText.replace(/^error: /, '').trimEnd();
}

/** The whole program, with all commands. */
export function buildProgram(context: CliContext): Command {
  const program = new Command('catamaran')
    .description(packageJson.description)
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', EXAMPLES)
    // What stands behind a command's name is the command's: `dns` and `dns enable` have options of the same name.
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      getOutHasColors: () => context.stdoutColors,
      getErrHasColors: () => context.stderrColors,
      outputError: (text) => printError(context, 'CTM_USAGE', usageText(text)),
    });
  for (const register of COMMANDS) register(program, context);
  return program;
}

/** Runs one invocation; `args` are those after the program's name. Resolves to the exit code and never rejects. */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  let { logLevel } = context.environment;
  const program = buildProgram(context).hook('preAction', (_, command) => {
    logLevel = command.opts<{ readonly logLevel?: LogLevel }>().logLevel ?? logLevel;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Commander has printed its own errors, help and version already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return fail({ ...context, logLevel }, error);
  }
}
