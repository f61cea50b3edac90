/** Fields of a kubeconfig that are refused, either always or in a kubeconfig that is stored in a cluster. */
import { CatamaranError } from '../../runtime/errors.ts';
import type { ExecPlugin, KubeconfigCluster, KubeconfigUser } from './kubeconfig-schema.ts';

/**
 * Origin of a kubeconfig: `user` is a file of the user who starts the program, as for kubectl; `stored` is one kept in
 * a cluster, whose author must not be able to run programs or read files here.
 */
export type Trust = 'user' | 'stored';

/** What a stored kubeconfig may run. */
export interface PluginPolicy {
  /** Names of programs, found in PATH. */
  readonly commands: readonly string[];
  /**
   * Environment variables that a plugin inherits besides PATH and HOME, and that the kubeconfig may set. Others could
   * make the plugin load code of the author's choice.
   */
  readonly variables: readonly string[];
}

export const NO_PLUGINS: PluginPolicy = { commands: [], variables: [] };

type Rule<T> = readonly [field: keyof T & string, reason: string];

const NEVER_CLUSTER: readonly Rule<KubeconfigCluster>[] = [
  ['proxy-url', 'proxies are not supported; the API server must be reachable directly'],
];

const NEVER_USER: readonly Rule<KubeconfigUser>[] = [
  ['auth-provider', 'removed from Kubernetes in 1.26; use an exec plugin or a token'],
  ['username', 'basic authentication was removed from Kubernetes in 1.19; use a token or a client certificate'],
  ['password', 'basic authentication was removed from Kubernetes in 1.19; use a token or a client certificate'],
  ['as', 'impersonation is not supported; use credentials of that user'],
  ['as-uid', 'impersonation is not supported; use credentials of that user'],
  ['as-groups', 'impersonation is not supported; use credentials of that user'],
  ['as-user-extra', 'impersonation is not supported; use credentials of that user'],
];

const STORED_CLUSTER: readonly Rule<KubeconfigCluster>[] = [
  ['insecure-skip-tls-verify', 'a stored kubeconfig must verify its server; use certificate-authority-data'],
  ['certificate-authority', 'a stored kubeconfig cannot name files; use certificate-authority-data'],
];

const STORED_USER: readonly Rule<KubeconfigUser>[] = [
  ['tokenFile', 'a stored kubeconfig cannot name files; use token'],
  ['client-certificate', 'a stored kubeconfig cannot name files; use client-certificate-data'],
  ['client-key', 'a stored kubeconfig cannot name files; use client-key-data'],
];

/** @throws CTM_KUBECONFIG_REFUSED for the first refused field. `prefix` is the path of the entry. */
export function checkClusterFields(source: string, prefix: string, cluster: KubeconfigCluster, trust: Trust): void {
  checkFields(source, prefix, cluster, [...NEVER_CLUSTER, ...(trust === 'stored' ? STORED_CLUSTER : [])]);
}

/** @throws CTM_KUBECONFIG_REFUSED for the first refused field. `prefix` is the path of the entry. */
export function checkUserFields(
  source: string,
  prefix: string,
  user: KubeconfigUser,
  trust: Trust,
  plugins: PluginPolicy,
): void {
  checkFields(source, prefix, user, [...NEVER_USER, ...(trust === 'stored' ? STORED_USER : [])]);
  if (user.exec && trust === 'stored') checkPlugin(source, `${prefix}.exec`, user.exec, plugins);
}

function checkPlugin(source: string, prefix: string, { command, env }: ExecPlugin, plugins: PluginPolicy): void {
  // A command with a slash is a file, which another member's kubeconfig or a volume may have brought along.
  if (!plugins.commands.includes(command)) {
    const reason = 'a stored kubeconfig runs only programs that are allowed by name';
    throw refusedField(source, `${prefix}.command: ${JSON.stringify(command)}`, `${reason} (--allow-exec-plugin)`);
  }
  for (const { name } of env ?? []) {
    if (plugins.variables.includes(name)) continue;
    const reason = 'a stored kubeconfig sets only variables that are allowed by name (--exec-plugin-env)';
    throw refusedField(source, `${prefix}.env[name=${name}]`, reason);
  }
}

/** Variables that every program needs to be found and to keep its own files. */
const ALWAYS = ['PATH', 'HOME'];

/** The environment of a plugin: that of the user for a user's own kubeconfig, as from kubectl; chosen variables else. */
export function pluginEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  trust: Trust,
  { variables }: PluginPolicy,
): Readonly<Record<string, string | undefined>> {
  if (trust === 'user') return environment;
  const chosen = [...ALWAYS, ...variables].map((name) => [name, environment[name]] as const);
  return Object.fromEntries(chosen.filter(([, value]) => value !== undefined));
}

/** Of a stored kubeconfig, in characters. The YAML parser takes seconds for some texts that are longer. */
const MAX_LENGTH = 128 * 1024;

/** @throws CTM_KUBECONFIG_REFUSED if a stored kubeconfig is too long to be parsed. */
export function checkSize(source: string, text: string): void {
  if (text.length <= MAX_LENGTH) return;
  const reason = `a stored kubeconfig has at most ${MAX_LENGTH / 1024} KiB; use one Secret for each member`;
  throw refusedField(source, `${text.length} characters`, reason);
}

function checkFields<T>(source: string, prefix: string, entry: T, rules: readonly Rule<T>[]): void {
  for (const [field, reason] of rules) {
    const value = entry[field];
    if (value === undefined || value === null || value === false) continue;
    throw refusedField(source, `${prefix}.${field}`, reason);
  }
}

export function refusedField(source: string, field: string, reason: string): CatamaranError {
  return new CatamaranError('CTM_KUBECONFIG_REFUSED', `${source}: ${field}: refused: ${reason}`);
}
