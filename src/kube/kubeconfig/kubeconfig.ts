/**
 * Cluster access from kubeconfig files, read as kubectl does.
 *
 * Source: Kubernetes documentation, "Organizing Cluster Access Using kubeconfig Files", and the reference of
 * kubeconfig (v1).
 */
import { dirname, resolve } from 'node:path';
import type { JsonObject } from '../../api/json.ts';
import { systemClock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import type { ClusterAccess } from './credentials.ts';
import { digest, type KubeconfigEnvironment, readText, unreadable } from './kubeconfig-environment.ts';
import {
  invalid,
  type Kubeconfig,
  type KubeconfigCluster,
  type KubeconfigUser,
  parseEntry,
  parseFile,
} from './kubeconfig-schema.ts';
import { checkCertificate, decode, userCredentials } from './kubeconfig-user.ts';
import { localHost } from './local-address.ts';
import {
  checkClusterFields,
  checkSize,
  checkUserFields,
  NO_PLUGINS,
  type PluginPolicy,
  pluginEnvironment,
  refusedField,
  type Trust,
} from './untrusted.ts';

export type { ClusterAccess } from './credentials.ts';
export type { PluginPolicy, Trust } from './untrusted.ts';

export interface KubeconfigOptions extends KubeconfigEnvironment {
  /** In order of precedence, as in KUBECONFIG. Missing files are skipped, unless all are missing. */
  readonly files: readonly string[];
  /** Default: current-context. */
  readonly context?: string;
  readonly trust: Trust;
  /** What a stored kubeconfig may run. Default: nothing. */
  readonly plugins?: PluginPolicy;
}

/** An entry, and the file it comes from, to which its paths are relative. */
interface Entry<T> {
  readonly value: T;
  readonly source: string;
  readonly dir: string;
}

/** Several kubeconfigs as one: the first entry of each name takes precedence. */
interface Merged {
  readonly currentContext: string | undefined;
  readonly clusters: ReadonlyMap<string, Entry<unknown>>;
  readonly contexts: ReadonlyMap<string, Entry<unknown>>;
  readonly users: ReadonlyMap<string, Entry<unknown>>;
  /** All sources, for messages about entries that none of them has. */
  readonly sources: string;
}

/**
 * Reads kubeconfig files and returns the access of a context.
 * @throws CTM_KUBECONFIG_READ, CTM_KUBECONFIG_INVALID or CTM_KUBECONFIG_REFUSED, with file and field.
 */
export async function loadKubeconfig(options: KubeconfigOptions): Promise<ClusterAccess> {
  const readFile = options.readFile ?? readText;
  const documents: { source: string; dir: string; config: Kubeconfig }[] = [];
  const missing: string[] = [];
  for (const file of options.files) {
    try {
      const text = await readFile(file);
      if (options.trust === 'stored') checkSize(file, text);
      const config = parseFile(file, text);
      documents.push({ source: file, dir: dirname(resolve(file)), config });
    } catch (error) {
      if (error instanceof CatamaranError) throw error;
      const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!absent) throw unreadable(file, error);
      missing.push(file);
    }
  }
  if (documents.length === 0) {
    throw new CatamaranError('CTM_KUBECONFIG_READ', `${missing.join(', ') || 'kubeconfig'}: no such file`);
  }
  const selected = select(merge(documents), options.context);
  const { cluster } = selected;
  const caFile = cluster.value['certificate-authority'];
  const field = `${selected.clusterPrefix}.certificate-authority`;
  // A refused field must be reported before any file is read.
  const { trust, plugins = NO_PLUGINS } = options;
  check(selected, trust, plugins);
  let ca: string | undefined;
  if (cluster.value['certificate-authority-data'] === undefined && caFile !== undefined) {
    const path = resolve(cluster.dir, caFile);
    ca = await readFile(path).catch((error: unknown) => {
      throw unreadable(`${cluster.source}: ${field}: ${path}`, error);
    });
    checkCertificate(cluster.source, `${field} (${path})`, ca);
  }
  const environment = pluginEnvironment(options.environment ?? {}, trust, plugins);
  return access(selected, ca, { ...options, environment, readFile });
}

function merge(documents: readonly { source: string; dir: string; config: Kubeconfig }[]): Merged {
  const clusters = new Map<string, Entry<unknown>>();
  const contexts = new Map<string, Entry<unknown>>();
  const users = new Map<string, Entry<unknown>>();
  let currentContext: string | undefined;
  for (const { source, dir, config } of documents) {
    const add = (into: Map<string, Entry<unknown>>, name: string, value: unknown) => {
      if (!into.has(name)) into.set(name, { value, source, dir });
    };
    for (const { name, cluster } of config.clusters ?? []) add(clusters, name, cluster);
    for (const { name, context } of config.contexts ?? []) add(contexts, name, context);
    for (const { name, user } of config.users ?? []) add(users, name, user);
    currentContext ??= config['current-context'];
  }
  return { currentContext, clusters, contexts, users, sources: documents.map(({ source }) => source).join(', ') };
}

/** A context with its cluster and user. */
interface Selected {
  readonly contextName: string;
  readonly namespace: string | undefined;
  /** Path of the entry. */
  readonly clusterPrefix: string;
  readonly cluster: Entry<KubeconfigCluster>;
  readonly userPrefix: string;
  readonly user: Entry<KubeconfigUser>;
}

