/** How far kubeconfigs are trusted: options of all commands that read one. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { PluginPolicy, Trust } from '../kube/kubeconfig/kubeconfig.ts';
import { CatamaranError } from '../runtime/errors.ts';
import type { Environment } from './environment.ts';

export interface TrustOptions {
  readonly kubeconfigTrust?: Trust;
  readonly allowExecPlugin?: readonly string[];
  readonly execPluginEnv?: readonly string[];
}

export interface KubeconfigTrust {
  readonly trust: Trust;
  readonly plugins: PluginPolicy;
}

const LEVELS = ['user', 'stored'] as const satisfies readonly Trust[];

/** Adds the options. */
export function withKubeconfigTrust(command: Command): Command {
  return command
    .addOption(
      new Option('--kubeconfig-trust <level>', 'origin of kubeconfigs: the user, or a Secret that others may edit')
        .choices(LEVELS)
        .default(undefined, 'stored in a pod, user elsewhere'),
    )
    .addOption(
      new Option('--allow-exec-plugin <names>', 'programs that stored kubeconfigs may run, separated by commas')
        .argParser(namesOf(/^[\w.-]+$/, 'names of programs in PATH, such as aws,gke-gcloud-auth-plugin'))
        .default(undefined, 'none'),
    )
    .addOption(
      new Option('--exec-plugin-env <names>', 'variables for these programs besides PATH and HOME, separated by commas')
        .argParser(namesOf(/^[A-Za-z_]\w*$/, 'names of environment variables, such as AWS_REGION,AWS_ROLE_ARN'))
        .default(undefined, 'none'),
    );
}

/** Repeated options add up. */
function namesOf(pattern: RegExp, allowed: string) {
  return (text: string, before: readonly string[] = []): readonly string[] => {
    const names = text.split(',').map((name) => name.trim());
    if (names.every((name) => pattern.test(name))) return [...before, ...names];
    throw new InvalidArgumentError(`Allowed: ${allowed}.`);
  };
}

/** @throws CTM_USAGE for a restriction that would have no effect. */
export function kubeconfigTrust(
  { kubeconfigTrust: level, allowExecPlugin: commands = [], execPluginEnv: variables = [] }: TrustOptions,
  { kubernetesService }: Pick<Environment, 'kubernetesService'>,
): KubeconfigTrust {
  if (level === 'user' && commands.length + variables.length > 0) {
    const message = '--allow-exec-plugin and --exec-plugin-env are mutually exclusive with --kubeconfig-trust user';
    throw new CatamaranError('CTM_USAGE', `${message}, which allows all programs`);
  }
  return { trust: level ?? (kubernetesService ? 'stored' : 'user'), plugins: { commands, variables } };
}