function select(merged: Merged, wanted: string | undefined): Selected {
  const contextName = wanted ?? merged.currentContext;
  if (contextName === undefined) {
    throw invalid(
      merged.sources,
      'current-context',
      `not set, and no context was specified; ${available(merged.contexts)}`,
    );
  }
  const context = merged.contexts.get(contextName);
  if (!context) {
    throw invalid(merged.sources, 'contexts', absent(contextName, merged.contexts));
  }
  const field = `contexts[name=${contextName}].context`;
  const value = parseEntry.context(context.source, field, context.value);
  const { cluster: clusterName, user: userName, namespace } = value;
  if (clusterName === undefined) throw invalid(context.source, `${field}.cluster`, 'missing');
  const cluster = merged.clusters.get(clusterName);
  if (!cluster) throw invalid(context.source, `${field}.cluster`, absent(clusterName, merged.clusters));
  // Without a user, requests are anonymous.
  const user = userName === undefined ? { ...cluster, value: {} } : merged.users.get(userName);
  if (!user) throw invalid(context.source, `${field}.user`, absent(userName ?? '', merged.users));
  const clusterPrefix = `clusters[name=${clusterName}].cluster`;
  const userPrefix = `users[name=${userName ?? ''}].user`;
  return {
    contextName,
    namespace,
    clusterPrefix,
    cluster: { ...cluster, value: parseEntry.cluster(cluster.source, clusterPrefix, cluster.value) },
    userPrefix,
    user: { ...user, value: parseEntry.user(user.source, userPrefix, user.value) },
  };
}

function absent(name: string, entries: ReadonlyMap<string, unknown>): string {
  return `${JSON.stringify(name)} not found; ${available(entries)}`;
}

function available(entries: ReadonlyMap<string, unknown>): string {
  return `available: ${entries.size === 0 ? 'none' : [...entries.keys()].join(', ')}`;
}

/** Refused fields are reported before any other problem. */
function check(
  { cluster, clusterPrefix: prefix, user, userPrefix }: Selected,
  trust: Trust,
  plugins: PluginPolicy,
): void {
  checkClusterFields(cluster.source, prefix, cluster.value, trust);
  checkUserFields(user.source, userPrefix, user.value, trust, plugins);
  const url = serverOf(cluster.source, `${prefix}.server`, cluster.value.server);
  if (trust === 'user') return;
  const field = `${prefix}.server: ${JSON.stringify(url.href)}`;
  if (url.protocol !== 'https:') throw refusedField(cluster.source, field, 'a stored kubeconfig must use https');
  const local = localHost(url);
  if (local !== undefined) throw refusedField(cluster.source, field, `${local}, which a stored kubeconfig cannot use`);
}

function serverOf(source: string, field: string, server: string | undefined): URL {
  if (server === undefined) throw invalid(source, field, 'missing');
  const url = URL.canParse(server) ? new URL(server) : undefined;
  // No message has the value: a malformed URL may have a password in it, and a query a token.
  if (url && (url.username !== '' || url.password !== ''))
    throw invalid(source, field, 'must not contain a user or password');
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw invalid(source, field, 'not an https:// or http:// URL');
  }
  if (url.search !== '' || url.hash !== '') throw invalid(source, field, 'must not have a query or fragment');
  return url;
}

type AccessOptions = KubeconfigEnvironment & Pick<KubeconfigOptions, 'trust'>;

function access(selected: Selected, caFromFile: string | undefined, options: AccessOptions): ClusterAccess {
  const { contextName, namespace, cluster, clusterPrefix: prefix, user, userPrefix } = selected;
  const url = serverOf(cluster.source, `${prefix}.server`, cluster.value.server);
  const data = cluster.value['certificate-authority-data'];
  const ca = data === undefined ? caFromFile : decode(cluster.source, `${prefix}.certificate-authority-data`, data);
  if (ca !== undefined && data !== undefined) {
    checkCertificate(cluster.source, `${prefix}.certificate-authority-data`, ca);
  }
  const insecure = cluster.value['insecure-skip-tls-verify'] === true;
  if (insecure && ca !== undefined) {
    throw invalid(
      cluster.source,
      `${prefix}.insecure-skip-tls-verify`,
      'mutually exclusive with a certificate authority',
    );
  }
  const serverName = cluster.value['tls-server-name'];
  return {
    server: url.href.replace(/\/+$/, ''),
    tls: {
      ...(ca !== undefined && { ca }),
      ...(serverName !== undefined && { serverName }),
      ...(insecure && { insecure }),
    },
    credentials: userCredentials({
      user: user.value,
      source: user.source,
      prefix: userPrefix,
      dir: user.dir,
      execCluster: execCluster(cluster.value),
      environment: options.environment ?? {},
      readFile: options.readFile ?? readText,
      clock: options.clock ?? systemClock,
      ...(options.pluginRuns && { pluginRuns: options.pluginRuns }),
    }),
    trust: options.trust,
    revision: digest([cluster.value, cluster.dir, user.value, user.dir, ca ?? null]),
    context: contextName,
    ...(namespace !== undefined && { namespace }),
    source: `context ${contextName} of ${cluster.source}`,
  };
}

/** `spec.cluster` of an ExecCredential. */
function execCluster(cluster: KubeconfigCluster): JsonObject {
  const config = cluster.extensions?.find(({ name }) => name === 'client.authentication.k8s.io/exec')?.extension;
  return {
    server: cluster.server,
    'tls-server-name': cluster['tls-server-name'],
    'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
    'certificate-authority-data': cluster['certificate-authority-data'],
    config,
  };
}
